/**
 * ggml's K blocks: 256 values in 8 or 16 runs, each with a small scale (and minimum) under a
 * binary16 scale of the whole block; and the ternary TQ blocks (ggml-quants.c).
 *
 * Bounds: values are coded to the nearest level of the *stored* scales, so a code inside the range
 * is within half a step. A code at an end of the range may stand for a value past it: the search
 * for the scale, and rounding it to 4 or 6 bits, can leave values outside.
 */
import { type BlockDecoder, floatRounding, halfAt, signed } from "./block.ts";

/**
 * How far past the end of its range a run's value may lie: in parts of the range (the scale search)
 * and in steps of the block's scale (a small scale rounds to a multiple of it). Measured against
 * ggml's own quantiser on Gaussian, heavy-tailed and sparse data, with a margin.
 */
const searchReach = 0.7;

function endSlack(step: number, levels: number, unit: number): number {
  return step * 0.5 + levels * (step * searchReach + unit * 0.75);
}

/** Q2_K: 16 runs of 16, 4 levels, scale and minimum of 4 bits. */
export const q2_k: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at + 80);
  const dmin = halfAt(bytes, at + 82);
  for (let i = 0; i < 256; i += 1) {
    const scales = bytes[at + (i >> 4)]!;
    const code = (bytes[at + 16 + (i >> 7) * 32 + (i & 31)]! >> (((i >> 5) & 3) * 2)) & 3;
    const step = d * (scales & 15);
    values[to + i] = step * code - dmin * (scales >> 4);
    if (slack === undefined) continue;
    const end = code === 0 || code === 3 || step === 0;
    const edge = 1.5 * endSlack(Math.abs(step), 3, Math.abs(d)) + 1.5 * Math.abs(dmin);
    slack[to + i] = end ? edge : Math.abs(step) * (0.5 + 64 * floatRounding);
  }
};

/** Scale of run `run`: 6 bits, 4 in one of eight bytes and 2 in one of four. */
function sixBitScale(bytes: Uint8Array, at: number, run: number): number {
  const low = (bytes[at + (run & 7)]! >> (run < 8 ? 0 : 4)) & 15;
  const high = (bytes[at + 8 + (run & 3)]! >> (2 * (run >> 2))) & 3;
  return (low | (high << 4)) - 32;
}

/**
 * Q3_K: 16 runs of 16, 8 levels around zero, signed scale of 6 bits; a set high bit means no −4.
 */
export const q3_k: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at + 108);
  for (let i = 0; i < 256; i += 1) {
    const step = d * sixBitScale(bytes, at + 96, i >> 4);
    const low = (bytes[at + 32 + (i >> 7) * 32 + (i & 31)]! >> (((i >> 5) & 3) * 2)) & 3;
    const high = (bytes[at + (i & 31)]! >> (i >> 5)) & 1;
    const level = low - (high === 1 ? 0 : 4);
    values[to + i] = step * level;
    if (slack === undefined) continue;
    const end = level === -4 || level === 3 || step === 0;
    const size = Math.abs(step);
    slack[to + i] = end ? endSlack(size, 4, Math.abs(d)) : size * (0.5 + 64 * floatRounding);
  }
};

/** Scale and minimum of run `run` of Q4_K and Q5_K, 6 bits each, from 12 bytes. */
function scaleOfRun(bytes: Uint8Array, at: number, run: number): number {
  if (run < 4) return bytes[at + run]! & 63;
  return (bytes[at + 4 + run]! & 15) | ((bytes[at + run - 4]! >> 6) << 4);
}

function minimumOfRun(bytes: Uint8Array, at: number, run: number): number {
  if (run < 4) return bytes[at + 4 + run]! & 63;
  return (bytes[at + 4 + run]! >> 4) | ((bytes[at + run]! >> 6) << 4);
}

