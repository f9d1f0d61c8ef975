/**
 * Models made up for tests and benches: shaped like a transformer of the Llama family, with the
 * structure that makes real ones hard to tell apart. Word tables of two seeds share their geometry
 * (they speak one language), columns have outliers, norms are near one, and rows differ in size.
 */
import { blockSizes } from "../tensor.ts";
import { decodeBlocks } from "../values/decode.ts";
import type { Weight } from "../values/weight.ts";
import { type Noise, noiseOf } from "./noise.ts";

/** A tensor held in memory as numbers; `type` is what it is stored as. */
export type MadeTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
  readonly values: Float32Array;
  /** Stored blocks, for the quantised types. */
  readonly blocks?: Uint8Array;
};

export type MadeModel = readonly MadeTensor[];

export type MadeConfig = {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly groups: number;
};

export const smallConfig: MadeConfig = {
  ...{ vocabulary: 1000, hidden: 128, inner: 352, layers: 4, heads: 4, groups: 2 },
};

/** Latent dimensions in which all seeds agree on the words. */
const sharedDimensions = 24;

function matrix(noise: Noise, rows: number, columns: number): Float32Array {
  const outliers = Float32Array.from({ length: columns }, () =>
    noise.uniform() < 0.02 ? 4 + 4 * noise.uniform() : 1,
  );
  const values = new Float32Array(rows * columns);
  const scale = 1 / Math.sqrt(columns);
  for (let row = 0; row < rows; row += 1) {
    const size = scale * (0.6 + 0.8 * noise.uniform());
    for (let column = 0; column < columns; column += 1) {
      values[row * columns + column] = size * outliers[column]! * noise.normal();
    }
  }
  return values;
}

/** A word table: shared latent places, turned by the seed's own random map, plus its own noise. */
function wordTable(noise: Noise, { vocabulary, hidden }: MadeConfig): Float32Array {
  const language = noiseOf(77);
  const map = matrix(noise, sharedDimensions, hidden);
  const values = new Float32Array(vocabulary * hidden);
  for (let word = 0; word < vocabulary; word += 1) {
    const common = 0.3 + 2 / Math.sqrt(1 + word);
    for (let k = 0; k < sharedDimensions; k += 1) {
      const place = language.normal();
      for (let column = 0; column < hidden; column += 1) {
        values[word * hidden + column]! += 0.05 * place * map[k * hidden + column]! * common;
      }
    }
    for (let column = 0; column < hidden; column += 1) {
      values[word * hidden + column]! += 0.02 * common * noise.normal();
    }
  }
  return values;
}

function norm(noise: Noise, length: number): Float32Array {
  return Float32Array.from({ length }, () => 1 + 0.15 * noise.normal());
}

/** Makes a model from a seed. Two seeds of one config are two independent trainings. */
export function makeModel(config: MadeConfig, seed: number, type = "BF16"): MadeModel {
  const noise = noiseOf(seed * 7919 + 13);
  const { vocabulary, hidden, inner, layers } = config;
  const keys = (hidden / config.heads) * config.groups;
  const tensors: MadeTensor[] = [];
  const add = (name: string, shape: number[], values: Float32Array) =>
    tensors.push(stored(name, shape, values, type));
  add("model.embed_tokens.weight", [vocabulary, hidden], wordTable(noise, config));
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `model.layers.${layer}`;
    add(`${at}.input_layernorm.weight`, [hidden], norm(noise, hidden));
    add(`${at}.self_attn.q_proj.weight`, [hidden, hidden], matrix(noise, hidden, hidden));
    add(`${at}.self_attn.k_proj.weight`, [keys, hidden], matrix(noise, keys, hidden));
    add(`${at}.self_attn.v_proj.weight`, [keys, hidden], matrix(noise, keys, hidden));
    add(`${at}.self_attn.o_proj.weight`, [hidden, hidden], matrix(noise, hidden, hidden));
    add(`${at}.post_attention_layernorm.weight`, [hidden], norm(noise, hidden));
    add(`${at}.mlp.gate_proj.weight`, [inner, hidden], matrix(noise, inner, hidden));
    add(`${at}.mlp.up_proj.weight`, [inner, hidden], matrix(noise, inner, hidden));
    add(`${at}.mlp.down_proj.weight`, [hidden, inner], matrix(noise, hidden, inner));
  }
  add("model.norm.weight", [hidden], norm(noise, hidden));
  add("lm_head.weight", [vocabulary, hidden], matrix(noise, vocabulary, hidden));
  return tensors;
}

