/**
 * A host of the suite: a process and mount namespace of its own on this machine, so that a probe in
 * it sees all of its processes and nothing else, and the kernel ends all of it with its first one.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const init = fileURLToPath(new URL("programs/host-init.ts", import.meta.url));
const nodeFlags = ["--disable-warning=ExperimentalWarning"];
/** The words by which a script of ours is run. */
export const nodeWords: readonly string[] = [process.execPath, ...nodeFlags];

export type Start = {
  readonly command: readonly string[];
  readonly directory?: string;
  /** Where its standard error goes. */
  readonly log?: string;
  readonly environment?: { readonly [name: string]: string };
};

type Told = {
  readonly id: number;
  readonly pid?: number;
  readonly line?: string;
  readonly exit?: number | string;
  readonly done?: boolean;
  readonly failed?: string;
};

/** A process of a host. `pid` is the one that the host's own probe sees. */
export class Running {
  readonly lines: string[] = [];
  readonly host: Host;
  pid = 0;
  ended: number | string | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  get isAlive(): boolean {
    return this.ended === undefined;
  }

  async kill(name: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.isAlive) await this.host.signal(this.pid, name);
  }

  /** Its first line of output. */
  async firstLine(): Promise<string> {
    await this.host.until(() => this.lines.length > 0 || !this.isAlive);
    if (this.lines[0] === undefined) throw new Error(`it ended with ${this.ended}`);
    return this.lines[0];
  }

  async gone(): Promise<void> {
    await this.host.until(() => !this.isAlive);
  }
}

/** The words that put a process into namespaces of its own, if this machine lets us. */
export function namespaceWords(): readonly string[] | undefined {
  const asRoot = process.geteuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const words = ["unshare", ...asRoot, "--pid", "--fork", "--kill-child", "--mount-proc"];
  const trial = spawnSync(words[0]!, [...words.slice(1), "true"], { stdio: "ignore" });
  return trial.status === 0 ? words : undefined;
}

export class Host {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #running = new Map<number, Running>();
  readonly #answers = new Map<number, (told: Told) => void>();
  readonly #changes = new Set<() => void>();
  #next = 1;
  #ended = false;

  constructor(name: string, words: readonly string[]) {
    this.name = name;
    const [program, ...rest] = [...words, ...nodeWords, init];
    this.#child = spawn(program!, rest, { stdio: ["pipe", "pipe", "inherit"], detached: true });
    createInterface({ input: this.#child.stdout! }).on("line", (line) =>
      this.#hear(JSON.parse(line) as Told),
    );
    // Nobody waits for a host that is gone.
    this.#child.once("error", () => this.#end());
    this.#child.once("exit", () => this.#end());
    this.#child.stdin!.on("error", () => undefined);
  }

  /** Starts a process in this host. */
  async start({ command, ...how }: Start): Promise<Running> {
    const running = new Running(this);
    const id = this.#next++;
    this.#running.set(id, running);
    const told = await this.#ask({ id, start: command, ...how });
    if (told.pid === undefined) throw new Error(`${command[0]}: ${told.failed}`);
    running.pid = told.pid;
    return running;
  }

  /** Runs a command to its end in this host; answers its exit code. */
  async run(...command: readonly string[]): Promise<number | string> {
    const running = await this.start({ command });
    await running.gone();
    return running.ended!;
  }

  async signal(pid: number, signal: NodeJS.Signals): Promise<void> {
    await this.#ask({ id: this.#next++, kill: pid, signal });
  }

  /** Waits until something that this host tells makes it true. */
  async until(stands: () => boolean): Promise<void> {
    while (!stands()) {
      await new Promise<void>((resolve) => {
        const once = () => {
          this.#changes.delete(once);
          resolve();
        };
        this.#changes.add(once);
      });
    }
  }

  /** Ends it, and everything in it. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await gone;
  }

  #ask(asked: { readonly id: number; readonly [more: string]: unknown }): Promise<Told> {
    if (this.#ended) return Promise.resolve({ id: asked.id, failed: `host ${this.name} is gone` });
    return new Promise((resolve) => {
      this.#answers.set(asked.id, resolve);
      this.#child.stdin!.write(`${JSON.stringify(asked)}\n`);
    });
  }

  #end(): void {
    this.#ended = true;
    for (const running of this.#running.values()) running.ended ??= "host gone";
    for (const [id, answer] of this.#answers) answer({ id, failed: `host ${this.name} is gone` });
    this.#answers.clear();
    for (const change of [...this.#changes]) change();
  }

  #hear(told: Told): void {
    const running = this.#running.get(told.id);
    if (running !== undefined && told.line !== undefined) running.lines.push(told.line);
    if (running !== undefined && told.exit !== undefined) running.ended = told.exit;
    if (told.pid !== undefined || told.done || told.failed !== undefined) {
      this.#answers.get(told.id)?.(told);
      this.#answers.delete(told.id);
    }
    for (const change of [...this.#changes]) change();
  }
}
