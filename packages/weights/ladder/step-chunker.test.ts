import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, toHex } from "../core.ts";
import { memoryReader, type Reader } from "../reader.ts";
import { noiseBytes } from "../testing/noise.ts";
import { type ContentDigests, ContentPass } from "./digest.ts";
import { makeFastHashing } from "./fast-hashing.ts";
import { plainHashing } from "./hashing.ts";
import { Chunker, findCut } from "./xet-chunker.ts";
import { keyedBlake3 } from "./xet-hash.ts";

// The hashes cost most of the time here, and are tested elsewhere.
const shortHash = (key: Uint8Array, bytes: Uint8Array) =>
  keyedBlake3(key, concatBytes(bytes.subarray(0, 64), bytes.subarray(-64)));
const fast = { ...makeFastHashing(), keyed: shortHash };

function expectedCuts(bytes: Uint8Array): number[] {
  const sizes: number[] = [];
  const chunker = new Chunker((chunk) => sizes.push(chunk.length));
  chunker.push(bytes);
  chunker.finish();
  return sizes;
}

/** Bytes in which every 64th place would be a cut: a prepared file that wants to be slow. */
function cutsEverywhere(length: number): Uint8Array {
  const noise = noiseBytes(400_000, 71);
  const cut = findCut(noise, 0, 131_072);
  const period = noise.slice(cut - 64, cut);
  return Uint8Array.from({ length }, (_, i) => period[i % 64]!);
}

const sources: readonly (readonly [string, Uint8Array])[] = [
  ["noise", noiseBytes(3_400_000, 72)],
  ["exactly two steps", noiseBytes(2 << 20, 73)],
  ["zeros", new Uint8Array((1 << 20) + 200_000)],
  ["cuts everywhere", cutsEverywhere((1 << 20) + 77)],
  ["less than a step", noiseBytes(500_000, 74)],
];

for (const [name, bytes] of sources) {
  test(`steps are cut where the plain chunker cuts: ${name}`, async () => {
    const expected = expectedCuts(bytes);
    const sizesOf = ({ chunks }: ContentDigests) => chunks.map(({ size }) => size);
    for (const part of [bytes.length, 700_001]) {
      const pass = new ContentPass([], fast);
      for (let at = 0; at < bytes.length; at += part) pass.push(bytes.subarray(at, at + part));
      assert.deepEqual(sizesOf(pass.finish()), expected);
    }
    const readers: readonly Reader[] = [
      memoryReader(bytes),
      {
        ...memoryReader(bytes),
        readInto: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
      },
    ];
    for (const reader of readers) {
      const pass = new ContentPass([], fast);
      for (let at = 0; at < bytes.length; ) {
        at += await pass.read(reader, at, Math.min(333_333, bytes.length - at));
      }
      const digests = pass.finish();
      assert.deepEqual(sizesOf(digests), expected);
      assert.equal(digests.size, bytes.length);
    }
  });
}

test("two passes at once do not share their room", () => {
  const [a, b] = [noiseBytes(1_500_000, 75), noiseBytes(1_500_000, 76)];
  const passes = [new ContentPass([], fast), new ContentPass([], fast)];
  for (let at = 0; at < a.length; at += 100_000) {
    passes[0]!.push(a.subarray(at, at + 100_000));
    passes[1]!.push(b.subarray(at, at + 100_000));
  }
  assert.deepEqual(
    passes[0]!.finish().chunks.map(({ size }) => size),
    expectedCuts(a),
  );
  assert.deepEqual(
    passes[1]!.finish().chunks.map(({ size }) => size),
    expectedCuts(b),
  );
});

test("a native hash that is not keyed BLAKE3 is not used", () => {
  const bytes = noiseBytes(3_000, 77);
  const key = noiseBytes(32, 78);
  const broken = makeFastHashing(plainHashing.sha256, (_, part) => keyedBlake3(key, part));
  assert.equal(
    toHex(broken.keyed(new Uint8Array(32), bytes)),
    toHex(keyedBlake3(new Uint8Array(32), bytes)),
  );
});
