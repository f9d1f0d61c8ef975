import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes, isRefused, toHex } from "../core.ts";
import { noiseBytes, noiseOf } from "../testing/noise.ts";
import { chunkSetOf, coverageOf, encodeChunkSet, parseChunkSet } from "./chunk-set.ts";
import { ContentPass, type TensorRange } from "./digest.ts";
import { plainHashing } from "./hashing.ts";
import { ValueDigest } from "./tensor-values.ts";

/** Made with hf_xet 1.6.0 (`hash_files`) on noise of seed length + 1, and on zeros. */
const references: readonly (readonly [number, string])[] = [
  [0, "0000000000000000000000000000000000000000000000000000000000000000"],
  [1, "4b336c10f3c621499bf106abb89f1a4753ba729379efade5b6373cbd528bb8b4"],
  [8191, "83dd16af729a5215b5c82e1f5f72208794f0ffaae243c314c974472c271e3351"],
  [8192, "9ec8d6b538563823359f9dc8c415cbca49cfbe2b364fa1ec4b00a84fb672f148"],
  [65536, "bbffd7d0cf73e836c5ccf45aa2299c7ce4e5ca17cda97093d8830902540404e0"],
  [131072, "77fe971365c354333baa12ec19acf792c649a8cd460e1c9e6b2284aea4d2482a"],
  [131073, "e74eae3373c8b4efba16bc18a03a38faadc88de2c2d099596053c68324f1db93"],
  [300000, "858074e4f035e238bddf7d0ccfcab1d2522fc68e959a9a61fc069311d8e8d733"],
  [1000000, "e9538f3642cb9573eb14818243afbbfed71e0f87db5b57c602cb1182ed19fb4c"],
];
const zeros: readonly (readonly [number, string])[] = [
  [131073, "83f8f48adc7310b5748295b256ca24cdce2aac457679c98526e3a19e0388f58a"],
  [1000000, "c0c85185f4307d40facfd366573176e54fc9c76041e44e32d52489780a6d1eaa"],
];

const hashing = { ...plainHashing, sha256: () => createHash("sha256") };

function passOver(bytes: Uint8Array, ranges: readonly TensorRange[] = [], step = 1 << 20) {
  const pass = new ContentPass(ranges, hashing);
  for (let at = 0; at < bytes.length; at += step) pass.push(bytes.subarray(at, at + step));
  return pass.finish();
}

for (const [length, xet] of references) {
  test(`the Xet hash of ${length} bytes is Hugging Face's own`, () => {
    const bytes = noiseBytes(length, length + 1);
    const digests = passOver(bytes);
    assert.equal(digests.xet, xet);
    assert.equal(toHex(digests.sha256), createHash("sha256").update(bytes).digest("hex"));
    assert.equal(passOver(bytes, [], 10_007).xet, xet);
  });
}

for (const [length, xet] of zeros) {
  test(`the Xet hash of ${length} zeros is Hugging Face's own, and its chunks tell nothing`, () => {
    const digests = passOver(new Uint8Array(length));
    assert.equal(digests.xet, xet);
    assert.equal(
      digests.chunks.some((chunk) => chunk.telling),
      false,
    );
  });
}

test("a tensor's digest does not depend on where in a file it lies", () => {
  const tensor = noiseBytes(700_000, 5);
  const alone = new ValueDigest("Q4_0", hashing);
  alone.push(tensor);
  const expected = toHex(alone.finish().exact);
  for (const before of [0, 1, 12_345, 200_000]) {
    const file = concatBytes(noiseBytes(before, 9), tensor, noiseBytes(99_999, 10));
    const ranges = [{ type: "Q4_0", offset: before, length: tensor.length }];
    assert.equal(toHex(passOver(file, ranges).tensors[0]!.exact), expected);
  }
});

