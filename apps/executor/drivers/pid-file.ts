/**
 * Pid files. The file itself holds the pid alone, as every other tool expects; which process of
 * that pid is meant stands in a second file beside it, `<pid file>.start`: pid, start tick, boot.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { processAt, type SeenProcess, startTime } from "./process-table.ts";

const pidFileBytesMax = 256;
/** A program writes its pid file within a while of its own start; clocks and ticks are rounded. */
const slackMilliseconds = 2000;

/**
 * The live process that a pid file means; `undefined` if there is none, or its pid is another's.
 */
export function processOf(path: string): SeenProcess | undefined {
  const file = readSmall(path);
  const [, digits] = /^\s*([1-9][0-9]{0,9})\s*$/.exec(file?.text ?? "") ?? [];
  const named = digits === undefined ? undefined : processAt(Number(digits));
  if (file === undefined || named === undefined) return undefined;
  const [pid, started, boot] = (readSmall(`${path}.start`)?.text ?? "").trim().split(" ");
  if (Number(pid) === named.pid) {
    return Number(started) === named.started && boot === bootId() ? named : undefined;
  }
  // Somebody else's pid file: a process that started after it was written has the pid by chance.
  return startTime(named) <= file.modified + slackMilliseconds ? named : undefined;
}

/** Writes both files, each whole or not at all. */
export function writePidFile(path: string, { pid, started }: SeenProcess): void {
  replace(`${path}.start`, `${pid} ${started} ${bootId()}\n`);
  replace(path, `${pid}\n`);
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

function readSmall(path: string): { readonly text: string; readonly modified: number } | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = Buffer.alloc(pidFileBytesMax);
    const read = readSync(file, bytes, 0, bytes.length, 0);
    return { text: bytes.toString("latin1", 0, read), modified: stat.mtimeMs };
  } finally {
    closeSync(file);
  }
}

function replace(path: string, text: string): void {
  const aside = `${path}.writ-new`;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const file = openSync(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  try {
    fchmodSync(file, 0o644);
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
