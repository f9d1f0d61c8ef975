import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex } from "../encoding/bytes.ts";
import {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  frontierAt,
  frontierRoot,
  hashLeaf,
  hashNode,
  peaksOf,
  rootAt,
} from "./merkle.ts";
import { testEntries, treeHash } from "./testing/reference-tree.ts";
import { runs } from "./testing/runs.ts";

test("hashes of RFC 6962: the empty tree, a leaf, a node", () => {
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
  assert.deepEqual(emptyRoot, fromHex(empty));
  assert.deepEqual(hashLeaf(new Uint8Array(0)), fromHex(leaf));
  assert.deepEqual(hashNode(hashLeaf(testEntries(1)[0]!), emptyRoot).length, 32);
});

test("the frontier's root is the tree's root, at every size up to 300", () => {
  const entries = testEntries(300);
  let frontier = emptyFrontier();
  for (let size = 0; size <= entries.length; size += 1) {
    assert.equal(frontier.size, size);
    assert.deepEqual(frontierRoot(frontier), treeHash(entries.slice(0, size)));
    if (size < entries.length) frontier = appendLeaf(frontier, hashLeaf(entries[size]!));
  }
});

test("appending leaves the frontier that it was given as it was", () => {
  const before = appendLeaf(emptyFrontier(), hashLeaf(new Uint8Array([1])));
  const root = frontierRoot(before);
  appendLeaf(before, hashLeaf(new Uint8Array([2])));
  assert.deepEqual(frontierRoot(before), root);
  assert.equal(before.size, 1);
});

test("any tree continues from its kept nodes, and each node is completed once", async () => {
  const entry = fc.uint8Array({ maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 80 }), fc.nat(80), async (entries, cut) => {
      const nodes = new Map<string, Uint8Array>();
      const names = new Set<string>();
      let frontier = emptyFrontier();
      for (const bytes of entries) {
        frontier = appendLeaf(frontier, hashLeaf(bytes), (level, index, hash) => {
          assert.ok(!names.has(`${level}/${index}`));
          names.add(`${level}/${index}`);
          nodes.set(`${level}/${index}`, hash);
        });
      }
      const size = Math.min(cut, entries.length);
      const nodeAt = (level: number, index: number) => nodes.get(`${level}/${index}`)!;
      assert.deepEqual(await rootAt(size, nodeAt), treeHash(entries.slice(0, size)));
      let resumed = await frontierAt(size, nodeAt);
      for (const bytes of entries.slice(size)) resumed = appendLeaf(resumed, hashLeaf(bytes));
      assert.deepEqual(frontierRoot(resumed), frontierRoot(frontier));
    }),
    runs,
  );
});

test("peaks of a size are the bits set in it, beyond 32 bits too", () => {
  assert.deepEqual(peaksOf(0), []);
  assert.deepEqual(peaksOf(6), [
    { level: 2, index: 0 },
    { level: 1, index: 2 },
  ]);
  assert.deepEqual(peaksOf(2 ** 40 + 1), [
    { level: 40, index: 0 },
    { level: 0, index: 2 ** 40 },
  ]);
});
