/**
 * Proofs that a later tree extends an earlier one (RFC 6962 §2.1.2, verified as in RFC 9162
 * §2.1.4.2), and that a subtree is part of a tree (draft-ietf-plants-merkle-tree-certs §4.4).
 */
import { equalBytes } from "../encoding/bytes.ts";
import { assert, type Refused, refused } from "../encoding/refusal.ts";
import { emptyRoot, hashBytes, hashNode, type NodeAt, subtreeHash } from "./merkle.ts";
import { checkProofHashes, checkRoot, type TreeInteger, treeInteger } from "./proof-hashes.ts";
import { checkSubtree, leftHalf } from "./subtree.ts";

/** What is claimed of two trees of one log. */
export type ConsistencyClaim = {
  readonly size1: TreeInteger;
  readonly size2: TreeInteger;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/** What is claimed of the subtree [start, end) of a tree. */
export type SubtreeConsistencyClaim = {
  readonly start: TreeInteger;
  readonly end: TreeInteger;
  readonly size: TreeInteger;
  readonly subtreeRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
};

/**
 * Refuses with `bad-proof` unless the tree of `size2` leaves extends that of `size1`. A size1 of
 * zero is refused: nothing can be proven from an empty tree, and who has one needs no proof.
 */
export function verifyConsistency(claim: ConsistencyClaim): undefined | Refused {
  const size1 = treeInteger(claim.size1);
  const size2 = treeInteger(claim.size2);
  if (size1 === undefined || size2 === undefined || size1 > size2) {
    return refused("bad-proof", "the second tree is smaller than the first");
  }
  if (size1 === 0n) return refused("bad-proof", "nothing can be proven from the empty tree");
  return verifyPart(0n, size1, size2, claim.proof, claim.root1, claim.root2);
}

/** Refuses with `bad-proof` unless leaves [start, end) of the tree have the hash `subtreeRoot`. */
export function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): undefined | Refused {
  const subtree = checkSubtree(claim.start, claim.end);
  if ("refused" in subtree) return subtree;
  const size = treeInteger(claim.size);
  if (size === undefined || subtree.end > size) {
    return refused("bad-proof", "the tree is smaller than the subtree");
  }
  if (subtree.start === subtree.end) {
    if (claim.proof.length === 0 && equalBytes(claim.subtreeRoot, emptyRoot)) return undefined;
    return refused("bad-proof", "an empty subtree has the empty root and needs no proof");
  }
  const { proof, subtreeRoot, root } = claim;
  return verifyPart(subtree.start, subtree.end, size, proof, subtreeRoot, root);
}

function verifyPart(
  start: bigint,
  end: bigint,
  size: bigint,
  proof: readonly Uint8Array[],
  partRoot: Uint8Array,
  root: Uint8Array,
): undefined | Refused {
  if (start === 0n && end === size) {
    if (proof.length > 0) return refused("bad-proof", "equal sizes need no proof");
    return checkRoot(partRoot, root, "root");
  }
  const problem = checkProofHashes(proof);
  if (problem !== undefined) return problem;
  if (partRoot.length !== hashBytes) return refused("bad-proof", "a root does not have 32 bytes");
  // The first and last node of the part, and the last of the tree, at the level reached so far.
  let first = start;
  let last = end - 1n;
  let treeLast = size - 1n;
  const rise = () => {
    first >>= 1n;
    last >>= 1n;
    treeLast >>= 1n;
  };
  // Start from the largest complete subtree at the part's right edge; the part's own root, if the
  // part is one such subtree or if it ends where the tree does.
  while (first !== last && (end === size || (last & 1n) === 1n)) rise();
  const partIsWhole = first === last;
  const seed = partIsWhole ? partRoot : proof[0];
  if (seed === undefined) return refused("bad-proof", "the proof is empty");
  let partHash = seed;
  let hash = seed;
  for (const sibling of partIsWhole ? proof : proof.slice(1)) {
    if (treeLast === 0n) return refused("bad-proof", "the proof is longer than the tree is high");
    if ((last & 1n) === 1n || last === treeLast) {
      if (first < last) partHash = hashNode(sibling, partHash);
      hash = hashNode(sibling, hash);
      while ((last & 1n) === 0n) rise();
    } else {
      hash = hashNode(hash, sibling);
    }
    rise();
  }
  if (treeLast !== 0n) return refused("bad-proof", "the proof is shorter than the tree is high");
  return checkRoot(partHash, partRoot, "first root") ?? checkRoot(hash, root, "root");
}

/** The proof that the first `size2` leaves extend the first `size1`; 0 < size1 <= size2. */
export async function proveConsistency(
  size1: number,
  size2: number,
  nodeAt: NodeAt,
): Promise<Uint8Array[]> {
  assert(Number.isSafeInteger(size1) && size1 > 0 && size1 <= size2, "0 < size1 <= size2");
  assert(Number.isSafeInteger(size2), "a size is an integer of 53 bits");
  const hashes: Promise<Uint8Array>[] = [];
  let start = 0;
  let end = size2;
  while (size1 !== end) {
    const middle = start + leftHalf(end - start);
    if (size1 <= middle) {
      hashes.push(subtreeHash(middle, end, nodeAt));
      end = middle;
    } else {
      hashes.push(subtreeHash(start, middle, nodeAt));
      start = middle;
    }
  }
  // The verifier already has the first tree's root: it is named only if a part of the tree.
  if (start !== 0) hashes.push(subtreeHash(start, end, nodeAt));
  return (await Promise.all(hashes)).reverse();
}
