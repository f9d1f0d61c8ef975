import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forwardReader } from "./archives/forward-reader.ts";
import {
  BeyondEnd,
  bufferedReader,
  forwardOf,
  joinReaders,
  memoryReader,
  pagedReader,
  type Reader,
  slice,
} from "./reader.ts";

const runs = { numRuns: process.env.SLOW === "1" ? 1_000 : 50 };
const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 40_503) >>> 7);

const readers: Record<string, () => Reader> = {
  memory: () => memoryReader(bytes),
  slice: () => slice(memoryReader(new Uint8Array([...bytes.subarray(0, 9), ...bytes])), 9, 200_000),
  buffered: () => bufferedReader(memoryReader(bytes)),
  paged: () => pagedReader(memoryReader(bytes)),
  joined: () => {
    const cuts = [0, 1, 1, 70_000, 130_000, 200_000];
    return joinReaders(
      cuts.slice(1).map((end, index) => memoryReader(bytes.subarray(cuts[index]!, end))),
    );
  },
  forward: () => forwardReader(forwardOf(memoryReader(bytes), 1_000), bytes.length),
};

for (const [name, make] of Object.entries(readers)) {
  test(`${name}: any reads in any order give what is there`, async () => {
    const range = fc.tuple(fc.nat(200_000), fc.nat(90_000));
    await fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 8 }), async (ranges) => {
        const reader = make();
        for (const [offset, most] of ranges) {
          const length = Math.min(most, bytes.length - offset);
          const read = await reader.read(offset, length);
          assert.deepEqual(read.slice(), bytes.slice(offset, offset + length));
        }
      }),
      runs,
    );
  });

  test(`${name}: past the end is a refusal of its kind`, async () => {
    const ranges = [
      ...[
        [200_000, 1],
        [0, 200_001],
        [-1, 1],
        [1, -1],
        [0.5, 1],
        [0, Number.NaN],
        [2 ** 60, 1],
      ],
    ];
    for (const [offset, length] of ranges) {
      await assert.rejects(async () => make().read(offset!, length!), BeyondEnd);
    }
  });
}
