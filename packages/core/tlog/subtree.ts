/** Subtrees of a log (draft-ietf-plants-merkle-tree-certs §4.1): which ranges of leaves are one. */
import { type Refused, refused } from "../encoding/refusal.ts";
import { type TreeInteger, treeInteger } from "./proof-hashes.ts";

/**
 * Leaves [start, end), where start is a multiple of the least power of two that is no smaller than
 * end - start. Refused as `bad-proof` otherwise. An empty range is one, wherever it starts.
 */
export function checkSubtree(
  startGiven: TreeInteger,
  endGiven: TreeInteger,
): { readonly start: bigint; readonly end: bigint } | Refused {
  const start = treeInteger(startGiven);
  const end = treeInteger(endGiven);
  if (start === undefined || end === undefined || start > end) {
    return refused("bad-proof", "the subtree ends before it starts");
  }
  let least = 1n;
  while (least < end - start) least <<= 1n;
  if (start !== end && start % least !== 0n) {
    return refused("bad-proof", "the range of leaves is not a subtree");
  }
  return { start, end };
}

/** The leaves in a tree's left half: the largest power of two below its size (of at least 2). */
export function leftHalf(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}
