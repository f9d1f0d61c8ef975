import assert from "node:assert/strict";
import { it } from "node:test";
import { appendLeaf, emptyFrontier, tileHeight } from "@writ/core";
import fc from "fast-check";
import type { TileRoot } from "./journal-store.ts";
import { numbered } from "./testing/batch.ts";
import { growTree } from "./tree-growth.ts";

it("grows the tree as core does, however the entries are grouped", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 }), (widths) => {
      let [grown, expected] = [emptyFrontier(), emptyFrontier()];
      for (const width of widths) {
        const entries = numbered("entry", grown.size, grown.size + width);
        const roots: TileRoot[] = [];
        for (const { leafHash } of entries) {
          expected = appendLeaf(expected, leafHash, (level, index, hash) => {
            if (level > 0 && level % tileHeight === 0) roots.push({ level, index, hash });
          });
        }
        const before = grown.peaks.slice();
        const growth = growTree(grown, entries);
        assert.deepEqual(grown.peaks, before, "a frontier is a value");
        grown = growth.frontier;
        assert.deepEqual(plain(grown.peaks), plain(expected.peaks));
        assert.equal(grown.size, expected.size);
        assert.deepEqual(growth.tileRoots.map(named), roots.map(named));
      }
    }),
    { numRuns: process.env.SLOW ? 1000 : 10 },
  );
});

function plain(hashes: readonly Uint8Array[]): string[] {
  return hashes.map((hash) => Buffer.from(hash).toString("hex"));
}

function named({ level, index, hash }: TileRoot): string {
  return `${level} ${index} ${plain([hash])}`;
}