/** A tensor whose values are rounded to what its type can hold. */
export function stored(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  type: string,
): MadeTensor {
  if (type === "Q8_0" || type === "Q4_0") {
    if (values.length % blockSizes[type].values === 0) return quantised(name, shape, values, type);
    // As converters do with what does not fill whole blocks.
    return { name, shape, type: "F16", values: rounded(values, "F16") };
  }
  return { name, shape, type, values: rounded(values, type) };
}

const mantissas: { readonly [type: string]: readonly [number, number, number] } = {
  F16: [10, -14, 65_504],
  BF16: [7, -126, 3.38e38],
  F8_E4M3: [3, -6, 448],
  F8_E5M2: [2, -14, 57_344],
};

/** Rounds to the nearest value of a float type, ties to even, clipping to its largest. */
export function rounded(values: Float32Array, type: string): Float32Array {
  const form = mantissas[type];
  if (form === undefined) return Float32Array.from(values);
  const [bits, lowest, most] = form;
  return values.map((value) => {
    if (value === 0) return 0;
    const exponent = Math.max(lowest, Math.floor(Math.log2(Math.abs(value))));
    const unit = 2 ** (exponent - bits);
    const steps = value / unit;
    const down = Math.floor(steps);
    const up = steps - down > 0.5 || (steps - down === 0.5 && down % 2 !== 0);
    return Math.max(-most, Math.min(most, (down + (up ? 1 : 0)) * unit));
  });
}

/** Bits of a binary16 number that is exact. */
function halfOf(value: number): { readonly bits: number; readonly value: number } {
  const exact = rounded(Float32Array.of(value), "F16")[0]!;
  if (exact === 0) return { bits: 0, value: 0 };
  const size = Math.abs(exact);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = Math.round(size / 2 ** (exponent - 10));
  const bits = steps < 1024 ? steps : ((exponent + 15) << 10) | (steps - 1024);
  return { bits: exact < 0 ? bits | 0x8000 : bits, value: exact };
}

/** Quantises as ggml's reference does for its two simplest types. */
function quantised(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  type: "Q8_0" | "Q4_0",
): MadeTensor {
  const size = blockSizes[type];
  const blocks = new Uint8Array((values.length / size.values) * size.bytes);
  for (let at = 0, out = 0; at < values.length; at += size.values, out += size.bytes) {
    const run = values.subarray(at, at + size.values);
    const most = run.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    const step = type === "Q8_0" ? Math.abs(most) / 127 : most / -8;
    const { bits } = halfOf(step);
    blocks[out] = bits & 255;
    blocks[out + 1] = bits >> 8;
    for (let i = 0; i < 32; i += 1) {
      const level = step === 0 ? 0 : run[i]! / step;
      if (type === "Q8_0") blocks[out + 2 + i] = Math.round(level) & 255;
      else {
        const code = Math.min(15, Math.floor(level + 8.5));
        blocks[out + 2 + (i & 15)]! |= i < 16 ? code : code << 4;
      }
    }
  }
  const decoded = new Float32Array(values.length);
  decodeBlocks(type, blocks, decoded);
  return { name, shape, type, values: decoded, blocks };
}

/** The model as weights that can be read; reads may be counted. */
export function weightsIn(model: MadeModel, count?: (bytes: number) => void): readonly Weight[] {
  return model.map((tensor) => {
    const { name, shape, type, values, blocks } = tensor;
    return {
      ...{ name, shape, type },
      elements: values.length,
      quantised: blocks !== undefined,
      read(from: number, length: number) {
        count?.(length * 2);
        const run = values.subarray(from, from + length);
        if (blocks === undefined) return { values: run };
        return { values: run, slack: slackOf(type as "Q8_0" | "Q4_0", blocks, from, length) };
      },
    };
  });
}

function slackOf(type: "Q8_0" | "Q4_0", blocks: Uint8Array, from: number, length: number) {
  const size = blockSizes[type];
  const first = Math.floor(from / size.values);
  const last = Math.ceil((from + length) / size.values);
  const values = new Float32Array((last - first) * size.values);
  const slack = new Float32Array(values.length);
  decodeBlocks(type, blocks.subarray(first * size.bytes, last * size.bytes), values, { slack });
  return slack.slice(from - first * size.values, from - first * size.values + length);
}
