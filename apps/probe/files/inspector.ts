/**
 * Looks into one regular file: is it a mass, and what are its bytes? Shared by the vantages, so
 * that a name in a folder and a deleted file in a process are judged by one rule and one cache.
 */
import { createHash } from "node:crypto";
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Digest } from "@writ/core";
import { type GapReason, gapOf } from "../coverage.ts";
import {
  type ContainerKind,
  containerOf,
  type Edges,
  edgeBytes,
  endsWithFile,
  isDense,
  isText,
  kindOfContainer,
} from "../identity/weights.ts";
import { cacheKey, type DigestCache, type Known } from "./digest-cache.ts";
import { addBlock, emptyHistogram, entropyOf } from "./entropy.ts";
import { placeBuffer } from "./place.ts";
import { readBlocks } from "./read-blocks.ts";

/** Smaller files cannot hold a model of any container we know. */
export const sniffBytesMin = 64;
/** Opaque bytes and archives count from here on: smaller ones would drown a person in icons. */
export const opaqueBytesMin = 1024 * 1024;
/** A plain type this large is told whatever it says it is: a header costs an adversary nothing. */
export const plainBytesMax = 64 * 1024 * 1024;
/** Holes past this are not read through: hashing a petabyte of nothing would blind the probe. */
export const holeBytesMax = 64 * 1024 * 1024 * 1024;
/** A file that changes under each of these readings is a gap. */
const readingsMax = 3;
/** ctime moves in clock ticks: what changed just now may change again within the same tick. */
const settledMilliseconds = 2_000;
/** Blocks sampled from a large file, and the size of each: 64 KiB read, whatever the size. */
const sampleBlocks = 16;
const sampleBytes = 4096;

export type Mass = Known & { readonly stat: BigIntStats };
export type Inspection =
  | { readonly is: "mass"; readonly mass: Mass; readonly read: number }
  | { readonly is: "nothing" }
  | { readonly is: "gap"; readonly why: GapReason };

export type InspectorParts = {
  readonly cache: DigestCache;
  /** Sizes of artefacts that the register names: a file of such a size is always digested. */
  readonly sizes: ReadonlySet<number>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Share of cached digests that are read again all the same. */
  readonly rereadChance: number;
  /** Told when a re-read finds other bytes than an unchanged ctime promised. */
  readonly onForged: (place: string) => void;
};

export type Inspector = {
  /** True if this was looked into in this very state, and is no mass. A share is asked anew. */
  isNothing(stat: BigIntStats): boolean;
  /** `stat` is what was seen before. Never throws for anything on the host. */
  inspect(place: string, stat: BigIntStats, how?: Way): Promise<Inspection>;
};

/**
 * `named`: the place is the file itself. `linked`: a symlink leads to it. `held`: a link of /proc
 * does; programs and libraries, which every process maps, are then nothing, however large.
 */
export type Way = "named" | "linked" | "held";

/** The one judge of files. */
export function openInspector(parts: InspectorParts): Inspector {
  const { nothing } = parts.cache;
  // What is no mass by its content is one by a size that the register names since.
  const isNamedSize = (stat: BigIntStats) => parts.sizes.has(Number(stat.size));
  return {
    isNothing: (stat) =>
      nothing.has(stat) && parts.random() >= parts.rereadChance && !isNamedSize(stat),
    async inspect(place, stat, how = "named") {
      const key = cacheKey(stat);
      const known = parts.cache.get(key);
      if (known !== undefined && parts.random() >= parts.rereadChance) {
        return { is: "mass", mass: { ...known, stat }, read: 0 };
      }
      const result = await readAnew(parts, place, how);
      const isSettled = () => settled(parts, stat);
      if (result.is === "nothing" && how === "named" && !isNamedSize(stat) && isSettled()) {
        nothing.add(stat);
      }
      if (result.is === "gap") return result;
      if (known === undefined) {
        const wasNothing = how === "named" && nothing.has(stat) && !isNamedSize(stat);
        const isMassNow = result.is === "mass" && cacheKey(result.mass.stat) === key;
        if (wasNothing && isMassNow) parts.onForged(place);
        return result;
      }
      const same = result.is === "mass" && result.mass.digest === known.digest;
      if (!same && (result.is !== "mass" || cacheKey(result.mass.stat) === key)) {
        parts.onForged(place);
      }
      return result;
    },
  };
}

async function readAnew(parts: InspectorParts, place: string, how: Way): Promise<Inspection> {
  for (let reading = 0; reading < readingsMax; reading += 1) {
    let file: number | undefined;
    try {
      file = openForReading(place, how !== "named");
      const result = await readOnce(parts, file, how);
      if (result !== "changed") return result;
    } catch (error) {
      return { is: "gap", why: gapOf(error) };
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }
  return { is: "gap", why: "changed-while-read" };
}

/**
 * Opens without waiting on a FIFO, without following a link swapped in, and where allowed without
 * even touching the access time: a probe leaves no trace.
 */
function openForReading(place: string, follow: boolean): number {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_NOATIME } = constants;
  const flags = O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
  const path = placeBuffer(place);
  try {
    return openSync(path, flags | O_NOATIME);
  } catch (error) {
    // Only the owner may ask for O_NOATIME.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return openSync(path, flags);
  }
}

