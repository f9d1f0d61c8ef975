import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import fc from "fast-check";
import { type LeafKey, leafHashOf, leafKeyOf } from "./leaf-hash.ts";
import { LeafIndex, leafIndexSchema } from "./leaf-index.ts";
import { bytesOf } from "./testing/journal-check.ts";

/** Runs of four entries, so that a story of some steps writes many. */
const runEntries = 4;

// What happens to an index: batches by one of two processes on the file, some of them taken back,
// and processes that start anew. Not after each of them is something looked up.
const step = fc.oneof(
  fc.record({
    batch: fc.integer({ min: 1, max: 7 }),
    by: fc.nat(1),
    fails: fc.boolean(),
    looked: fc.boolean(),
  }),
  fc.record({ reopen: fc.nat(1) }),
);

it("finds each entry where it stands, whatever was written, taken back or opened anew", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const database = new DatabaseSync(":memory:");
      database.exec(`CREATE TABLE entry (position INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL);
        ${leafIndexSchema}`);
      const insert = database.prepare("INSERT INTO entry VALUES (?, ?)");
      const indexes = [0, 1].map(() => new LeafIndex(database, runEntries));
      let size = 0;
      for (const [at, s] of steps.entries()) {
        if ("reopen" in s) {
          indexes[s.reopen] = new LeafIndex(database, runEntries);
        } else {
          const names = Array.from({ length: s.batch }, (_, i) => size + i);
          const keys = names.map((n) => keyOf(s.fails ? `lost ${at} ${n}` : `entry ${n}`));
          database.exec("BEGIN");
          for (const [i, key] of keys.entries()) insert.run(size + i, leafHashOf(key));
          indexes[s.by]!.add(keys, size);
          database.exec(s.fails ? "ROLLBACK" : "COMMIT");
          if (s.fails) indexes[s.by]!.forget();
          else size += s.batch;
          if (!s.looked) continue;
          const lost = s.fails ? keys : [];
          for (const index of indexes) {
            assert.deepEqual(
              index.find(lost, size),
              lost.map(() => undefined),
            );
          }
        }
        const all = Array.from({ length: size }, (_, n) => keyOf(`entry ${n}`));
        for (const index of indexes) assert.deepEqual(index.find(all, size), [...all.keys()]);
      }
      const merged = database.prepare("SELECT runs AS count FROM leaf_index").get()!.count;
      if (size > 60) assert.ok(Number(merged) > 0, "runs were written");
      database.close();
    }),
    { numRuns: process.env.SLOW ? 1000 : 30 },
  );
});

function keyOf(text: string): LeafKey {
  return leafKeyOf(bytesOf(text));
}
