/**
 * ggml's simple blocks: 32 values (64 for NVFP4, 128 for Q1_0) with one scale, sometimes a minimum
 * (ggml-quants.c `dequantize_row_*`). All arithmetic here is exact in binary32 or rounds once.
 */
import {
  type BlockDecoder,
  floatRounding,
  halfAt,
  halfRounding,
  halfSmallest,
  signed,
  wordAt,
} from "./block.ts";
import { smallFloatTable } from "./small-floats.ts";

/**
 * How far past the ends of its range the scale search of an importance matrix may leave a value, in
 * parts of the range. Measured against ggml's own quantiser on Gaussian, heavy-tailed, sparse and
 * shifted data, with a margin.
 */
const searchReach = 0.5;

/**
 * In parts of a step: nearest level, and what fitting the scale again after choosing the codes
 * (`make_qx_quants`) may add for the 4- and 5-bit types. Measured likewise.
 */
const nearest = 0.5;
const refitted = 0.95;

/**
 * Bound of a uniform code: half a step and what rounding the stored scale moved the level by. At an
 * end of the range (`past` levels wide) values may have been clipped.
 */
function uniformSlack(step: number, level: number, past: number, reach = refitted): number {
  const size = Math.abs(step);
  const moved = Math.abs(level) * (size * halfRounding + halfSmallest);
  const inside = size * (reach + 16 * floatRounding) * (1 + 2 * halfRounding) + moved;
  return inside + past * searchReach * size;
}

/** Q4_0: 16 levels around zero, d·(q − 8). The scale puts the largest value on code 0. */
export const q4_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 2 + (i & 15)]!;
    const level = (i < 16 ? byte & 15 : byte >> 4) - 8;
    values[to + i] = d * level;
    if (slack !== undefined)
      slack[to + i] = uniformSlack(d, level, level === 7 || level === -8 ? 8 : 0);
  }
};

/** Q4_1: 16 levels from the minimum, d·q + m. */
export const q4_1: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  const m = halfAt(bytes, at + 2);
  const moved = Math.abs(m) * halfRounding + halfSmallest;
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 4 + (i & 15)]!;
    const level = i < 16 ? byte & 15 : byte >> 4;
    values[to + i] = d * level + m;
    if (slack !== undefined)
      slack[to + i] = uniformSlack(d, level, level % 15 === 0 ? 15 : 0) + moved;
  }
};

/** Q5_0: 32 levels around zero; the fifth bits lie in one word. */
export const q5_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  const high = wordAt(bytes, at + 2);
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 6 + (i & 15)]!;
    const level = ((i < 16 ? byte & 15 : byte >> 4) | (((high >>> i) & 1) << 4)) - 16;
    values[to + i] = d * level;
    if (slack !== undefined)
      slack[to + i] = uniformSlack(d, level, level === 15 || level === -16 ? 16 : 0);
  }
};

/** Q5_1: 32 levels from the minimum. */
export const q5_1: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  const m = halfAt(bytes, at + 2);
  const high = wordAt(bytes, at + 4);
  const moved = Math.abs(m) * halfRounding + halfSmallest;
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 8 + (i & 15)]!;
    const level = (i < 16 ? byte & 15 : byte >> 4) | (((high >>> i) & 1) << 4);
    values[to + i] = d * level + m;
    if (slack !== undefined)
      slack[to + i] = uniformSlack(d, level, level % 31 === 0 ? 31 : 0) + moved;
  }
};

function eightBits(scaleBytes: number): BlockDecoder {
  return (bytes, at, values, to, slack) => {
    const d = halfAt(bytes, at);
    for (let i = 0; i < 32; i += 1) {
      const level = signed(bytes[at + scaleBytes + i]!);
      values[to + i] = d * level;
      if (slack !== undefined) slack[to + i] = uniformSlack(d, level, 0, nearest);
    }
  };
}

/** Q8_0: a byte each; symmetric, never clipped. */
export const q8_0: BlockDecoder = eightBits(2);
/** Q8_1: like Q8_0 with a stored sum that decoding does not need. */
export const q8_1: BlockDecoder = eightBits(4);

