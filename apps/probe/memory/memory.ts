/**
 * The `memory` vantage: what processes hold in memory that no file has, so that weights which were
 * read in and whose file was closed and deleted are known all the same: registered ones by their
 * chunks, others by a mass of numbers like weights that nothing accounts for.
 */
import {
  type Census,
  type Coverage,
  type Digest,
  type Hold,
  namesMax,
  type SeenProcess,
} from "@writ/core";
import { gapOf, type Ledger, openLedger } from "../coverage.ts";
import { parseStarted, readProc } from "../processes/proc.ts";
import type { Scanned } from "./process-scan.ts";
import { openScanThread, type ScanThread } from "./scan-thread.ts";
import { parseSegments, parseSwaps } from "./unseen-memory.ts";

/** A process with less of its own holds no model that is worth a look: it is half a megabyte. */
const ownBytesMin = 512 * 1024;
/** Read of a process when it is new or has grown: about a tenth of a second of one core. */
const firstBytes = 64 * 1024 * 1024;
/** Read of one that was read before, again at other places: two thousandths of a second. */
const againBytes = 1024 * 1024;
/** Read of one process at most, once something known was met in it. */
const wholeBytes = 4 * 1024 * 1024 * 1024;
/** Read in one look of all processes together, but for what is known to be in them. */
const lookBytes = 512 * 1024 * 1024;
/** After this a look goes on without the processes that are left: they come first in the next. */
const lookMilliseconds = 2_000;
/** A process that grew by this much, or by this part, since it was read is read as a new one. */
const grownBytes = 1024 * 1024;
const grownPart = 1 / 16;
/** Numbers like weights that are told if nothing else is known of them: a small model. */
const massBytesMin = 64 * 1024 * 1024;
/** A smaller share than this is what of sound or of a table happens to look so. */
const massPartMin = 0.05;
/** Swapped out so far that a model may be in it: then that is said. */
const swappedBytesMin = 64 * 1024 * 1024;
/** Standard errors below the sampled share: of a hundred processes two are told too high. */
const cautiousErrors = 2;
/** Earlier holds told of one process, and processes remembered. */
const earlierMax = 64;
const rememberedMax = 100_000;

export type MemoryParts = {
  /** The probe's data folder and sketch key: what it enrolled is looked for. */
  readonly data: string;
  readonly key: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly clock: { now(): number };
  /** `/proc`. */
  readonly proc?: string;
  /** Milliseconds that one look may take, but for the process that it is at. */
  readonly patience?: number;
};

export type MemoryVantage = {
  /** The census with what lies in its processes' memory, and a ledger of that. */
  seen(census: Census): Promise<Census>;
  close(): void;
};

type Remembered = {
  /** Bytes of its own when it was last read through, or as a new one. */
  readBytes: number;
  /** Models that it held by a file in an earlier look. */
  readonly held: Map<string, Digest>;
  last: Scanned | undefined;
};

/** Opens the vantage: it remembers what each process held, and what was read of it. */
export function openMemory(parts: MemoryParts): MemoryVantage {
  const { clock, proc = "/proc", patience = lookMilliseconds } = parts;
  const remembered = new Map<string, Remembered>();
  const thread = openScanThread({ data: parts.data, key: parts.key });
  return {
    async seen(census) {
      const began = clock.now();
      const ledger = openLedger("memory", []);
      const isOver = (): boolean => clock.now() - began > patience;
      const scan: Scan = { thread, proc, ledger, left: lookBytes, isOver };
      noteUnseen(scan);
      const alive = new Set<string>();
      const processes: SeenProcess[] = [];
      const keyOf = ({ pid, started }: SeenProcess) => `${census.boot} ${pid} ${started}`;
      // Those that were never read come first: time may run out before the others.
      const isRead = (one: SeenProcess) => (remembered.get(keyOf(one))?.readBytes ?? 0) > 0;
      const order = [...census.processes].sort((a, b) => Number(isRead(a)) - Number(isRead(b)));
      for (const process of order) {
        const key = keyOf(process);
        alive.add(key);
        const memory = remembered.get(key) ?? { readBytes: 0, held: new Map(), last: undefined };
        if (remembered.size < rememberedMax) remembered.set(key, memory);
        processes.push(await withOwnMemory(scan, process, memory));
        rememberHolds(memory, process);
      }
      for (const key of remembered.keys()) if (!alive.has(key)) remembered.delete(key);
      const coverage: Coverage[] = [...census.coverage, ledger.close(clock.now() - began)];
      processes.sort((a, b) => a.pid - b.pid || a.started - b.started);
      return { ...census, processes, coverage };
    },
    close: () => thread.close(),
  };
}

