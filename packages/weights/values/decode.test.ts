import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type BlockType, blockSizes } from "../tensor.ts";
import { decodeBlocks, decodeValues } from "./decode.ts";

/**
 * First half of the SHA-256 of 64 blocks decoded to binary32 (every NaN written as 7), made with
 * ggml's own `to_float` and, but for Q1_0 which it lacks, confirmed bit for bit by gguf-py 0.19.0.
 * The blocks are xorshift32 bytes, seeded by the type's number in ggml.h.
 */
const references: readonly (readonly [BlockType, number, string])[] = [
  ["Q4_0", 2, "7d04ea554c6013395ae3999681cb54aa"],
  ["Q4_1", 3, "c2ece75778a64571bf24776d6e7164c0"],
  ["Q5_0", 6, "6cd89d70330a6c8a8ec5df5c315ceef5"],
  ["Q5_1", 7, "847acbb50a1c43a442535f3f79061aa8"],
  ["Q8_0", 8, "268112a976b539e48d23c4fcd5ede3fc"],
  ["Q2_K", 10, "c6c6248344c27e12bab89d3d88d78d47"],
  ["Q3_K", 11, "2e50bf7daffc3acb1a54fb6dab8590e0"],
  ["Q4_K", 12, "5f6abf1264918428d7b0706d17856c04"],
  ["Q5_K", 13, "477c961eabfa0063432034d74a3c95c6"],
  ["Q6_K", 14, "af70007de969b16ec06fcf02e611b6b8"],
  ["IQ2_XXS", 16, "048a24bc3b7902823c8295dae6956b46"],
  ["IQ2_XS", 17, "02e5073614357641158bad9fd6a0a9a4"],
  ["IQ3_XXS", 18, "9eb3f468d981ea43742bd5edaf9ec94a"],
  ["IQ1_S", 19, "237d63e0480edc7380e16924def097e8"],
  ["IQ4_NL", 20, "5586c95afdb32c9106694c2b55a145b5"],
  ["IQ3_S", 21, "7be3835fb902f1f18aa1166cbb126f8c"],
  ["IQ2_S", 22, "758924fcab258846a736ee6667838b0c"],
  ["IQ4_XS", 23, "a6d0c9c5b0252f3140d438f73a2b24ac"],
  ["IQ1_M", 29, "60e012d6902741e811be062e5291bab8"],
  ["TQ1_0", 34, "7342ab611ebaa9e89534c55e846685c3"],
  ["TQ2_0", 35, "fd7bd45774830aefb27d1bb214c9810f"],
  ["MXFP4", 39, "60add239d71d3a080bc85745893eeb05"],
  ["NVFP4", 40, "89234008a1085f698e5d426b9785e4b5"],
  ["Q1_0", 41, "386b58b059a250415c4a6717e54a7a4e"],
];

function noise(length: number, seed: number): Uint8Array {
  let x = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    x = (x ^ (x << 13)) >>> 0;
    x = (x ^ (x >>> 17)) >>> 0;
    x = (x ^ (x << 5)) >>> 0;
    return x & 255;
  });
}

for (const [type, number, reference] of references) {
  test(`${type} decodes as ggml does, bit for bit`, () => {
    const size = blockSizes[type];
    const values = new Float32Array(64 * size.values);
    decodeBlocks(type, noise(64 * size.bytes, 12345 + number), values);
    const plain = values.map((value) => (Number.isNaN(value) ? 7 : value));
    const digest = createHash("sha256").update(new Uint8Array(plain.buffer)).digest("hex");
    assert.equal(digest.slice(0, 32), reference);
  });
}

test("Q8_K and Q8_1, which ggml only uses inside a product, decode to scale times byte", () => {
  const wide = new Uint8Array(292);
  new DataView(wide.buffer).setFloat32(0, 0.125, true);
  wide[4] = 0x80;
  wide[259] = 3;
  const values = new Float32Array(256);
  decodeBlocks("Q8_K", wide, values);
  assert.deepEqual([values[0], values[255]], [-16, 0.375]);
  const narrow = new Uint8Array(36);
  narrow[1] = 0x3c;
  narrow[35] = 0xff;
  const few = new Float32Array(32);
  decodeBlocks("Q8_1", narrow, few);
  assert.deepEqual([few[0], few[31]], [0, -1]);
});

test("small floats decode exactly at their edges", () => {
  const read = (type: Parameters<typeof decodeValues>[0], ...bytes: number[]) =>
    decodeValues(type, Uint8Array.from(bytes), 1)[0];
  assert.equal(read("F16", 0x01, 0x00), 2 ** -24);
  assert.equal(read("F16", 0xff, 0x7b), 65504);
  assert.equal(read("F16", 0x00, 0xfc), Number.NEGATIVE_INFINITY);
  assert.equal(read("BF16", 0x80, 0x3f), 1);
  assert.equal(read("F8_E4M3", 0x7e), 448);
  assert.equal(read("F8_E4M3", 0x7f), Number.NaN);
  assert.equal(read("F8_E4M3", 0x01), 2 ** -9);
  assert.equal(read("F8_E5M2", 0x7b), 57344);
  assert.equal(read("F8_E5M2", 0x7c), Number.POSITIVE_INFINITY);
  assert.equal(read("F8_E4M3FNUZ", 0x7f), 240);
  assert.equal(read("F8_E4M3FNUZ", 0x80), Number.NaN);
  assert.equal(read("F8_E5M2FNUZ", 0x7f), 57344);
  assert.equal(read("F8_E8M0", 0), 2 ** -127);
  assert.equal(read("F8_E8M0", 254), 2 ** 127);
  assert.equal(read("F4", 0x07), 6);
  assert.equal(read("F6_E2M3", 0x1f), 7.5);
  assert.equal(read("F6_E3M2", 0x1f), 28);
});

test("integers, booleans and packed nibbles decode in order", () => {
  const bytes = Uint8Array.of(0xf1, 0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assert.deepEqual([...decodeValues("I4", bytes, 4)], [1, -1, 2, -8]);
  assert.deepEqual([...decodeValues("U4", bytes, 4)], [1, 15, 2, 8]);
  assert.deepEqual([...decodeValues("I2", bytes, 4)], [1, 0, -1, -1]);
  assert.deepEqual([...decodeValues("BOOL", bytes, 2)], [1, 1]);
  assert.deepEqual([...decodeValues("I16", bytes, 1)], [-0x7d0f]);
  assert.deepEqual([...decodeValues("U32", bytes, 2)], [0xffff82f1, 0xffffffff]);
  assert.deepEqual([...decodeValues("I64", bytes, 1)], [-0x7d0f]);
});