function fourOrFive(bits: 4 | 5): BlockDecoder {
  const codes = bits === 4 ? 16 : 48;
  const highest = bits === 4 ? 15 : 31;
  return (bytes, at, values, to, slack) => {
    const d = halfAt(bytes, at);
    const dmin = halfAt(bytes, at + 2);
    for (let run = 0; run < 8; run += 1) {
      const step = d * scaleOfRun(bytes, at + 4, run);
      const minimum = dmin * minimumOfRun(bytes, at + 4, run);
      const inside = Math.abs(step) * (0.5 + 64 * floatRounding);
      const edge = endSlack(Math.abs(step), highest, Math.abs(d)) + Math.abs(dmin) * 0.75;
      for (let k = 0; k < 32; k += 1) {
        const byte = bytes[at + codes + (run >> 1) * 32 + k]!;
        let code = (run & 1) === 0 ? byte & 15 : byte >> 4;
        if (bits === 5) code |= ((bytes[at + 16 + k]! >> run) & 1) << 4;
        const i = to + run * 32 + k;
        values[i] = step * code - minimum;
        if (slack !== undefined) {
          const end = code === 0 || code === highest || step === 0;
          slack[i] = end ? edge : inside;
        }
      }
    }
  };
}

/** Q4_K: 8 runs of 32, 16 levels, scale and minimum of 6 bits. */
export const q4_k: BlockDecoder = fourOrFive(4);
/** Q5_K: like Q4_K with 32 levels. */
export const q5_k: BlockDecoder = fourOrFive(5);

/** Q6_K: 16 runs of 16, 64 levels around zero, signed scale of 8 bits. */
export const q6_k: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at + 208);
  for (let i = 0; i < 256; i += 1) {
    const half = i >> 7;
    const quarter = (i >> 5) & 3;
    const k = i & 31;
    const byte = bytes[at + half * 64 + (quarter & 1) * 32 + k]!;
    const low = quarter < 2 ? byte & 15 : byte >> 4;
    const high = (bytes[at + 128 + half * 32 + k]! >> (2 * quarter)) & 3;
    const level = (low | (high << 4)) - 32;
    const step = d * signed(bytes[at + 192 + (i >> 4)]!);
    values[to + i] = step * level;
    if (slack === undefined) continue;
    const end = level === -32 || level === 31 || step === 0;
    const size = Math.abs(step);
    slack[to + i] = end ? endSlack(size, 32, Math.abs(d)) : size * (0.5 + 128 * floatRounding);
  }
};

const float = new DataView(new ArrayBuffer(4));

/** Q8_K: a byte each under a binary32 scale. */
export const q8_k: BlockDecoder = (bytes, at, values, to, slack) => {
  for (let i = 0; i < 4; i += 1) float.setUint8(i, bytes[at + i]!);
  const d = float.getFloat32(0, true);
  for (let i = 0; i < 256; i += 1) {
    const level = signed(bytes[at + 4 + i]!);
    values[to + i] = d * level;
    const end = level === 127;
    if (slack !== undefined) slack[to + i] = Math.abs(d) * ((end ? 1 : 0.5) + 512 * floatRounding);
  }
};

const powersOfThree = [1, 3, 9, 27, 81];

/** The scale is the largest size, so each value is within half of it. */
function ternarySlack(d: number): number {
  return Math.abs(d) * (0.5 + 2 ** -10) + 2 ** -25;
}

/** TQ1_0: five ternary digits a byte, read by multiplying (ggml-quants.c). */
export const tq1_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at + 52);
  for (let i = 0; i < 256; i += 1) {
    const inLast = i >= 240;
    const wide = i < 160 ? 32 : inLast ? 4 : 16;
    const from = i < 160 ? 0 : inLast ? 48 : 32;
    const within = i < 160 ? i : inLast ? i - 240 : i - 160;
    const digit = Math.floor(within / wide);
    const byte = (bytes[at + from + (within % wide)]! * powersOfThree[digit]!) & 255;
    values[to + i] = d * (((byte * 3) >> 8) - 1);
    if (slack !== undefined) slack[to + i] = ternarySlack(d);
  }
};

/** TQ2_0: four ternary digits a byte, two bits each. */
export const tq2_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at + 64);
  for (let i = 0; i < 256; i += 1) {
    const code = (bytes[at + (i >> 7) * 32 + (i & 31)]! >> (((i >> 5) & 3) * 2)) & 3;
    values[to + i] = d * (code - 1);
    if (slack !== undefined) slack[to + i] = ternarySlack(d);
  }
};

/** Q2_0: 64 values of two bits, low ones first: −1, 0, 1 or 2 times the scale. */
export const q2_0: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let i = 0; i < 64; i += 1) {
    const code = (bytes[at + 2 + (i >> 2)]! >> ((i & 3) * 2)) & 3;
    values[to + i] = d * (code - 1);
    if (slack !== undefined) slack[to + i] = ternarySlack(d);
  }
};
