/**
 * Xet's hashes (draft-denis-xet; xet-core `data_hash.rs`, `aggregated_hashes.rs`): a chunk is
 * known by its keyed BLAKE3, a file by a tree over its chunks whose fan-out the hashes
 * themselves decide.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { toUtf8 } from "../core.ts";

/** A chunk as the tree sees it: 32 bytes, and how many bytes it stands for. */
export type ChunkNode = { readonly hash: Uint8Array; readonly size: number };

/** Keyed BLAKE3 with a 32-byte key: 32 bytes out. An app may bring a faster one. */
export type KeyedHash = (key: Uint8Array, bytes: Uint8Array) => Uint8Array;

/** The plain {@link KeyedHash}. */
export const keyedBlake3: KeyedHash = (key, bytes) => blake3(bytes, { key });

const dataKey = Uint8Array.of(
  ...[102, 151, 245, 119, 91, 149, 80, 222, 49, 53, 203, 172, 165, 151, 24, 28],
  ...[157, 228, 33, 16, 155, 235, 43, 88, 180, 208, 176, 75, 147, 173, 242, 41],
);
const nodeKey = Uint8Array.of(
  ...[1, 126, 197, 199, 165, 71, 41, 150, 253, 148, 102, 102, 180, 138, 2, 230],
  ...[93, 221, 83, 111, 55, 199, 109, 210, 248, 99, 82, 230, 74, 83, 113, 63],
);
const noSalt = new Uint8Array(32);

/** Mean fan-out of the tree, and its bounds (xet-core `aggregated_hashes.rs`). */
const fanOut = 4;
const fanOutMin = 3;
const fanOutMax = 2 * fanOut + 1;

/** The hash of one chunk's bytes. */
export function chunkHash(bytes: Uint8Array, hash: KeyedHash = keyedBlake3): Uint8Array {
  return hash(dataKey, bytes);
}

/** The file hash over all its chunks in order; an empty file is all zero. */
export function fileHash(chunks: readonly ChunkNode[], hash: KeyedHash = keyedBlake3): Uint8Array {
  if (chunks.length === 0) return new Uint8Array(32);
  let row = chunks;
  while (row.length > 1) {
    const parents: ChunkNode[] = [];
    for (let at = 0; at < row.length; ) {
      const end = at + groupLength(row, at);
      parents.push(parentOf(row.slice(at, end), hash));
      at = end;
    }
    row = parents;
  }
  return hash(noSalt, row[0]!.hash);
}

/** Children of the next parent: up to the first hash that is a multiple of four, 3 to 9 of them. */
function groupLength(row: readonly ChunkNode[], at: number): number {
  const left = row.length - at;
  if (left < fanOutMin) return left;
  const most = Math.min(fanOutMax, left);
  for (let i = fanOutMin - 1; i < most; i += 1) {
    // The hash as a number is its last 64-bit word; its lowest bits lie in byte 24.
    if (row[at + i]!.hash[24]! % fanOut === 0) return i + 1;
  }
  return most;
}

/** A child's line: 64 digits, ` : `, its size of at most 16 digits, a line feed. */
const lineBytesMax = 64 + 3 + 16 + 1;
const lines = new Uint8Array(fanOutMax * lineBytesMax);
const digits = toUtf8("0123456789abcdef");

function parentOf(children: readonly ChunkNode[], hash: KeyedHash): ChunkNode {
  let at = 0;
  let size = 0;
  // Written out as bytes: as text it took a tenth of a pass.
  for (const child of children) {
    for (let i = 0; i < 32; i += 1) {
      const byte = child.hash[(i & 24) + 7 - (i & 7)]!;
      lines[at++] = digits[byte >> 4]!;
      lines[at++] = digits[byte & 15]!;
    }
    const rest = ` : ${child.size}\n`;
    for (let i = 0; i < rest.length; i += 1) lines[at++] = rest.charCodeAt(i);
    size += child.size;
  }
  return { hash: hash(nodeKey, lines.subarray(0, at)), size };
}

/** A Xet hash as Hugging Face prints it: four 64-bit words, each high byte first. */
export function xetText(hash: Uint8Array): string {
  let text = "";
  for (let word = 0; word < 32; word += 8) {
    for (let k = 7; k >= 0; k -= 1) text += hash[word + k]!.toString(16).padStart(2, "0");
  }
  return text;
}