type Scan = {
  readonly thread: ScanThread;
  readonly proc: string;
  readonly ledger: Ledger;
  /** True when the time of this look is up. */
  readonly isOver: () => boolean;
  /** Bytes that may still be read in this look. */
  left: number;
};

async function withOwnMemory(
  scan: Scan,
  seen: SeenProcess,
  memory: Remembered,
): Promise<SeenProcess> {
  const folder = `${scan.proc}/${seen.pid}`;
  // The probe reads every model there is: its own buffers are full of them.
  if (seen.pid === process.pid) return seen;
  try {
    const status = readProc(`${folder}/status`);
    const own = kilobytesOf(status, "RssAnon");
    if (own + kilobytesOf(status, "VmSwap") < ownBytesMin) return seen;
    if (scan.isOver()) {
      scan.ledger.gap(`${folder}/mem`, "excluded");
      return memory.last === undefined ? seen : withTold(seen, memory, memory.last);
    }
    scan.ledger.entries += 1;
    const isNew = own - memory.readBytes > Math.max(grownBytes, memory.readBytes * grownPart);
    const bytes = Math.min(isNew ? firstBytes : againBytes, scan.left);
    const scanned = await scan.thread.scan({ folder, bytes, wholeBytes });
    if (parseStarted(readProc(`${folder}/stat`)) !== seen.started) {
      scan.ledger.gap(`${folder}/mem`, "vanished-while-read");
      return seen;
    }
    if (scanned === undefined) {
      scan.ledger.gap(`${folder}/mem`, "limit");
      return seen;
    }
    scan.left -= Math.min(bytes, scanned.read);
    scan.ledger.bytes += scanned.read;
    if (scanned.unreadable) scan.ledger.gap(`${folder}/mem`, "not-supported");
    if (scanned.swapped >= swappedBytesMin) scan.ledger.gap(`${folder}/mem`, "excluded");
    if (isNew && bytes > againBytes) memory.readBytes = own;
    // A shorter look that happens to miss what a longer one found is no evidence that it has gone.
    const told = toldOf(memory, scanned, isNew);
    memory.last = told;
    return withTold(seen, memory, told);
  } catch (error) {
    scan.ledger.gap(`${folder}/mem`, gapOf(error));
    return seen;
  }
}

function withTold(seen: SeenProcess, memory: Remembered, told: Scanned): SeenProcess {
  return { ...seen, holds: [...seen.holds, ...holdsOf(seen, told)], ...massOf(memory, told) };
}

function toldOf({ last }: Remembered, now: Scanned, isNew: boolean): Scanned {
  if (now.whole || isNew || last === undefined || now.known.length > 0) return now;
  return { ...now, known: now.resident * 2 < last.resident ? [] : last.known };
}

/** Memory that no process shows: swapped out, or in segments that none has attached (shmat(2)). */
function noteUnseen({ proc, ledger }: Scan): void {
  for (const { id, bytes } of parseSegments(readIfAny(`${proc}/sysvipc/shm`))) {
    if (bytes >= ownBytesMin) ledger.gap(`${proc}/sysvipc/shm/${id}`, "not-supported");
  }
  for (const { place, bytes } of parseSwaps(readIfAny(`${proc}/swaps`))) {
    if (bytes >= swappedBytesMin) ledger.gap(place, "excluded");
  }
}

function readIfAny(path: string): string {
  try {
    return readProc(path);
  } catch {
    // A kernel without it has none of it.
    return "";
  }
}

function kilobytesOf(status: string, name: string): number {
  const digits = new RegExp(`^${name}:\\s+(\\d{1,12}) kB`, "m").exec(status)?.[1];
  return Number(digits ?? 0) * 1024;
}

function holdsOf({ pid, started, holds }: SeenProcess, { known, resident }: Scanned): Hold[] {
  if (known.length === 0 || holds.length >= namesMax) return [];
  return [
    {
      how: "memory",
      path: `/proc/${pid}/mem`,
      deleted: true,
      inode: { device: "memory", inode: `${pid}.${started}` },
      size: resident,
      known,
    },
  ];
}

function massOf({ held }: Remembered, { resident, judged, alike }: Scanned) {
  const part = judged === 0 ? 0 : alike / judged;
  const error = judged === 0 ? 0 : Math.sqrt((part * (1 - part)) / judged);
  const surely = part - cautiousErrors * error;
  const weights = Math.floor(resident * Math.max(0, surely));
  if (weights < massBytesMin || surely < massPartMin) return {};
  const earlier = [...held].map(([path, digest]) => ({ path, digest })).slice(0, earlierMax);
  return { memory: { resident, weights, earlier } };
}

function rememberHolds({ held }: Remembered, { holds }: SeenProcess): void {
  for (const { path, digest, container } of holds) {
    if (digest === undefined || container === "elf" || held.size >= earlierMax) continue;
    held.set(path, digest);
  }
}
