/**
 * The chunks of an enrolled file, in compact form, and what part of it some bytes hold: fragments,
 * splits, tars, a copy at an odd offset. Chunks are cut by content, so they are found wherever the
 * bytes lie uncompressed and unencrypted.
 */
import { fromBase64, type Refused, refused, toBase64 } from "../core.ts";
import type { SeenChunk } from "./digest.ts";

/**
 * Bytes of a chunk's hash that are kept. Two different chunks of an estate of 10^9 chunks share 64
 * bits with probability under 3 %; one candidate chunk meets a wrong one with under 10^-10.
 */
const prefixBytes = 8;
const entryBytes = prefixBytes + 3;

/** A petabyte of chunks would still be within it. */
const entriesMax = 2 ** 34;

/** Chunks by prefix of their hash. The sizes are in bytes. */
export type ChunkSet = {
  /** Hash prefix, as 16 hex digits, to size. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Sum of the sizes. */
  readonly bytes: number;
};

export type Coverage = {
  /** Bytes of the enrolled set that were seen, each distinct chunk once. */
  readonly found: number;
  readonly of: number;
  /** Bytes of the candidate in chunks of the set. */
  readonly explained: number;
  /** Chunks found, and the candidate offset of the first one. */
  readonly chunks: number;
  readonly firstOffset: number | undefined;
};

function prefixOf(hash: Uint8Array): string {
  let text = "";
  for (let i = 0; i < prefixBytes; i += 1) text += hash[i]!.toString(16).padStart(2, "0");
  return text;
}

/** The set of the telling chunks of a pass. */
export function chunkSetOf(chunks: readonly SeenChunk[]): ChunkSet {
  const sizes = new Map<string, number>();
  let bytes = 0;
  for (const chunk of chunks) {
    const prefix = prefixOf(chunk.hash);
    if (!chunk.telling || sizes.has(prefix)) continue;
    sizes.set(prefix, chunk.size);
    bytes += chunk.size;
  }
  return { sizes, bytes };
}

/** What part of `set` the candidate's chunks hold. Chunks that tell nothing are passed over. */
export function coverageOf(chunks: readonly SeenChunk[], set: ChunkSet): Coverage {
  const seen = new Set<string>();
  let found = 0;
  let explained = 0;
  let firstOffset: number | undefined;
  for (const chunk of chunks) {
    const prefix = prefixOf(chunk.hash);
    if (set.sizes.get(prefix) !== chunk.size) continue;
    explained += chunk.size;
    firstOffset ??= chunk.offset;
    if (!seen.has(prefix)) found += chunk.size;
    seen.add(prefix);
  }
  return { found, of: set.bytes, explained, chunks: seen.size, firstOffset };
}

/** Canonical text: entries of 11 bytes (prefix, size of 3 bytes low first), ascending, base64. */
export function encodeChunkSet(set: ChunkSet): string {
  const entries = [...set.sizes].sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = new Uint8Array(entries.length * entryBytes);
  let at = 0;
  for (const [prefix, size] of entries) {
    for (let i = 0; i < prefixBytes; i += 1) {
      bytes[at + i] = Number.parseInt(prefix.slice(2 * i, 2 * i + 2), 16);
    }
    bytes[at + 8] = size & 255;
    bytes[at + 9] = (size >> 8) & 255;
    bytes[at + 10] = size >> 16;
    at += entryBytes;
  }
  return toBase64(bytes);
}

/** Reads {@link encodeChunkSet}'s text; refuses anything that it would not have written. */
export function parseChunkSet(text: string): ChunkSet | Refused {
  const bytes = fromBase64(text);
  if (bytes === undefined || bytes.length % entryBytes !== 0) {
    return refused("malformed", "the chunk set is not base64 of 11-byte entries");
  }
  if (bytes.length / entryBytes > entriesMax) return refused("oversized", "too many chunks");
  const sizes = new Map<string, number>();
  let total = 0;
  let last = "";
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const prefix = prefixOf(bytes.subarray(at, at + prefixBytes));
    const size = bytes[at + 8]! | (bytes[at + 9]! << 8) | (bytes[at + 10]! << 16);
    if (prefix <= last) return refused("not-canonical", "chunks are not in ascending order");
    if (size === 0) return refused("malformed", "a chunk of no bytes");
    sizes.set(prefix, size);
    total += size;
    last = prefix;
  }
  return { sizes, bytes: total };
}
