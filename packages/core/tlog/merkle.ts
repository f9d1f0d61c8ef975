/**
 * The Merkle tree of RFC 6962 §2.1 over SHA-256. A node is named by (level, index): the hash of the
 * complete subtree over leaves [index · 2^level, (index + 1) · 2^level). Sizes and indexes are
 * integers of at most 53 bits.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "../encoding/refusal.ts";

/** Bytes of a SHA-256 hash. */
export const hashBytes = 32;

/** The root of a tree with no leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0));

// Leaves and nodes are hashed under different first bytes, or a node's two hashes could be shown
// as an entry that nobody ever made (second preimage).
const leafPrefix = new Uint8Array([0]);
const nodePrefix = new Uint8Array([1]);

/** The hash of an entry as a leaf: SHA-256(0x00 ‖ entry). */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  return sha256.create().update(leafPrefix).update(entry).digest();
}

/** The hash of two 32-byte children: SHA-256(0x01 ‖ left ‖ right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(left.length === hashBytes && right.length === hashBytes, "a child is a hash of 32 bytes");
  return sha256.create().update(nodePrefix).update(left).update(right).digest();
}

/** Where a complete subtree stands. */
export type NodeName = { readonly level: number; readonly index: number };

/** Told of each complete subtree that an append finishes, leaf first, then upwards. */
export type NodeCompleted = (level: number, index: number, hash: Uint8Array) => void;

/** Reads the hash of a complete subtree, from wherever nodes are kept. */
export type NodeAt = (level: number, index: number) => Promise<Uint8Array> | Uint8Array;

/**
 * What must be kept of a tree to append to it: the hashes of its largest complete subtrees, left to
 * right (one for each bit set in the size). A value: appending yields another one.
 */
export type Frontier = { readonly size: number; readonly peaks: readonly Uint8Array[] };

/** The frontier of the empty tree. */
export function emptyFrontier(): Frontier {
  return { size: 0, peaks: [] };
}

/**
 * The frontier with one more leaf. `completed` hears of each subtree that is complete from now on,
 * among them the leaf itself: exactly what a store of nodes must write.
 */
export function appendLeaf(
  frontier: Frontier,
  leafHash: Uint8Array,
  completed?: NodeCompleted,
): Frontier {
  assert(frontier.size < Number.MAX_SAFE_INTEGER, "a tree has fewer than 2^53 leaves");
  const peaks = frontier.peaks.slice();
  let hash = leafHash;
  let level = 0;
  let index = frontier.size;
  completed?.(level, index, hash);
  while (index % 2 === 1) {
    hash = hashNode(peaks.pop()!, hash);
    level += 1;
    index = (index - 1) / 2;
    completed?.(level, index, hash);
  }
  peaks.push(hash);
  return { size: frontier.size + 1, peaks };
}

/** The root of the tree. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  const last = frontier.peaks.length - 1;
  if (last < 0) return emptyRoot;
  let root = frontier.peaks[last]!;
  for (let i = last - 1; i >= 0; i -= 1) root = hashNode(frontier.peaks[i]!, root);
  return root;
}

/** Names of the peaks of a tree of `size` leaves, left to right; none for the empty tree. */
export function peaksOf(size: number): NodeName[] {
  assert(Number.isSafeInteger(size) && size >= 0, "a size is an integer of 53 bits");
  const names: NodeName[] = [];
  let left = size;
  for (let level = 0; left > 0; level += 1) {
    if (left % 2 === 1) names.unshift({ level, index: left - 1 });
    left = Math.floor(left / 2);
  }
  return names;
}

/**
 * The frontier of the first `size` leaves, from kept nodes: how a log continues after a restart.
 */
export async function frontierAt(size: number, nodeAt: NodeAt): Promise<Frontier> {
  const peaks = await Promise.all(peaksOf(size).map(({ level, index }) => nodeAt(level, index)));
  return { size, peaks };
}

/** The root of the first `size` leaves, from kept nodes. */
export async function rootAt(size: number, nodeAt: NodeAt): Promise<Uint8Array> {
  return frontierRoot(await frontierAt(size, nodeAt));
}

/**
 * The hash of leaves [start, end), from kept nodes; start is a multiple of the least power of two
 * that is no smaller than end - start, as in each subtree of a tree and each step of a proof.
 */
export async function subtreeHash(start: number, end: number, nodeAt: NodeAt): Promise<Uint8Array> {
  return await rootAt(end - start, (level, index) => nodeAt(level, start / 2 ** level + index));
}
