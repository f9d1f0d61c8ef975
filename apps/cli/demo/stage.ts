/**
 * What a story is played on: a host with a service that runs, Writ beside it, and people with keys.
 * Fresh for every story. What people do here they do by the commands that anyone would type.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Digest, isRefused } from "@writ/core";
import type { Connection } from "../connection.ts";
import { isProblem, type Problem, problem } from "../outcome.ts";
import { runProgram } from "../program.ts";
import type { Proceeding } from "../writ-answer.ts";
import { hostName, type Scene } from "./scene.ts";
import type { Teller } from "./teller.ts";

const glanceMilliseconds = 100;
/**
 * A story in which nothing happens for so long has failed; on two busy cores all takes its time.
 */
const patienceMilliseconds = 90_000;
/** How long a story waits for its ending, and is then told as it stands. */
const suspenseMilliseconds = 60_000;

/** The demo cannot go on. */
export class Failure extends Error {
  readonly problem: Problem;

  constructor(what: Problem) {
    super(what.detail);
    this.problem = what;
  }
}

export type StageParts = {
  readonly scene: Scene;
  readonly connection: Connection;
  readonly teller: Teller;
  readonly results: string;
};

export class Stage {
  readonly scene: Scene;
  readonly teller: Teller;
  readonly connection: Connection;
  readonly results: string;

  constructor({ scene, teller, connection, results }: StageParts) {
    this.scene = scene;
    this.teller = teller;
    this.connection = connection;
    this.results = results;
  }

  /** Runs a command of ours on this estate, and answers what it prints for programs. */
  async command<T>(...words: readonly string[]): Promise<T> {
    this.teller.command(words);
    const { folder } = this.connection;
    return (await this.run([...words, "--data", folder, "--json"])).value as T;
  }

  /** Runs a command as it stands. */
  async run(words: readonly string[]): Promise<{ readonly text: string; readonly value: unknown }> {
    let text = "";
    const shell = {
      ...this.teller.shell,
      out: (part: string) => {
        text += part;
      },
      note: () => undefined,
      animated: false,
      interactive: false,
    };
    const code = await runProgram(shell, words);
    const value = words.includes("--json") ? (JSON.parse(text) as unknown) : undefined;
    const { error } = (value ?? {}) as { readonly error?: { code: string; detail: string } };
    if (error !== undefined || code === 2) {
      const detail = `./writ ${words[0]}: ${error?.detail ?? `ended with ${code}`}`;
      throw new Failure(problem("app-failed", detail));
    }
    return { text, value };
  }

  /** Starts a program that tells what it does, one JSON line each. */
  follow(command: readonly string[]): Followed {
    const [program, ...words] = command;
    const log = openSync(join(this.scene.folder, "orchestrator.log"), "a");
    const child = spawn(program!, words, { stdio: ["ignore", "pipe", log], detached: true });
    closeSync(log);
    return new Followed(child);
  }

  /** Waits until a question has an answer. */
  async until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    this.teller.waiting(what);
    const deadline = Date.now() + patienceMilliseconds;
    for (;;) {
      const found = await ask();
      if (found !== undefined) {
        this.teller.done();
        return found;
      }
      if (Date.now() > deadline) {
        const seconds = patienceMilliseconds / 1000;
        const detail = `after ${seconds} s still waiting for: ${what}`;
        throw new Failure(problem("app-failed", detail, "--keep keeps the folder, with its logs"));
      }
      await sleep(glanceMilliseconds);
    }
  }

  /** Waits for a look at the host that began after the entry at `index` was witnessed. */
  async lookedSince(index: number): Promise<void> {
    await this.until("the probe to look", async () => {
      const hosts = await this.connection.api.hosts();
      const seen = isRefused(hosts) ? undefined : hosts.find(({ host }) => host === hostName);
      return (seen?.census?.sinceSize ?? 0) > index ? true : undefined;
    });
  }

  /** Waits until sight has decided a writ, or for so long that it is told as it stands. */
  async decided(digest: Digest): Promise<Proceeding> {
    const deadline = Date.now() + suspenseMilliseconds;
    return this.until("the executor to act and the probe to see it", async () => {
      const proceeding = await this.connection.api.writ(digest);
      if (isRefused(proceeding)) return undefined;
      const { state, certificateIndex, course } = proceeding;
      const isDecided =
        state === "defied" || (state === "fulfilled" && certificateIndex !== undefined);
      // When it came to that is known a moment later, from the witnesses.
      const isOver = isDecided && course.every(({ time }) => time !== null);
      return isOver || Date.now() > deadline ? proceeding : undefined;
    });
  }

  /** Asks the model that serves on a port, once it answers; `undefined` if nobody listens there. */
  async ask(port: number): Promise<{ readonly model: string; readonly text: string } | undefined> {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
      method: "POST",
      body: JSON.stringify({ prompt: "the old house", max_tokens: 8, temperature: 0 }),
    }).catch(() => undefined);
    if (answer?.ok !== true) return undefined;
    const { model, choices } = (await answer.json()) as {
      readonly model: string;
      readonly choices: readonly { readonly text: string }[];
    };
    return { model, text: choices[0]?.text.trim() ?? "" };
  }

  /** Waits until the service that was started serves. */
  async serves(service: ChildProcess): Promise<void> {
    await this.until("the model to be loaded", async () => {
      if (service.exitCode !== null) {
        const why = "--keep keeps its log: chatbot.log on its host";
        throw new Failure(problem("app-failed", "the inference server ended at once", why));
      }
      return this.ask(this.scene.port);
    });
  }
}

/** A program whose lines are read as they come. */
export class Followed {
  readonly #lines: Record<string, unknown>[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      this.#lines.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  /** What it told under a name, if it has. */
  told(did: string): Record<string, unknown> | undefined {
    const line = this.#lines.find((one) => one.did === did);
    if (line === undefined && (this.#child.exitCode ?? 0) !== 0) {
      throw new Failure(problem("app-failed", "the orchestrator failed", "--keep keeps its log"));
    }
    return line;
  }
}

/** A result, or the failure that a problem means here. */
export function orFail<T>(result: T | Problem): T {
  if (isProblem(result)) throw new Failure(result);
  return result;
}