async function readOnce(
  parts: InspectorParts,
  file: number,
  how: Way,
): Promise<Inspection | "changed"> {
  const stat = fstatSync(file, { bigint: true });
  if (!stat.isFile()) return { is: "gap", why: "special-file" };
  const size = Number(stat.size);
  const named = parts.sizes.has(size);
  if (size === 0 || (size < sniffBytesMin && !named)) return { is: "nothing" };
  const edges = edgesOf(file, size);
  if (edges === undefined) return "changed";
  const container = judged(parts, file, edges);
  const kind = kindOf(container, edges);
  if (!named && !isMass({ container, kind, size }, how)) return { is: "nothing" };
  if (size - Number(stat.blocks) * 512 > holeBytesMax) return { is: "gap", why: "too-large" };
  const whole = await digestOf(parts, file, size);
  const after = fstatSync(file, { bigint: true });
  if (whole.size !== size || cacheKey(after) !== cacheKey(stat)) return "changed";
  const known = { digest: whole.digest, container, kind, entropy: whole.entropy };
  if (settled(parts, stat)) parts.cache.set(cacheKey(stat), known);
  else parts.cache.forget(cacheKey(stat));
  return { is: "mass", mass: { ...known, stat }, read: size };
}

function settled(parts: InspectorParts, { ctimeNs }: BigIntStats): boolean {
  return parts.now() - Number(ctimeNs / 1_000_000n) > settledMilliseconds;
}

/** Lent to one reading at a time: nothing keeps them past the next await. */
const headBytes = new Uint8Array(edgeBytes);
const tailBytes = new Uint8Array(edgeBytes);

function edgesOf(file: number, size: number): Edges | undefined {
  const head = readAt(file, 0, headBytes.subarray(0, Math.min(size, edgeBytes)));
  if (head === undefined) return undefined;
  if (size <= edgeBytes) return { head, tail: head, size };
  const at = (offset: number, length: number) => readAt(file, offset, new Uint8Array(length));
  const tail = readAt(file, size - edgeBytes, tailBytes);
  return tail === undefined ? undefined : { head, tail, size, at };
}

function readAt(file: number, position: number, bytes: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(file, bytes, at, bytes.length - at, position + at);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

/** The container, once large text was sampled within: weights in base64, or after a text's head. */
function judged(parts: InspectorParts, file: number, edges: Edges): string {
  const container = containerOf(edges);
  if (container !== "text" || edges.size < opaqueBytesMin) return container;
  const step = (edges.size - sampleBytes) / sampleBlocks;
  for (let i = 0; i < sampleBlocks; i += 1) {
    const position = Math.floor((i + parts.random()) * step);
    const block = readAt(file, position, new Uint8Array(sampleBytes));
    if (block === undefined || !isText(block) || isDense(block)) return "opaque";
  }
  return container;
}

/** A plain type whose structure is not seen to end with the file may carry anything behind it. */
function kindOf(container: string, edges: Edges): ContainerKind {
  const kind = kindOfContainer(container);
  return kind === "plain" && !endsWithFile(container, edges) ? "carrier" : kind;
}

/** Models always; archives and the unknown when large; plain types when huge. */
function isMass(
  { container, kind, size }: { container: string; kind: ContainerKind; size: number },
  how: Way,
): boolean {
  if (kind === "model") return true;
  if (size < opaqueBytesMin) return false;
  if (kind !== "plain") return true;
  return size >= plainBytesMax && !(how === "held" && container === "elf");
}

type Whole = { readonly digest: Digest; readonly entropy: number; readonly size: number };

async function digestOf(parts: InspectorParts, file: number, size: number): Promise<Whole> {
  const hash = createHash("sha256");
  const histogram = emptyHistogram();
  // One block to sample in every stride, at a random place in it: nobody can prepare the spots.
  const stride = Math.max(sampleBytes, Math.floor(size / sampleBlocks));
  let next = Math.floor(parts.random() * Math.max(1, stride - sampleBytes));
  let total = 0;
  for await (const block of readBlocks(file)) {
    hash.update(block);
    while (next < total + block.length) {
      addBlock(histogram, block.subarray(next - total, next - total + sampleBytes));
      next += stride;
    }
    total += block.length;
    // It grew while being read: what follows is not the file that was asked about.
    if (total > size) break;
  }
  return { digest: `sha256:${hash.digest("hex")}`, entropy: entropyOf(histogram), size: total };
}
