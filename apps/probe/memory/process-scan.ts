/**
 * One look into a process's own memory, by the kernel's file of it: chunks of enrolled models that
 * lie there, and how much of the rest looks like weights. Only what is resident is read, at places
 * that nobody can foretell, and no more than was allowed; all of it once a known chunk was met.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { Identity } from "@writ/core";
import { type ContentDigests, coverageOf } from "@writ/weights";
import { chunksOf } from "../files/content-pass.ts";
import { type MemoryArea, pageBytes, pagemapRange, parseAreas, type Run, runsIn } from "./areas.ts";
import type { ChunksOf } from "./enrolled-chunks.ts";
import { isWeightLike } from "./weight-like.ts";

/** Some chunks lie whole in a window: they are cut within 128 KiB, and 64 KiB long on average. */
const windowBytes = 512 * 1024;
/** Less of a model than this, and less than half of it, is what any program that reads it holds. */
const buffersBytes = 64 * 1024 * 1024;
const wholePartMin = 0.5;
/** Pages of one area told at a time, and of a reservation at most: a tebibyte costs nothing. */
const pagemapBytesMax = 1024 * 1024;
const pagemapAreaBytesMax = 64 * 1024 * 1024;
/** A process has about a thousand areas, one with a hostile number of them 65,530. */
const runsMax = 200_000;
/** Pages judged by their look: the share of weights is known to about three in a hundred. */
const judgedPages = 256;

export type ScanAsked = {
  /** `/proc/PID`, and its open `mem`. */
  readonly folder: string;
  readonly file: number;
  /** Bytes to read for a first sight of it. */
  readonly bytes: number;
  /** Bytes to read at most, once a known chunk was met. */
  readonly wholeBytes: number;
  readonly random: () => number;
  readonly enrolled: readonly ChunksOf[];
};

export type Scanned = {
  /** Resident bytes of its own, and those that are swapped out and were left there. */
  readonly resident: number;
  readonly swapped: number;
  readonly read: number;
  /** True if all resident bytes were read. */
  readonly whole: boolean;
  /** Pages judged, and those of them that look like weights. */
  readonly judged: number;
  readonly alike: number;
  readonly known: readonly Identity[];
  /** Places that could not be read, though they are resident. */
  readonly unreadable: boolean;
};

/** Looks into one process. Throws what opening the kernel's files of it throws. */
export function scanProcess(asked: ScanAsked): Scanned {
  const areas = parseAreas(readFileSync(`${asked.folder}/smaps`, "latin1"));
  const runs = ownRuns(asked.folder, areas);
  const resident = runs.reduce((sum, { bytes }) => sum + bytes, 0);
  const swapped = areas.reduce((sum, area) => sum + area.swapped, 0);
  const state: Reading = { ...asked, buffer: Buffer.allocUnsafe(windowBytes), read: 0, failed: 0 };
  const windows = windowsOf(runs);
  const chosen = resident <= asked.bytes ? windows : someOf(windows, asked);
  let chunks = asked.enrolled.length === 0 ? [] : chunksIn(state, chosen);
  let whole = resident <= asked.bytes;
  if (!whole && knownIn(chunks, asked.enrolled, 0).length > 0) {
    whole = resident <= asked.wholeBytes;
    chunks = chunksIn(state, whole ? windows : windows.slice(0, asked.wholeBytes / windowBytes));
  }
  const { judged, alike } = judgedIn(state, runs);
  const known = knownIn(chunks, asked.enrolled, buffersBytes);
  const unreadable = state.failed > 0;
  return { resident, swapped, read: state.read, whole, judged, alike, known, unreadable };
}

