/**
 * Processes, as /proc tells of them (proc(5)). A pid alone names nobody: it is used again. A
 * process is its pid and the tick at which it started, and both are asked for again before a
 * signal.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";

export type SeenProcess = {
  readonly pid: number;
  /** Clock ticks since boot at which it started. */
  readonly started: number;
  /** Its command line as the kernel keeps it: each argument ends in a zero byte. */
  readonly commandLine: Buffer;
};

/** Ticks in a second: fixed in Linux's interface to programs (USER_HZ). */
export const ticksPerSecond = 100;
/** Longest command line that a register can hold, with an interpreter before it. */
const commandLineBytesMax = 2 * 1024 * 1024;

/** The process of that pid; `undefined` if there is none, or only its zombie. */
export function processAt(pid: number): SeenProcess | undefined {
  const before = startOf(pid);
  if (before === undefined) return undefined;
  try {
    const commandLine = readUpTo(`/proc/${pid}/cmdline`, commandLineBytesMax);
    // Asked twice, so that the command line is of this process and not of the next one of its pid.
    return startOf(pid) === before ? { pid, started: before, commandLine } : undefined;
  } catch {
    return undefined;
  }
}

/** Every process that lives. */
export function allProcesses(): SeenProcess[] {
  const names = readdirSync("/proc").filter((name) => /^[1-9][0-9]*$/.test(name));
  return names.flatMap((name) => processAt(Number(name)) ?? []);
}

/** The folder that a process works in; `undefined` if we may not see it. */
export function folderOf({ pid }: SeenProcess): Buffer | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`, { encoding: "buffer" });
  } catch {
    return undefined;
  }
}

/** True while this very process, and no later one of its pid, lives. */
export function isAlive({ pid, started }: Pick<SeenProcess, "pid" | "started">): boolean {
  return startOf(pid) === started;
}

/**
 * When it started, in milliseconds since 1970 by the clock as it is now, to some 20 milliseconds.
 * The kernel's own boot time (`btime`) is in whole seconds, and moves when the clock is set.
 */
export function startTime({ started }: SeenProcess): number {
  const upSeconds = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
  return Date.now() - upSeconds * 1000 + (started * 1000) / ticksPerSecond;
}

/** Sends a signal to this very process. False if it lives no more. */
export function signal(process: SeenProcess, name: NodeJS.Signals): boolean {
  if (!isAlive(process)) return false;
  try {
    globalThis.process.kill(process.pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** True if the command line is this command's, or a script's that its first line handed on. */
export function runs(commandLine: Buffer, command: readonly string[]): boolean {
  const wanted = Buffer.from(`${command.join("\0")}\0`);
  if (commandLine.equals(wanted)) return true;
  // `#!interpreter [argument]`: the kernel puts one or two arguments before the script's path.
  let at = 0;
  for (let extra = 1; extra <= 2; extra += 1) {
    at = commandLine.indexOf(0, at) + 1;
    if (at === 0) return false;
    if (commandLine.subarray(at).equals(wanted)) return true;
  }
  return false;
}

function startOf(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name in parentheses may hold anything, parentheses too: fields are counted from the last.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  if (state === "Z" || state === "X") return undefined;
  const started = Number(fields[19]);
  return Number.isSafeInteger(started) ? started : undefined;
}

function readUpTo(path: string, bytesMax: number): Buffer {
  const file = openSync(path, "r");
  try {
    const parts: Buffer[] = [];
    for (let length = 0; length <= bytesMax; ) {
      const part = Buffer.alloc(64 * 1024);
      const read = readSync(file, part);
      if (read === 0) break;
      parts.push(part.subarray(0, read));
      length += read;
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(file);
  }
}
