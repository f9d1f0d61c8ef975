import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../core.ts";
import { noiseBytes } from "../../testing/noise.ts";
import { chunkBytesMax, findCut } from "../xet-chunker.ts";
import { keyedBlake3 } from "../xet-hash.ts";
import { makeFastKeyedHash } from "./blake3-kernel.ts";
import { makeFastCutFinder } from "./gear-kernel.ts";

test("the fast keyed BLAKE3 is BLAKE3, at every length that has its own path", () => {
  const hash = makeFastKeyedHash();
  const key = noiseBytes(32, 3);
  const lengths = [0, 1, 1024, 2048, 2049, 3072, 4095, 4096, 4097, 5120, 8191, 8192, 9000, 16_384];
  for (const length of [...lengths, 65_537, 100_000, 131_071, 131_072, 262_144, 300_000]) {
    const bytes = noiseBytes(length, length + 7);
    assert.equal(toHex(hash(key, bytes)), toHex(keyedBlake3(key, bytes)), String(length));
  }
});

test("the fast cut finder cuts where the plain one does", () => {
  const find = makeFastCutFinder();
  const sources = [noiseBytes(3_000_000, 17), new Uint8Array(400_000), noiseBytes(700_000, 18)];
  for (const bytes of sources) {
    for (let at = 0; at < bytes.length; ) {
      const to = Math.min(bytes.length, at + chunkBytesMax);
      const cut = findCut(bytes, at, to);
      assert.equal(find(bytes, at, to), cut);
      // Ends close before and after the cut matter too.
      if (cut > 0) assert.equal(find(bytes, at, cut), findCut(bytes, at, cut));
      if (cut > at + 1) assert.equal(find(bytes, at, cut - 1), findCut(bytes, at, cut - 1));
      at = cut > 0 ? cut : to;
    }
  }
});
