import assert from "node:assert/strict";
import { it } from "node:test";
import { hashLeaf } from "@writ/core";
import fc from "fast-check";
import { hashEntry } from "./leaf-hash.ts";

it("hashes entries as core hashes leaves, whatever was hashed before", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 5 }), (entries) => {
      const hashes = entries.map(hashEntry);
      for (const [i, entry] of entries.entries()) {
        assert.deepEqual(Buffer.from(hashes[i]!), Buffer.from(hashLeaf(entry)));
      }
    }),
    { numRuns: process.env.SLOW ? 1000 : 10 },
  );
});
