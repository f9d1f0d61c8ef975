/**
 * ggml's IQ blocks: 256 values as points of a codebook under small scales (ggml-quants.c).
 *
 * Bounds: a codebook has no steps, and which point an honest quantiser takes depends on its
 * importance matrix. The bound is a multiple of the run's scale, measured against ggml's own
 * quantiser on Gaussian, heavy-tailed and sparse data, with a margin: calibrated, not proven.
 */
import { type BlockDecoder, halfAt, wordAt } from "./block.ts";
import {
  evenSigns,
  iq1sGrid,
  iq2sGrid,
  iq2xsGrid,
  iq2xxsGrid,
  iq3sGrid,
  iq3xxsGrid,
} from "./codebooks.ts";
import { unevenLevels, unevenSlack } from "./ggml-plain.ts";

/**
 * Largest error seen, in units of a run's scale, with a margin; `unit` is the block's own scale.
 */
const reach = { iq2: 160, iq3xxs: 80, iq3s: 14, iq1: 7 } as const;

/** Writes `count` coordinates of one point, times `scale`, with signs where a bit is set. */
function writePoint(
  point: { readonly grid: Int8Array; readonly index: number; readonly count: 4 | 8 },
  scale: number,
  signs: number,
  values: Float32Array,
  to: number,
): void {
  for (let k = 0; k < point.count; k += 1) {
    const size = scale * point.grid[point.index * point.count + k]!;
    values[to + k] = ((signs >> k) & 1) === 1 ? -size : size;
  }
}

function fillSlack(slack: Float32Array | undefined, from: number, count: number, bound: number) {
  if (slack !== undefined) slack.fill(Math.abs(bound), from, from + count);
}

/** IQ2_XXS: 8 runs of 32; a word of four indices, a word of four 7-bit signs and a 4-bit scale. */
export const iq2_xxs: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let run = 0; run < 8; run += 1) {
    const from = at + 2 + run * 8;
    const word = wordAt(bytes, from + 4);
    const scale = d * (0.5 + (word >>> 28)) * 0.25;
    for (let part = 0; part < 4; part += 1) {
      const signs = evenSigns[(word >>> (7 * part)) & 127]!;
      const point = { grid: iq2xxsGrid, index: bytes[from + part]!, count: 8 } as const;
      writePoint(point, scale, signs, values, to + run * 32 + part * 8);
    }
    fillSlack(slack, to + run * 32, 32, (Math.abs(scale) + Math.abs(d) * 0.25) * reach.iq2);
  }
};

/** IQ2_XS: 9-bit indices with 7-bit signs, a 4-bit scale for each 16 values. */
export const iq2_xs: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let part = 0; part < 32; part += 1) {
    const word = bytes[at + 2 + 2 * part]! | (bytes[at + 3 + 2 * part]! << 8);
    const scales = bytes[at + 66 + (part >> 2)]!;
    const scale = d * (0.5 + ((part & 2) === 0 ? scales & 15 : scales >> 4)) * 0.25;
    const point = { grid: iq2xsGrid, index: word & 511, count: 8 } as const;
    writePoint(point, scale, evenSigns[word >> 9]!, values, to + part * 8);
    fillSlack(slack, to + part * 8, 8, (Math.abs(scale) + Math.abs(d) * 0.25) * reach.iq2);
  }
};

/** IQ2_S: 10-bit indices, 8-bit signs, a 4-bit scale for each 16 values. */
export const iq2_s: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let part = 0; part < 32; part += 1) {
    const high = (bytes[at + 66 + (part >> 2)]! >> (2 * (part & 3))) & 3;
    const scales = bytes[at + 74 + (part >> 2)]!;
    const scale = d * (0.5 + ((part & 2) === 0 ? scales & 15 : scales >> 4)) * 0.25;
    const index = bytes[at + 2 + part]! | (high << 8);
    const point = { grid: iq2sGrid, index, count: 8 } as const;
    writePoint(point, scale, bytes[at + 34 + part]!, values, to + part * 8);
    fillSlack(slack, to + part * 8, 8, (Math.abs(scale) + Math.abs(d) * 0.25) * reach.iq2);
  }
};

/** IQ3_XXS: indices of 4 values, then signs and scales as in IQ2_XXS. */
export const iq3_xxs: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let run = 0; run < 8; run += 1) {
    const word = wordAt(bytes, at + 66 + run * 4);
    const scale = d * (0.5 + (word >>> 28)) * 0.5;
    for (let part = 0; part < 8; part += 1) {
      const signs = evenSigns[(word >>> (7 * (part >> 1))) & 127]! >> (4 * (part & 1));
      const index = bytes[at + 2 + run * 8 + part]!;
      const point = { grid: iq3xxsGrid, index, count: 4 } as const;
      writePoint(point, scale, signs, values, to + run * 32 + part * 4);
    }
    fillSlack(slack, to + run * 32, 32, (Math.abs(scale) + Math.abs(d) * 0.5) * reach.iq3xxs);
  }
};

