import assert from "node:assert/strict";
import { it } from "node:test";
import { hashLeaf, hashNode } from "@writ/core";
import fc from "fast-check";
import { hashChildren, hashEntry, leafHashOf, leafKeyOf } from "./leaf-hash.ts";

const numRuns = process.env.SLOW ? 1000 : 10;

it("hashes entries as core hashes leaves, whatever was hashed before", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 5 }), (entries) => {
      const hashes = entries.map(hashEntry);
      for (const [i, entry] of entries.entries()) {
        assert.deepEqual(Buffer.from(hashes[i]!), Buffer.from(hashLeaf(entry)));
        assert.deepEqual(leafHashOf(leafKeyOf(entry)), hashes[i]);
      }
    }),
    { numRuns },
  );
});

it("hashes nodes as core does", () => {
  const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(anyHash, anyHash, (left, right) => {
      assert.deepEqual(Buffer.from(hashChildren(left, right)), Buffer.from(hashNode(left, right)));
    }),
    { numRuns },
  );
});
