/**
 * The `processes` vantage: what runs, told by the kernel alone. A process is known by what it maps,
 * holds and listens on; its name and arguments are its own claims, and are told as such.
 */
import { readdirSync } from "node:fs";
import { type SeenProcess, sightsMax } from "@writ/core";
import { gapOf, type Ledger } from "../coverage.ts";
import type { Inspector } from "../files/inspector.ts";
import { ownMounts } from "../files/mounts.ts";
import { isInside, placeText, plainText } from "../files/place.ts";
import { tracesOf } from "./field-programs.ts";
import { type HoldReader, openHoldReader } from "./holds.ts";
import { parseListeners, parseStarted, parseStatus, readProc, readProcLink } from "./proc.ts";
import { surroundingsOf } from "./surroundings.ts";

/** Limits of the census's shape: an argument, and how many. */
const argumentLengthMax = 4096;
const argumentsMax = 512;
const portsMax = 4096;
const commandBytesMax = 4 * 1024 * 1024;

export type ProcessesParts = {
  /** `/proc`. */
  readonly proc: string;
  readonly inspector: Inspector;
  readonly ledger: Ledger;
  readonly onProgress: (place: string) => void;
};

type Look = ProcessesParts & {
  readonly holds: HoldReader;
  readonly ports: Map<string, ReadonlyMap<string, number>>;
};

/** Every process with memory of its own, by pid. */
export async function lookAtProcesses(parts: ProcessesParts): Promise<SeenProcess[]> {
  const { proc, inspector, ledger } = parts;
  const holds = openHoldReader(inspector, ledger);
  const look: Look = { ...parts, holds, ports: new Map() };
  const seen = new Map<number, SeenProcess>();
  if (hidesProcesses(proc)) ledger.gap(proc, "no-permission");
  // A mount over a process's folder shows something else in its place, or nothing.
  for (const { point } of ownMounts(parts)) {
    if (/^\d+(\/|$)/.test(point.slice(proc.length + 1)) && isInside(point, proc)) {
      ledger.gap(point, "other-filesystem");
    }
  }
  // Twice: a process that forks its way ahead of a single pass would never be met.
  for (let pass = 0; pass < 2; pass += 1) {
    for (const pid of pidsOf(parts)) {
      if (seen.has(pid)) continue;
      ledger.entries += 1;
      const process = await readProcess(look, pid);
      if (process !== undefined && seen.size < sightsMax) seen.set(pid, process);
      parts.onProgress(`${proc}/${pid}`);
    }
  }
  return [...seen.values()].sort((a, b) => a.pid - b.pid);
}

/** The pids in a /proc, in order; none, and a gap, if it cannot be listed. */
export function pidsOf({ proc, ledger }: { proc: string; ledger: Ledger }): number[] {
  try {
    const names = readdirSync(proc).filter((name) => /^[1-9]\d*$/.test(name));
    return names.map(Number).sort((a, b) => a - b);
  } catch (error) {
    ledger.gap(proc, gapOf(error));
    return [];
  }
}

async function readProcess(look: Look, pid: number): Promise<SeenProcess | undefined> {
  const folder = `${look.proc}/${pid}`;
  try {
    const started = parseStarted(readProc(`${folder}/stat`));
    const { user, resident, kernel } = parseStatus(readProc(`${folder}/status`));
    // A kernel thread or a zombie has no memory: it holds nothing.
    if (kernel || started === undefined) return undefined;
    const { holds, sockets, mapped } = await look.holds.read(folder);
    const executable = readProcLink(`${folder}/exe`);
    const workingDirectory = readProcLink(`${folder}/cwd`);
    const command = commandOf(readProc(`${folder}/cmdline`, commandBytesMax));
    // The pid may have come to name another process while this was read.
    if (parseStarted(readProc(`${folder}/stat`)) !== started) {
      look.ledger.gap(folder, "vanished-while-read");
      return undefined;
    }
    return {
      pid,
      started,
      command,
      ...(executable === undefined ? {} : { executable: placeText(executable) }),
      ...(workingDirectory === undefined ? {} : { workingDirectory: placeText(workingDirectory) }),
      user,
      listens: portsOf(look, folder, sockets),
      holds,
      resident,
      ...surroundingsOf(look.proc, folder),
      ...tracesOf(mapped, command),
    };
  } catch (error) {
    look.ledger.gap(folder, gapOf(error));
    return undefined;
  }
}

/** Arguments as text, cut to what a census takes: what was cut ends with an ellipsis. */
export function commandOf(raw: string): string[] {
  const parts = raw.replace(/\0$/, "").split("\0");
  const shown = parts.slice(0, argumentsMax).map((part) => {
    const text = plainText(part);
    return text.length <= argumentLengthMax ? text : `${text.slice(0, argumentLengthMax - 1)}…`;
  });
  if (parts.length > argumentsMax) shown[argumentsMax - 1] = "…";
  return raw === "" ? [] : shown.map((text) => text.toWellFormed());
}

function portsOf(look: Look, folder: string, sockets: ReadonlySet<string>): number[] {
  if (sockets.size === 0) return [];
  const space = readProcLink(`${folder}/ns/net`) ?? folder;
  let listeners = look.ports.get(space);
  if (listeners === undefined) {
    listeners = new Map([
      ...listenersIn(look, folder, "tcp"),
      ...listenersIn(look, folder, "tcp6"),
    ]);
    look.ports.set(space, listeners);
  }
  const ports = new Set<number>();
  for (const socket of sockets) {
    const port = listeners.get(socket);
    if (port !== undefined) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b).slice(0, portsMax);
}

function listenersIn(look: Look, folder: string, table: string): Map<string, number> {
  try {
    return parseListeners(readProc(`${folder}/net/${table}`));
  } catch (error) {
    // A host without IPv6 has no tcp6.
    const why = gapOf(error);
    if (why !== "vanished-while-read") look.ledger.gap(`${folder}/net/${table}`, why);
    return new Map();
  }
}

/** True if /proc is mounted so that others' processes do not show (proc(5), hidepid). */
function hidesProcesses(proc: string): boolean {
  if (process.geteuid?.() === 0) return false;
  try {
    const mounts = readProc(`${proc}/self/mountinfo`).split("\n");
    return mounts.some(
      (line) => line.includes(" - proc ") && /hidepid=([^0o]|noaccess)/.test(line),
    );
  } catch {
    return true;
  }
}