/** Q1_0: the sign of 128 values times their mean size. */
export const q1_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let i = 0; i < 128; i += 1) {
    const up = ((bytes[at + 2 + (i >> 3)]! >> (i & 7)) & 1) === 1;
    values[to + i] = up ? d : -d;
    // The mean of 128 sizes is d, so no single size can be over 128·d.
    if (slack !== undefined) slack[to + i] = Math.abs(d) * 127 * (1 + 2 * halfRounding);
  }
};

/** Levels of IQ4_NL and IQ4_XS (ggml-common.h `kvalues_iq4nl`). */
export const unevenLevels: Int8Array = Int8Array.of(
  ...[-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
);

/** Half the gap to the nearer end of each level's cell; the ends reach as far as the search may. */
const unevenReach: Float32Array = Float32Array.from(unevenLevels, (level, code) => {
  const below = code === 0 ? 0 : (level - unevenLevels[code - 1]!) / 2;
  const above = code === 15 ? 0 : (unevenLevels[code + 1]! - level) / 2;
  return Math.max(below, above);
});

/**
 * How far past an end level the scale search may leave a value, in units of the scale: the search
 * tries scales down to max / (127 + 7), measured on Gaussian and heavy-tailed data with a margin.
 */
const unevenOvershoot = 48;

/** Bound of a value coded by {@link unevenLevels} under `scale`. */
export function unevenSlack(scale: number, code: number): number {
  const reach = unevenReach[code]! + (code === 0 || code === 15 ? unevenOvershoot : 0);
  return Math.abs(scale) * (reach + 128 * 2 * halfRounding) + 128 * halfSmallest;
}

/** IQ4_NL: 16 uneven levels. */
export const iq4_nl: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 2 + (i & 15)]!;
    const code = i < 16 ? byte & 15 : byte >> 4;
    values[to + i] = d * unevenLevels[code]!;
    if (slack !== undefined) slack[to + i] = unevenSlack(d, code);
  }
};

/** E2M1; ggml has no negative zero there. */
const fourBitFloats: Float32Array = smallFloatTable("F4").map((value) => value + 0);

/**
 * Bound of an E2M1 value under `scale`: half the gap around the level, and past the last level 6
 * what the scale's own rounding leaves out (`overshoot`, in units of the scale).
 */
function floatSlack(scale: number, level: number, overshoot: number): number {
  const size = Math.abs(level);
  const reach = size < 2 ? 0.25 : size < 4 ? 0.5 : size < 6 ? 1 : Math.max(1, overshoot);
  return scale * (reach + 16 * floatRounding);
}

const powers = smallFloatTable("F8_E8M0");

/**
 * MXFP4: 32 E2M1 values under a power of two. The scale is 2^floor(log2 max) / 4, so the largest
 * value may be just under 8 scales and is coded 6. Byte 255, a NaN in OCP MX, is 2^128 to ggml.
 */
export const mxfp4: BlockDecoder = (bytes, at, values, to, slack) => {
  const exponent = bytes[at]!;
  const d = exponent === 255 ? 2 ** 128 : powers[exponent]!;
  for (let i = 0; i < 32; i += 1) {
    const byte = bytes[at + 1 + (i & 15)]!;
    const level = fourBitFloats[i < 16 ? byte & 15 : byte >> 4]!;
    values[to + i] = d * level;
    if (slack !== undefined) slack[to + i] = floatSlack(d, level, 2);
  }
};

const scalesOfFour = smallFloatTable("F8_E4M3");

/**
 * NVFP4: four runs of 16 E2M1 values, each under an unsigned E4M3 scale (byte 127 is 0; ggml's
 * decoder passes over the sign bit, and so reads byte 255 as 480).
 */
export const nvfp4: BlockDecoder = (bytes, at, values, to, slack) => {
  for (let i = 0; i < 64; i += 1) {
    const run = i >> 4;
    const scaleBits = bytes[at + run]!;
    const scale = scaleBits === 127 ? 0 : scaleBits === 255 ? 480 : scalesOfFour[scaleBits & 127]!;
    const byte = bytes[at + 4 + run * 8 + (i & 7)]!;
    const level = fourBitFloats[(i & 15) < 8 ? byte & 15 : byte >> 4]!;
    values[to + i] = scale * level;
    // The scale is max / 6 to 3 bits; when it rounds to 0 the values were under 6 · 2^-10.
    if (slack !== undefined) slack[to + i] = Math.max(floatSlack(scale, level, 1), 6 * 2 ** -10);
  }
};