/** IQ3_S: 9-bit indices of 4 values, 8-bit signs, a 4-bit scale for each 32 values. */
export const iq3_s: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let run = 0; run < 8; run += 1) {
    const scales = bytes[at + 106 + (run >> 1)]!;
    const scale = d * (1 + 2 * ((run & 1) === 0 ? scales & 15 : scales >> 4));
    for (let part = 0; part < 8; part += 1) {
      const high = (bytes[at + 66 + run]! >> part) & 1;
      const index = bytes[at + 2 + run * 8 + part]! | (high << 8);
      const signs = bytes[at + 74 + run * 4 + (part >> 1)]! >> (4 * (part & 1));
      const point = { grid: iq3sGrid, index, count: 4 } as const;
      writePoint(point, scale, signs, values, to + run * 32 + part * 4);
    }
    fillSlack(slack, to + run * 32, 32, (Math.abs(scale) + Math.abs(d) * 2) * reach.iq3s);
  }
};

/** Ternary points are moved by an eighth up or down. */
const shift = 0.125;

function writeTernary(
  index: number,
  scale: number,
  moved: number,
  values: Float32Array,
  to: number,
) {
  for (let k = 0; k < 8; k += 1) values[to + k] = scale * (iq1sGrid[index * 8 + k]! + moved);
}

/** IQ1_S: 11-bit indices of 8 values; a 3-bit scale and the shift's sign for each 32. */
export const iq1_s: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  for (let run = 0; run < 8; run += 1) {
    const word = bytes[at + 34 + 2 * run]! | (bytes[at + 35 + 2 * run]! << 8);
    const scale = d * (2 * ((word >> 12) & 7) + 1);
    const moved = (word & 0x8000) === 0 ? shift : -shift;
    for (let part = 0; part < 4; part += 1) {
      const index = bytes[at + 2 + run * 4 + part]! | (((word >> (3 * part)) & 7) << 8);
      writeTernary(index, scale, moved, values, to + run * 32 + part * 8);
    }
    fillSlack(slack, to + run * 32, 32, (Math.abs(scale) + Math.abs(d) * 2) * reach.iq1);
  }
};

/** IQ1_M: like IQ1_S, the block's scale spread over the top four bits of four scale words. */
export const iq1_m: BlockDecoder = (bytes, at, values, to, slack) => {
  const nibble = (i: number) => bytes[at + 49 + 2 * i]! >> 4;
  const bits = nibble(0) | (nibble(1) << 4) | (nibble(2) << 8) | (nibble(3) << 12);
  const d = halfAt(Uint8Array.of(bits & 255, bits >> 8), 0);
  for (let part = 0; part < 32; part += 1) {
    const high = bytes[at + 32 + (part >> 1)]! >> (4 * (part & 1));
    const word = bytes[at + 48 + 2 * (part >> 3)]! | (bytes[at + 49 + 2 * (part >> 3)]! << 8);
    const scale = d * (2 * ((word >> (3 * ((part >> 1) & 3))) & 7) + 1);
    const moved = (high & 8) === 0 ? shift : -shift;
    const index = bytes[at + part]! | ((high & 7) << 8);
    writeTernary(index, scale, moved, values, to + part * 8);
    fillSlack(slack, to + part * 8, 8, (Math.abs(scale) + Math.abs(d) * 2) * reach.iq1);
  }
};

/** IQ4_XS: 8 runs of 32 with the levels of IQ4_NL and a signed scale of 6 bits. */
export const iq4_xs: BlockDecoder = (bytes, at, values, to, slack) => {
  const d = halfAt(bytes, at);
  const highs = bytes[at + 2]! | (bytes[at + 3]! << 8);
  for (let run = 0; run < 8; run += 1) {
    const low = (bytes[at + 4 + (run >> 1)]! >> (4 * (run & 1))) & 15;
    const scale = d * ((low | (((highs >> (2 * run)) & 3) << 4)) - 32);
    for (let k = 0; k < 32; k += 1) {
      const byte = bytes[at + 8 + run * 16 + (k & 15)]!;
      const code = k < 16 ? byte & 15 : byte >> 4;
      const i = to + run * 32 + k;
      values[i] = scale * unevenLevels[code]!;
      // The scale is itself rounded to a multiple of d: the ends may miss by most of one.
      if (slack !== undefined) slack[i] = unevenSlack(scale, code) + Math.abs(d) * 96;
    }
  }
};
