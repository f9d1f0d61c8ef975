/**
 * One app as a process of its own: started, told ready by its first line, restarted when it
 * crashes,
 * stopped politely. In a process group of its own, so that ^C reaches `up` alone and it can stop
 * them in order.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Problem, problem } from "../outcome.ts";
import { type AppKind, type Layout, nodeFlags, scriptOf } from "./layout.ts";

export type AppParts = {
  readonly layout: Layout;
  readonly kind: AppKind;
  /** Names its log and its run file: `witness-1`. */
  readonly name: string;
  /**
   * The words after the script's name. `address`: where it listened before, to listen there again.
   */
  readonly words: (address: string | undefined) => readonly string[];
  readonly environment?: { readonly [name: string]: string };
  /** Told of crashes and restarts, for a person. */
  readonly tell: (text: string) => void;
};

/** What an app's first line on standard output says. */
export type Ready = { readonly address?: string; readonly [name: string]: unknown };

/** A large journal is folded first: an app may take its time, and says so in its log. */
const readyMillisecondsMax = 600_000;
const readyLineMax = 64 * 1024;
/** After so long alive, a crash is a new one, not the same again. */
const steadyMilliseconds = 60_000;
const backoffMilliseconds = 500;
const backoffMillisecondsMax = 30_000;
/** The probe gives up a look within 2 s, the witness its requests within 3 s. */
const stopMillisecondsMax = 8_000;

export class App {
  readonly #parts: AppParts;
  #child: ChildProcess | undefined;
  #address: string | undefined;
  #isStopping = false;
  #crashes = 0;
  #restart: NodeJS.Timeout | undefined;

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get address(): string | undefined {
    return this.#address;
  }

  /** Starts it and waits until it says that it is ready. From then on it is kept running. */
  async start(): Promise<Ready | Problem> {
    const ready = await this.#launch();
    if ("problem" in ready) await this.stop();
    return ready;
  }

  /** Asks it to stop, and after a while makes it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), stopMillisecondsMax);
      await gone;
      clearTimeout(hard);
    }
    await rm(this.#parts.layout.running(this.name), { force: true });
  }

  async #launch(): Promise<Ready | Problem> {
    const { layout, kind, name, words, environment } = this.#parts;
    const log = openSync(layout.log(name), "a", 0o600);
    const child = spawn(process.execPath, [...nodeFlags, scriptOf(kind), ...words(this.#address)], {
      // Its log goes to the file itself, and so outlives this process.
      stdio: ["ignore", "pipe", log],
      detached: true,
      cwd: layout.folder,
      env: { ...process.env, ...environment },
    });
    closeSync(log);
    this.#child = child;
    const began = Date.now();
    const ready = await this.#readyLine(child);
    if ("problem" in ready) return ready;
    this.#address = typeof ready.address === "string" ? ready.address : undefined;
    child.once("exit", (code, signal) => this.#crashed(signal ?? `code ${code}`, began));
    const running = { name, pid: child.pid, address: this.#address, since: began };
    await writeFile(layout.running(name), `${JSON.stringify(running)}\n`, { mode: 0o600 });
    return ready;
  }

  #readyLine(child: ChildProcess): Promise<Ready | Problem> {
    const { name, layout } = this.#parts;
    const failed = (why: string) =>
      problem("app-failed", `${name} ${why}`, `its log says why: ${layout.log(name)}`);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(failed("did not get ready")), readyMillisecondsMax);
      const lines = createInterface({ input: child.stdout! });
      lines.once("line", (line) => {
        clearTimeout(late);
        const ready = line.length > readyLineMax ? undefined : objectOf(line);
        resolve(
          ready?.ready === true ? ready : failed("said something else than that it is ready"),
        );
      });
      child.once("error", (error) => resolve(failed(`was not started: ${error.message}`)));
      child.once("exit", (code, signal) => {
        clearTimeout(late);
        resolve(failed(`ended at once (${signal ?? `code ${code}`})`));
      });
    });
  }

  #crashed(how: string, began: number): void {
    if (this.#isStopping) return;
    this.#crashes = Date.now() - began > steadyMilliseconds ? 1 : this.#crashes + 1;
    const wait = Math.min(backoffMilliseconds * 2 ** (this.#crashes - 1), backoffMillisecondsMax);
    this.#parts.tell(`${this.name} ended (${how}); starting it again in ${wait / 1000} s`);
    this.#restart = setTimeout(() => void this.#again(), wait);
  }

  async #again(): Promise<void> {
    const began = Date.now();
    const ready = await this.#launch();
    if (this.#isStopping) return;
    if ("problem" in ready) this.#crashed("it did not get ready", began);
    else this.#parts.tell(`${this.name} runs again`);
  }
}

/** Runs an app's script once and reads the one JSON line that it prints. */
export function askApp(
  kind: AppKind,
  words: readonly string[],
  limits: { readonly outputMax: number; readonly onNote?: (line: string) => void },
): Promise<{ readonly code: number; readonly value: unknown; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags, scriptOf(kind), ...words], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      if (out.length <= limits.outputMax) out += part;
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (limits.onNote !== undefined) limits.onNote(line);
      if (errors.length < 4096) errors += `${line}\n`;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      const value = out.length > limits.outputMax ? undefined : objectOf(out);
      resolve({ code: code ?? 1, value, errors });
    });
  });
}

function objectOf(text: string): Ready | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? (value as Ready) : undefined;
  } catch {
    return undefined;
  }
}
