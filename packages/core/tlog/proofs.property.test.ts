import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { proveConsistency, verifyConsistency, verifySubtreeConsistency } from "./consistency.ts";
import { proveInclusion, verifyInclusion, verifySubtreeInclusion } from "./inclusion.ts";
import { appendLeaf, emptyFrontier, hashLeaf, hashNode } from "./merkle.ts";
import { checkSubtree } from "./subtree.ts";
import {
  consistencyPath,
  inclusionPath,
  subtreeConsistencyPath,
  testEntries,
  treeHash,
} from "./testing/reference-tree.ts";
import { runs } from "./testing/runs.ts";

const most = 130;
const entries = testEntries(most);
const roots = Array.from({ length: most + 1 }, (_, size) => treeHash(entries.slice(0, size)));
const nodes = new Map<string, Uint8Array>();
let frontier = emptyFrontier();
for (const entry of entries) {
  frontier = appendLeaf(frontier, hashLeaf(entry), (level, index, hash) => {
    nodes.set(`${level}/${index}`, hash);
  });
}
const nodeAt = async (level: number, index: number) => nodes.get(`${level}/${index}`)!;

/** Turns one bit of the hashes, whichever one `at` picks. */
function flip(hashes: readonly Uint8Array[], at: number): Uint8Array[] {
  const bit = at % (hashes.length * 256);
  return hashes.map((hash, i) => {
    const copy = hash.slice();
    if (i === bit >> 8) copy[(bit & 255) >> 3]! ^= 1 << (bit & 7);
    return copy;
  });
}

function refusedAs(code: string, result: undefined | Refused): void {
  assert.ok(isRefused(result) && result.refused === code);
}

const sizes = fc.tuple(fc.integer({ min: 1, max: most }), fc.nat()).map(([size, n]) => {
  return { size, smaller: (n % size) + 1, index: n % size };
});

test("inclusion: every proof up to 40 leaves is the RFC's, and verifies", async () => {
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = await proveInclusion(index, size, nodeAt);
      assert.deepEqual(proof, inclusionPath(index, entries.slice(0, size)));
      const leafHash = hashLeaf(entries[index]!);
      assert.equal(
        verifyInclusion({ index, size, leafHash, proof, root: roots[size]! }),
        undefined,
      );
    }
  }
});

test("consistency: every proof up to 40 leaves is the RFC's, and verifies", async () => {
  for (let size2 = 1; size2 <= 40; size2 += 1) {
    for (let size1 = 1; size1 <= size2; size1 += 1) {
      const proof = await proveConsistency(size1, size2, nodeAt);
      assert.deepEqual(proof, consistencyPath(size1, entries.slice(0, size2)));
      const claim = { size1, size2, root1: roots[size1]!, root2: roots[size2]!, proof };
      assert.equal(verifyConsistency(claim), undefined);
    }
  }
});

test("subtrees: every proof up to 34 leaves verifies, and none of another range", () => {
  let verified = 0;
  for (let size = 1; size <= 34; size += 1) {
    for (let start = 0; start < size; start += 1) {
      for (let end = start + 1; end <= size; end += 1) {
        const subtreeRoot = treeHash(entries.slice(start, end));
        const root = roots[size]!;
        if (isRefused(checkSubtree(start, end))) {
          const claim = { start, end, size, subtreeRoot, root, proof: [] };
          refusedAs("bad-proof", verifySubtreeConsistency(claim));
          continue;
        }
        const proof = subtreeConsistencyPath(start, end, entries.slice(0, size));
        const claim = { start, end, size, subtreeRoot, root, proof };
        assert.equal(verifySubtreeConsistency(claim), undefined, `[${start}, ${end}) ${size}`);
        if (proof.length > 0) {
          const flipped = flip(proof, start * 7919 + end * 31 + size);
          refusedAs("bad-proof", verifySubtreeConsistency({ ...claim, proof: flipped }));
        }
        for (let index = start; index < end; index += 1) {
          const leafHash = hashLeaf(entries[index]!);
          const path = inclusionPath(index - start, entries.slice(start, end));
          const leaf = { index, start, end, leafHash, proof: path, root: subtreeRoot };
          assert.equal(verifySubtreeInclusion(leaf), undefined);
          verified += 1;
        }
      }
    }
  }
  assert.ok(verified > 4000);
});

