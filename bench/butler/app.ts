/** One of Writ's apps as a process of a host: started, told ready by its first line, ended. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Host, nodeWords, type Running } from "./host.ts";

const apps = fileURLToPath(new URL("../../apps", import.meta.url));

export type AppKind = "server" | "witness" | "probe" | "executor" | "cli";

/** The script that an app is started by. */
export function scriptOf(kind: AppKind): string {
  return join(apps, kind, "main.ts");
}

export type Ready = { readonly address?: string; readonly vkey?: string };

export type AppParts = {
  readonly kind: AppKind;
  readonly host: Host;
  readonly log: string;
  readonly words: readonly string[];
  readonly environment?: { readonly [name: string]: string };
};

export class App {
  readonly kind: AppKind;
  readonly host: Host;
  readonly log: string;
  #words: readonly string[];
  #environment: { readonly [name: string]: string };
  #running: Running | undefined;
  ready: Ready = {};

  constructor({ kind, host, log, words, environment = {} }: AppParts) {
    this.kind = kind;
    this.host = host;
    this.log = log;
    this.#words = words;
    this.#environment = environment;
  }

  get isAlive(): boolean {
    return this.#running?.isAlive === true;
  }

  /** From the next start on it is told these words. */
  keepWords(words: readonly string[]): void {
    this.#words = words;
  }

  /** Starts it, as before or by other words, and waits until it is ready. */
  async start(how: Partial<Pick<AppParts, "words" | "environment">> = {}): Promise<Ready> {
    this.#words = how.words ?? this.#words;
    this.#environment = how.environment ?? this.#environment;
    const running = await this.host.start({
      command: [...nodeWords, scriptOf(this.kind), ...this.#words],
      log: this.log,
      environment: this.#environment,
    });
    this.#running = running;
    const line = await running.firstLine().catch(async (error: Error) => {
      const said = await readFile(this.log, "utf8").catch(() => "");
      throw new Error(`${this.kind}: ${error.message}; its log ends: ${said.slice(-500)}`);
    });
    this.ready = JSON.parse(line) as Ready;
    return this.ready;
  }

  /** True if it came up; false if it ended instead. */
  async tries(): Promise<boolean> {
    return this.start().then(
      () => true,
      () => false,
    );
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.#running?.kill(signal);
    if (signal === "SIGKILL" || signal === "SIGTERM") await this.#running?.gone();
  }
}

/** Runs an app to its end and answers what it printed. */
export async function askApp(
  host: Host,
  kind: AppKind,
  words: readonly string[],
): Promise<{ readonly code: number | string; readonly text: string }> {
  const running = await host.start({ command: [...nodeWords, scriptOf(kind), ...words] });
  await running.gone();
  return { code: running.ended!, text: running.lines.join("\n") };
}
