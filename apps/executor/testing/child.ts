/** Executors as processes of their own, for tests that kill them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Site } from "./site.ts";

const folder = join(import.meta.dirname, "..");

export type Child = {
  readonly process: ChildProcess;
  /** Everything it wrote on both outputs so far. */
  output(): string;
  /** Kills it as the power would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it as an operator would; answers its exit code. */
  stop(): Promise<number | null>;
};

/** Starts an executor at a site; with `halt`, one that stops at that boundary for the nth time. */
export function startExecutor(site: Site, halt?: readonly [boundary: string, nth: number]): Child {
  const program = halt === undefined ? ["main.ts"] : ["testing/halting-executor.ts", ...halt];
  const [script, ...rest] = program.map(String);
  const flags = ["run", "--data", site.data, "--server", site.server.url, "--estate", site.pin];
  const args = [join(folder, script!), ...rest, ...flags, "--poll-milliseconds", "20"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part) => {
      output += part;
    });
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  };
  return {
    process: child,
    output: () => output,
    kill: async () => {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
  };
}

/** Waits until something is true; says what was waited for if it never is. */
export async function until(
  what: () => string,
  holds: () => boolean,
  milliseconds = 30_000,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never: ${what()}`);
    await delay(20);
  }
}