test("inclusion: any bit flipped, any hash more or less, any other place is refused", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async ({ size, index }, at) => {
      const proof = await proveInclusion(index, size, nodeAt);
      const leafHash = hashLeaf(entries[index]!);
      const claim = { index, size, leafHash, proof, root: roots[size]! };
      assert.equal(verifyInclusion(claim), undefined);
      const [badLeaf] = flip([leafHash], at);
      refusedAs("bad-proof", verifyInclusion({ ...claim, leafHash: badLeaf! }));
      const [badRoot] = flip([claim.root], at);
      refusedAs("bad-proof", verifyInclusion({ ...claim, root: badRoot! }));
      if (proof.length > 0) {
        refusedAs("bad-proof", verifyInclusion({ ...claim, proof: flip(proof, at) }));
        refusedAs("bad-proof", verifyInclusion({ ...claim, proof: proof.slice(1) }));
        refusedAs("bad-proof", verifyInclusion({ ...claim, proof: proof.slice(0, -1) }));
        const short = proof.with(0, proof[0]!.subarray(1));
        refusedAs("bad-proof", verifyInclusion({ ...claim, proof: short }));
      }
      refusedAs("bad-proof", verifyInclusion({ ...claim, proof: [...proof, leafHash] }));
      refusedAs("bad-proof", verifyInclusion({ ...claim, index: size }));
      refusedAs("bad-proof", verifyInclusion({ ...claim, index: -1 }));
      const other = (index + 1 + (at % size)) % size;
      if (other !== index) refusedAs("bad-proof", verifyInclusion({ ...claim, index: other }));
    }),
    runs,
  );
});

test("consistency: append-only between any two sizes, and any change is refused", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async ({ size: size2, smaller: size1 }, at) => {
      const proof = await proveConsistency(size1, size2, nodeAt);
      assert.deepEqual(proof, consistencyPath(size1, entries.slice(0, size2)));
      const claim = { size1, size2, root1: roots[size1]!, root2: roots[size2]!, proof };
      assert.equal(verifyConsistency(claim), undefined);
      const [root1] = flip([claim.root1], at);
      refusedAs("bad-proof", verifyConsistency({ ...claim, root1: root1! }));
      const [root2] = flip([claim.root2], at);
      refusedAs("bad-proof", verifyConsistency({ ...claim, root2: root2! }));
      if (proof.length > 0) {
        refusedAs("bad-proof", verifyConsistency({ ...claim, proof: flip(proof, at) }));
        refusedAs("bad-proof", verifyConsistency({ ...claim, proof: proof.slice(1) }));
        refusedAs("bad-proof", verifyConsistency({ ...claim, proof: proof.slice(0, -1) }));
      }
      refusedAs("bad-proof", verifyConsistency({ ...claim, proof: [...proof, claim.root1] }));
      refusedAs("bad-proof", verifyConsistency({ ...claim, size1: 0 }));
      if (size1 !== size2) {
        refusedAs("bad-proof", verifyConsistency({ ...claim, size1: size2, size2: size1 }));
      }
    }),
    runs,
  );
});

test("a history with an entry edited, dropped or moved is consistent with nothing", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async ({ size, index }, at) => {
      const size1 = Math.max(index + 1, (at % size) + 1);
      const forged = entries.slice(0, size);
      forged[index] = new Uint8Array([255, 255, 255]);
      const claim = { size1, size2: size, root1: roots[size1]!, root2: treeHash(forged) };
      const honest = await proveConsistency(size1, size, nodeAt);
      refusedAs("bad-proof", verifyConsistency({ ...claim, proof: honest }));
      const ofForged = consistencyPath(size1, forged);
      refusedAs("bad-proof", verifyConsistency({ ...claim, proof: ofForged }));
    }),
    runs,
  );
});

test("a proof of one tree is none of a higher one", async () => {
  for (let size = 1; size <= 40; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = await proveInclusion(index, size, nodeAt);
      const leafHash = hashLeaf(entries[index]!);
      const claim = { index, size: size * 2, leafHash, proof, root: roots[size]! };
      refusedAs("bad-proof", verifyInclusion(claim));
    }
    for (let size1 = 1; size1 < size; size1 += 1) {
      const proof = await proveConsistency(size1, size, nodeAt);
      const claim = { size1, size2: size * 2, root1: roots[size1]!, root2: roots[size]!, proof };
      refusedAs("bad-proof", verifyConsistency(claim));
    }
  }
});

test("indexes and sizes have 64 bits, and not one more", () => {
  const leafHash = hashLeaf(entries[0]!);
  // The first leaf of a tree of 2^n leaves has n siblings, all to its right.
  const claimed = (levels: number, size: bigint) => {
    const proof = Array.from({ length: levels }, () => leafHash);
    const root = proof.reduce((hash, sibling) => hashNode(hash, sibling), leafHash);
    return { index: 0, size, leafHash, proof, root };
  };
  assert.equal(verifyInclusion(claimed(63, 2n ** 63n)), undefined);
  assert.equal(verifyInclusion(claimed(64, 2n ** 64n - 1n)), undefined);
  refusedAs("bad-proof", verifyInclusion(claimed(64, 2n ** 64n)));
  // Beyond 53 bits a number has gaps: it does not say which place it means.
  refusedAs("bad-proof", verifyInclusion({ ...claimed(63, 2n ** 63n), size: 2 ** 63 }));
  const single = { index: 1, size: 1, leafHash, proof: [], root: leafHash };
  refusedAs("bad-proof", verifyInclusion(single));
  assert.equal(verifyInclusion({ ...single, index: 0 }), undefined);
});
