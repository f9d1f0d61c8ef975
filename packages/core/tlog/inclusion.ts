/** Proofs that a leaf is in a tree (RFC 6962 §2.1.1, verified as in RFC 9162 §2.1.3.2). */
import { assert, type Refused, refused } from "../encoding/refusal.ts";
import { hashBytes, hashNode, type NodeAt, subtreeHash } from "./merkle.ts";
import { checkProofHashes, checkRoot, type TreeInteger, treeInteger } from "./proof-hashes.ts";
import { checkSubtree, leftHalf } from "./subtree.ts";

/** What is claimed of one leaf of a whole tree. */
export type InclusionClaim = {
  readonly index: TreeInteger;
  readonly size: TreeInteger;
  readonly leafHash: Uint8Array;
  /** Sibling hashes from the leaf's up to the root's child. */
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
};

/** What is claimed of one leaf of the subtree [start, end) whose hash is `root`. */
export type SubtreeInclusionClaim = Omit<InclusionClaim, "size"> & {
  readonly start: TreeInteger;
  readonly end: TreeInteger;
};

/**
 * Refuses with `bad-proof` unless the leaf is at that index of the tree with that size and root.
 */
export function verifyInclusion(claim: InclusionClaim): undefined | Refused {
  const index = treeInteger(claim.index);
  const size = treeInteger(claim.size);
  if (index === undefined || size === undefined || index >= size) {
    return refused("bad-proof", "the index is not within the tree");
  }
  if (claim.leafHash.length !== hashBytes) {
    return refused("bad-proof", "the leaf hash does not have 32 bytes");
  }
  const problem = checkProofHashes(claim.proof);
  if (problem !== undefined) return problem;
  // The node reached so far, and the last node of its level: where they meet, a node without a
  // right sibling rises until it is a right child itself.
  let node = index;
  let last = size - 1n;
  let hash = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0n) return refused("bad-proof", "the proof is longer than the tree is high");
    if ((node & 1n) === 1n || node === last) {
      hash = hashNode(sibling, hash);
      while ((node & 1n) === 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) return refused("bad-proof", "the proof is shorter than the tree is high");
  return checkRoot(hash, claim.root, "root");
}

/**
 * The same within a subtree (draft-ietf-plants-merkle-tree-certs §4.3): the leaf at `index` of the
 * whole log is in [start, end).
 */
export function verifySubtreeInclusion(claim: SubtreeInclusionClaim): undefined | Refused {
  const index = treeInteger(claim.index);
  const subtree = checkSubtree(claim.start, claim.end);
  if ("refused" in subtree) return subtree;
  if (index === undefined || index < subtree.start) {
    return refused("bad-proof", "the index is not within the subtree");
  }
  const { leafHash, proof, root } = claim;
  const size = subtree.end - subtree.start;
  return verifyInclusion({ index: index - subtree.start, size, leafHash, proof, root });
}

/** The proof of the leaf at `index` in the tree of the first `size` leaves. */
export async function proveInclusion(
  index: number,
  size: number,
  nodeAt: NodeAt,
): Promise<Uint8Array[]> {
  assert(Number.isSafeInteger(index) && index >= 0 && index < size, "the index is in the tree");
  const siblings: Promise<Uint8Array>[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + leftHalf(end - start);
    if (index < middle) {
      siblings.push(subtreeHash(middle, end, nodeAt));
      end = middle;
    } else {
      siblings.push(subtreeHash(start, middle, nodeAt));
      start = middle;
    }
  }
  return (await Promise.all(siblings)).reverse();
}
