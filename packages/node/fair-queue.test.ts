import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FairQueue } from "./fair-queue.ts";

type Item = { readonly name: string; readonly bytes: Uint8Array };
const item = (name: string, length = 0): Item => ({ name, bytes: new Uint8Array(length) });
const kib = 1024;
const roomy = { itemsMax: 100, bytesMax: 100 * kib };

describe("a fair queue", () => {
  it("serves submitters in turn, each in its own order", () => {
    const queue = new FairQueue<Item>(100 * kib);
    for (const name of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.push(item(name), name[0]!);
    const names = (items: Item[]) => items.map(({ name }) => name);
    assert.deepEqual(names(queue.take({ ...roomy, itemsMax: 2 })), ["a1", "b1"]);
    assert.deepEqual(names(queue.take(roomy)), ["c1", "a2", "c2", "a3"]);
    assert.equal(queue.length, 0);
  });

  it("lets a flood push out only itself", () => {
    const queue = new FairQueue<Item>(10 * kib);
    assert.deepEqual(queue.push(item("quiet 1"), "quiet"), []);
    const evicted = Array.from({ length: 1000 }, (_, i) => queue.push(item(`flood ${i}`), "flood"));
    assert.equal(evicted.flat().length, 991);
    assert.deepEqual(
      queue.push(item("quiet 2"), "quiet").map(({ name }) => name),
      ["flood 8"],
    );
    assert.deepEqual(
      queue.push(item("late"), "late").map(({ name }) => name),
      ["flood 7"],
    );
    const served = queue.take({ ...roomy, itemsMax: 4 }).map(({ name }) => name);
    assert.deepEqual(served, ["quiet 1", "flood 0", "late", "quiet 2"]);
  });

  it("takes no more bytes than asked, but always something", () => {
    const queue = new FairQueue<Item>(100 * kib);
    for (const name of ["a", "b", "c"]) queue.push(item(name, 5 * kib), name);
    assert.equal(queue.take({ itemsMax: 9, bytesMax: kib }).length, 1);
    assert.equal(queue.take({ itemsMax: 9, bytesMax: 10 * kib }).length, 2);
  });

  it("loses nothing: what went in comes out or gives way, each in its submitter's order", () => {
    const step = fc.oneof(
      fc.record({ push: fc.constantFrom("a", "b", "c"), length: fc.nat(3 * kib) }),
      fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new FairQueue<Item>(16 * kib);
        const pushed = new Map<string, Item[]>();
        const left = new Set<Item>();
        const served: Item[] = [];
        let serial = 0;
        for (const s of steps) {
          if ("push" in s) {
            const one = item(`${s.push}${serial++}`, s.length);
            pushed.set(s.push, [...(pushed.get(s.push) ?? []), one]);
            for (const evicted of queue.push(one, s.push)) left.add(evicted);
          } else served.push(...queue.take({ itemsMax: s.take, bytesMax: 100 * kib }));
        }
        served.push(...queue.take({ itemsMax: 1000, bytesMax: 1000 * kib }));
        for (const [name, items] of pushed) {
          assert.deepEqual(
            served.filter((one) => one.name[0] === name),
            items.filter((one) => !left.has(one)),
          );
        }
      }),
      { numRuns: process.env.SLOW ? 1000 : 50 },
    );
  });
});