function ownRuns(folder: string, areas: readonly MemoryArea[]): Run[] {
  const file = openSync(`${folder}/pagemap`, "r");
  try {
    const runs: Run[] = [];
    const buffer = Buffer.allocUnsafe(pagemapBytesMax);
    for (const area of areas) {
      if (area.anonymous === 0) continue;
      const { at, bytes } = pagemapRange(area);
      let found = 0;
      for (let done = 0; done < Math.min(bytes, pagemapAreaBytesMax); ) {
        const wanted = Math.min(buffer.length, bytes - done);
        const count = readSync(file, buffer, 0, wanted, at + done);
        if (count < 8 || runs.length > runsMax) break;
        const start = area.start + (done / 8) * pageBytes;
        for (const run of runsIn(buffer.subarray(0, count), start)) {
          found += run.bytes;
          runs.push(run);
        }
        done += count - (count % 8);
        if (found >= area.anonymous) break;
      }
    }
    return runs;
  } finally {
    closeSync(file);
  }
}

/** Runs cut to windows; where a run goes on, the next window goes on with it. */
function windowsOf(runs: readonly Run[]): Run[] {
  return runs.flatMap(({ start, bytes }) => {
    const count = Math.ceil(bytes / windowBytes);
    return Array.from({ length: count }, (_, at) => ({
      start: start + at * windowBytes,
      bytes: Math.min(windowBytes, bytes - at * windowBytes),
    }));
  });
}

/** Random windows of so many bytes together, in the order of their addresses. */
function someOf(windows: readonly Run[], { bytes, random }: ScanAsked): Run[] {
  const left = [...windows];
  const chosen: Run[] = [];
  for (let sum = 0; sum < bytes && left.length > 0; ) {
    const at = Math.floor(random() * left.length);
    const one = left[at]!;
    left[at] = left.at(-1)!;
    left.pop();
    chosen.push(one);
    sum += one.bytes;
  }
  return chosen.sort((a, b) => a.start - b.start);
}

type Reading = ScanAsked & { readonly buffer: Buffer; read: number; failed: number };

/** All chunks in these windows; cuts fall into step by content after a chunk or two. */
function chunksIn(state: Reading, windows: readonly Run[]): ContentDigests["chunks"] {
  return chunksOf(function* () {
    let end = -1;
    for (const window of windows) {
      const bytes = readAt(state, window);
      if (bytes === undefined) continue;
      yield { bytes, follows: window.start === end };
      end = window.start + bytes.length;
    }
  });
}

function readAt(state: Reading, { start, bytes }: Run): Buffer | undefined {
  try {
    const count = readSync(state.file, state.buffer, 0, bytes, start);
    state.read += count;
    return count === 0 ? undefined : state.buffer.subarray(0, count);
  } catch {
    // Freed since, or memory that the kernel shows to nobody (memfd_secret(2), a device's).
    state.failed += 1;
    return undefined;
  }
}

/** What of the enrolled the chunks hold; not less than what a program that reads it would. */
function knownIn(
  chunks: ContentDigests["chunks"],
  enrolled: readonly ChunksOf[],
  bytesMin: number,
): Identity[] {
  return enrolled.flatMap(({ digest, chunks: set }) => {
    const { found, of, chunks: count } = coverageOf(chunks, set);
    if (found === 0 || (found < bytesMin && found < wholePartMin * of)) return [];
    const completeness = found >= of ? 1000 : Math.min(999, Math.round((found / of) * 1000));
    const evidence = `${count} chunks, ${found} of ${of} bytes, in its own memory`;
    return [{ how: "fragment", of: digest, completeness, evidence } as const];
  });
}

function judgedIn(state: Reading, runs: readonly Run[]): { judged: number; alike: number } {
  const total = runs.reduce((sum, { bytes }) => sum + bytes, 0) / pageBytes;
  const pages = Array.from({ length: Math.min(judgedPages, total) }, () =>
    Math.floor(state.random() * total),
  ).sort((a, b) => a - b);
  let judged = 0;
  let alike = 0;
  let at = 0;
  let before = 0;
  for (const page of pages) {
    while (before + runs[at]!.bytes / pageBytes <= page) {
      before += runs[at]!.bytes / pageBytes;
      at += 1;
    }
    const start = runs[at]!.start + (page - before) * pageBytes;
    const bytes = readAt(state, { start, bytes: pageBytes });
    if (bytes?.length !== pageBytes) continue;
    judged += 1;
    if (isWeightLike(bytes)) alike += 1;
  }
  return { judged, alike };
}