function brainFloats(count: number, seed: number): { narrow: Uint8Array; wide: Uint8Array } {
  const noise = noiseOf(seed);
  const wide = new Uint32Array(Float32Array.from({ length: count }, () => noise.normal()).buffer);
  for (let i = 0; i < count; i += 1) wide[i]! &= 0xffff_0000;
  const narrow = Uint16Array.from(wide, (word) => word >>> 16);
  return { narrow: new Uint8Array(narrow.buffer), wide: new Uint8Array(wide.buffer) };
}

test("bf16 and its f32 copy have one value digest and two exact ones", () => {
  const { narrow, wide } = brainFloats(200_000, 3);
  const [a] = passOver(narrow, [{ type: "BF16", offset: 0, length: narrow.length }]).tensors;
  const [b] = passOver(wide, [{ type: "F32", offset: 0, length: wide.length }], 9_999).tensors;
  assert.equal(toHex(a!.values), toHex(b!.values));
  assert.equal(a!.form, b!.form);
  assert.notEqual(toHex(a!.exact), toHex(b!.exact));
});

test("one changed bit of one value changes the digest", () => {
  const { narrow } = brainFloats(50_000, 4);
  const ranges = [{ type: "BF16", offset: 0, length: narrow.length }];
  const before = toHex(passOver(narrow, ranges).tensors[0]!.values);
  narrow[77_777]! ^= 1;
  assert.notEqual(toHex(passOver(narrow, ranges).tensors[0]!.values), before);
});

test("halves, with subnormals and infinities, widen and narrow without loss", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 64 }), (raw) => {
      const halves = raw.subarray(0, raw.length & ~1);
      for (let i = 1; i < halves.length; i += 2) if ((halves[i]! & 0x7c) === 0x7c) halves[i] = 0x7c;
      for (let i = 1; i < halves.length; i += 2) if (halves[i] === 0x7c) halves[i - 1] = 0;
      const values = Float32Array.from({ length: halves.length / 2 }, (_, i) => {
        const bits = halves[2 * i]! | (halves[2 * i + 1]! << 8);
        const size = bits & 0x7fff;
        const exponent = size >> 10;
        const mantissa = size & 1023;
        const value =
          exponent === 31
            ? Number.POSITIVE_INFINITY
            : exponent === 0
              ? mantissa * 2 ** -24
              : (1024 + mantissa) * 2 ** (exponent - 25);
        return bits >> 15 === 1 ? -value : value;
      });
      const wide = new Uint8Array(values.buffer);
      const a = passOver(halves, [{ type: "F16", offset: 0, length: halves.length }]).tensors[0]!;
      const b = passOver(wide, [{ type: "F32", offset: 0, length: wide.length }]).tensors[0]!;
      assert.equal(b.form, "F16");
      assert.equal(toHex(a.values), toHex(b.values));
    }),
    { numRuns: process.env.SLOW === "1" ? 1000 : 50 },
  );
});

test("a fragment at an odd offset is found, with how much of the whole it is", () => {
  const whole = noiseBytes(3_000_000, 21);
  const set = chunkSetOf(passOver(whole).chunks);
  const carrier = concatBytes(noiseBytes(333_333, 22), whole.subarray(1_000_001, 2_500_001));
  const coverage = coverageOf(passOver(carrier).chunks, set);
  assert.ok(coverage.found > 1_200_000 && coverage.found < 1_500_000, String(coverage.found));
  assert.ok(coverage.firstOffset! >= 333_333);
  assert.equal(coverageOf(passOver(noiseBytes(2_000_000, 23)).chunks, set).found, 0);
});

test("a chunk set has one text, and any other is refused", () => {
  const set = chunkSetOf(passOver(noiseBytes(500_000, 30)).chunks);
  const text = encodeChunkSet(set);
  const back = parseChunkSet(text);
  assert.ok(!isRefused(back));
  assert.equal(encodeChunkSet(back), text);
  assert.ok(isRefused(parseChunkSet(`${text.slice(44)}${text.slice(0, 44)}`)));
  assert.ok(isRefused(parseChunkSet(text.slice(1))));
});
