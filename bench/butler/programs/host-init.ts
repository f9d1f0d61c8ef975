/**
 * The first process of a host of the suite: it starts and ends what it is told to, one JSON line
 * each, in the process and mount namespace that it was put into. With it the kernel ends the rest.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";

type Asked =
  | {
      readonly id: number;
      readonly start: readonly string[];
      readonly directory?: string;
      readonly log?: string;
      readonly environment?: { readonly [name: string]: string };
    }
  | { readonly id: number; readonly kill: number; readonly signal: NodeJS.Signals };

function tell(told: object): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

function start(asked: Extract<Asked, { start: readonly string[] }>): void {
  const { id, start: command, directory, log, environment } = asked;
  const [program, ...words] = command;
  const output = openSync(log ?? "/dev/null", "a", 0o600);
  const child: ChildProcess = spawn(program!, words, {
    stdio: ["ignore", "pipe", output],
    detached: true,
    ...(directory === undefined ? {} : { cwd: directory }),
    env: { ...process.env, ...environment },
  });
  closeSync(output);
  child.once("error", (error) => tell({ id, failed: error.message }));
  child.once("spawn", () => tell({ id, pid: child.pid }));
  child.once("close", (code, signal) => tell({ id, exit: code ?? String(signal) }));
  createInterface({ input: child.stdout! }).on("line", (line) => tell({ id, line }));
}

function signal({ id, kill, signal: name }: Extract<Asked, { kill: number }>): void {
  try {
    process.kill(kill, name);
    tell({ id, done: true });
  } catch (error) {
    tell({ id, failed: (error as Error).message });
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const asked = JSON.parse(line) as Asked;
    if ("start" in asked) start(asked);
    else signal(asked);
  })
  .on("close", () => process.exit(0));
tell({ id: 0, pid: process.pid });
