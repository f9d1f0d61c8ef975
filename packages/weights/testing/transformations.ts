/** What is done to models to make them look like something else; and what must be said of each. */
import type { Verdict } from "../ladder/verdict.ts";
import {
  fused,
  gatesMoved,
  isKind,
  isMatrix,
  layerOf,
  padded,
  permuteHeads,
  permuteHidden,
  permuteResidual,
  rotaryOrder,
  rotateResidual,
  scaledUnits,
  shuffled,
  transposed,
  withValues,
} from "./disguises.ts";
import { asymmetric, levelled, normalFloat, symmetric } from "./levels.ts";
import { type MadeConfig, type MadeModel, type MadeTensor, rounded } from "./model.ts";
import { type Noise, noiseOf } from "./noise.ts";

export type Transformation = {
  readonly name: string;
  /** Verdicts that are right. The first is the best. */
  readonly right: readonly Verdict[];
  apply(model: MadeModel, config: MadeConfig, noise: Noise): MadeModel;
};

type Change = (tensor: MadeTensor, noise: Noise) => MadeTensor;

function each(change: Change): Transformation["apply"] {
  return (model, _config, noise) => model.map((tensor) => change(tensor, noise));
}

function as(type: string): Transformation["apply"] {
  return each((tensor) => withValues(tensor, tensor.values, isMatrix(tensor) ? type : "F32"));
}

/** Adds noise of a given size relative to the tensor's own. */
function noisy(part: number, kind: "training" | "noise"): Transformation["apply"] {
  return each((tensor, noise) => {
    const size = Math.sqrt(
      tensor.values.reduce((sum, value) => sum + value * value, 0) / tensor.values.length,
    );
    const values = tensor.values.map((value) => {
      const local = kind === "training" ? 0.5 * (size + Math.abs(value)) : size;
      return value + part * local * noise.normal();
    });
    return withValues(tensor, values);
  });
}

function lowRank(tensor: MadeTensor, noise: Noise, rank: number, part: number): MadeTensor {
  const [rows, columns] = tensor.shape as [number, number];
  const left = Float32Array.from({ length: rows * rank }, () => noise.normal());
  const right = Float32Array.from({ length: rank * columns }, () => noise.normal());
  const size = (part * Math.abs(tensor.values[1]! || 0.05)) / Math.sqrt(rank);
  const values = Float32Array.from(tensor.values);
  for (let row = 0; row < rows; row += 1) {
    for (let k = 0; k < rank; k += 1) {
      const factor = size * left[row * rank + k]!;
      for (let column = 0; column < columns; column += 1) {
        values[row * columns + column]! += factor * right[k * columns + column]!;
      }
    }
  }
  return withValues(tensor, values);
}

function rounding(group: number, round: (group: Float32Array) => void, type: string) {
  return each((tensor) => levelled(tensor, { group, round, type }));
}

function pruned(tensor: MadeTensor, part: number): MadeTensor {
  if (!isMatrix(tensor)) return tensor;
  const sizes = tensor.values.map(Math.abs).sort();
  const least = sizes[Math.floor(part * sizes.length)]!;
  return { ...tensor, values: tensor.values.map((value) => (Math.abs(value) < least ? 0 : value)) };
}

function twoOfFour(tensor: MadeTensor): MadeTensor {
  if (!isMatrix(tensor)) return tensor;
  const values = Float32Array.from(tensor.values);
  for (let at = 0; at + 4 <= values.length; at += 4) {
    const order = [0, 1, 2, 3].sort(
      (a, b) => Math.abs(values[at + a]!) - Math.abs(values[at + b]!),
    );
    values[at + order[0]!] = 0;
    values[at + order[1]!] = 0;
  }
  return { ...tensor, values };
}

function renamed(model: MadeModel): MadeModel {
  return model.map((tensor, i) => ({ ...tensor, name: `t${i}` }));
}

function mixed(model: MadeModel, noise: Noise): MadeModel {
  return shuffled(model.length, noise).map((index) => model[index]!);
}

/** Values of the same spread that have nothing to do with the tensor's. */
function strangerTo(tensor: MadeTensor, noise: Noise): MadeTensor {
  const values = shuffled(tensor.values.length, noise).map((from) => tensor.values[from]!);
  const signed = Float32Array.from(values, (value) => value * (noise.uniform() < 0.5 ? 1 : -1));
  return { ...tensor, name: `other.${tensor.name}`, values: signed };
}

/** One row of values, whatever its axes were. */
function flattened(tensor: MadeTensor): MadeTensor {
  return { ...tensor, shape: [tensor.values.length] };
}

/** The tensors that lie, for the most part, in the first half of the values. */
function firstShard(model: MadeModel): MadeModel {
  const total = model.reduce((sum, { values }) => sum + values.length, 0);
  let before = 0;
  return model.filter(({ values }) => {
    before += values.length;
    return before - values.length / 2 <= total / 2;
  });
}

const then =
  (...steps: readonly Transformation["apply"][]): Transformation["apply"] =>
  (model, config, noise) =>
    steps.reduce((made, step) => step(made, config, noise), model);

const pad: Transformation["apply"] = (model, _config, noise) => padded(model, 24, () => 0, noise);
const turnKernels: Transformation["apply"] = (model) =>
  model.map((t) => (isMatrix(t) && !isKind(t, "embed") ? transposed(t) : t));

/** Everything that is tried on every model. */
export const transformations: readonly Transformation[] = [
  { name: "renamed", right: ["same-values"], apply: renamed },
  { name: "reordered", right: ["same-values"], apply: (m, _c, noise) => mixed(renamed(m), noise) },
  { name: "widened to f32", right: ["same-values"], apply: as("F32") },
  { name: "cast to f16", right: ["cast", "same-values"], apply: as("F16") },
  { name: "cast to f8 e4m3", right: ["cast"], apply: as("F8_E4M3") },
  { name: "cast to f8 e5m2", right: ["cast"], apply: as("F8_E5M2") },
  { name: "Q8_0", right: ["quantised"], apply: as("Q8_0") },
  { name: "Q4_0", right: ["quantised"], apply: as("Q4_0") },
  { name: "f16, then Q8_0", right: ["quantised"], apply: then(as("F16"), as("Q8_0")) },
  {
    ...{ name: "15 levels for each 64, back in f16", right: ["quantised", "fine-tuned"] },
    apply: rounding(64, symmetric(7), "F16"),
  },
  {
    ...{ name: "255 levels for each 32, back in f32", right: ["quantised", "fine-tuned"] },
    apply: rounding(32, symmetric(127), "F32"),
  },
  {
    ...{ name: "int4 of 128 with zero points, back in f16", right: ["quantised", "fine-tuned"] },
    apply: rounding(128, asymmetric, "F16"),
  },
  {
    ...{ name: "NF4 of 64, back in bf16", right: ["quantised", "fine-tuned"] },
    apply: rounding(64, normalFloat, "BF16"),
  },
  {
    ...{ name: "through f8 e4m3, back in bf16", right: ["cast"] },
    apply: then(as("F8_E4M3"), as("BF16")),
  },
  { name: "fine-tuned 0.1 %", right: ["fine-tuned", "cast"], apply: noisy(0.001, "training") },
  { name: "fine-tuned 1 %", right: ["fine-tuned"], apply: noisy(0.01, "training") },
  { name: "fine-tuned 5 %", right: ["fine-tuned"], apply: noisy(0.05, "training") },
  { name: "fine-tuned 20 %", right: ["fine-tuned", "altered"], apply: noisy(0.2, "training") },
  { name: "noise of 10 %", right: ["fine-tuned", "altered"], apply: noisy(0.1, "noise") },
  { name: "noise of 50 %", right: ["fine-tuned", "altered"], apply: noisy(0.5, "noise") },
  {
    ...{ name: "merged adapter", right: ["fine-tuned"] },
    apply: each((t, noise) => (isKind(t, "q_proj", "v_proj") ? lowRank(t, noise, 8, 0.3) : t)),
  },
  { name: "half pruned", right: ["altered"], apply: each((t) => pruned(t, 0.5)) },
  { name: "two of four pruned", right: ["altered"], apply: each(twoOfFour) },
  {
    ...{ name: "tensors scaled", right: ["altered"] },
    apply: each((t) =>
      isMatrix(t)
        ? withValues(
            t,
            t.values.map((v) => v * 1.37),
            "F32",
          )
        : t,
    ),
  },
  { name: "units scaled", right: ["altered", "fine-tuned"], apply: scaledUnits },
  { name: "hidden units permuted", right: ["altered"], apply: permuteHidden },
  { name: "heads permuted", right: ["altered"], apply: permuteHeads },
  { name: "residual stream rotated", right: ["altered"], apply: rotateResidual },
  { name: "residual stream permuted", right: ["altered"], apply: permuteResidual },
  {
    ...{ name: "rotated, then Q8_0", right: ["altered"] },
    apply: then(rotateResidual, as("Q8_0")),
  },
  { name: "vocabulary padded", right: ["same-values"], apply: pad },
  {
    ...{ name: "vocabulary extended, trained", right: ["fine-tuned"] },
    apply: (m, c, noise) =>
      noisy(0.02, "training")(
        padded(m, 40, (n) => 0.02 * n.normal(), noise),
        c,
        noise,
      ),
  },
  { name: "QKV and gate-up fused", right: ["same-values"], apply: fused },
  { name: "fused, f16", right: ["cast", "same-values"], apply: then(fused, as("F16")) },
  { name: "llama Q/K rows", right: ["same-values"], apply: rotaryOrder },
  { name: "llama Q/K rows, Q8_0", right: ["quantised"], apply: then(rotaryOrder, as("Q8_0")) },
  {
    ...{ name: "llama Q/K rows, padded, Q4_0, mixed", right: ["quantised"] },
    apply: then(rotaryOrder, pad, as("Q4_0"), (m, _c, noise) => mixed(renamed(m), noise)),
  },
  { name: "kernels transposed", right: ["same-values"], apply: turnKernels },
  {
    ...{ name: "kernels transposed, f16", right: ["cast", "same-values"] },
    apply: then(turnKernels, as("F16")),
  },
  {
    ...{ name: "fine-tuned 2 %, then Q4_0", right: ["fine-tuned", "altered"] },
    apply: then(noisy(0.02, "training"), as("Q4_0")),
  },
  {
    ...{ name: "fine-tuned 1 %, f16, mixed", right: ["fine-tuned"] },
    apply: then(noisy(0.01, "training"), as("F16"), (m, _c, noise) => mixed(renamed(m), noise)),
  },
  {
    ...{ name: "half of the layers", right: ["fragment"] },
    apply: (m, config) =>
      m.filter((t) => layerOf(t) === "" || Number(layerOf(t)) < config.layers / 2),
  },
  {
    ...{ name: "one shard of two", right: ["fragment"] },
    apply: firstShard,
  },
  {
    ...{ name: "every fourth tensor left out", right: ["fragment"] },
    apply: (m) => m.filter((_, i) => i % 4 !== 3),
  },
  {
    ...{ name: "beside a stranger in one file", right: ["same-values", "altered"] },
    apply: (m, _c, noise) => [...m, ...m.map((t) => strangerTo(t, noise))],
  },
  { name: "kernels flattened", right: ["same-values"], apply: each(flattened) },
  {
    ...{ name: "kernels flattened, f16", right: ["cast", "same-values"] },
    apply: then(each(flattened), (m) =>
      m.map((t) => ({ ...t, type: "F16", values: rounded(t.values, "F16") })),
    ),
  },
  {
    ...{ name: "quarters of the rows moved", right: ["altered"] },
    apply: each((t) => (isMatrix(t) ? gatesMoved(t) : t)),
  },
  {
    ...{ name: "embedding alone", right: ["fragment"] },
    apply: (m) => m.filter((t) => isKind(t, "embed")),
  },
  {
    ...{ name: "another head", right: ["altered"] },
    apply: each((t, noise) =>
      isKind(t, "lm_head")
        ? withValues(
            t,
            t.values.map(() => 0.05 * noise.normal()),
          )
        : t,
    ),
  },
];

/** Applies a transformation, seeded by its place in the list. */
export function transform(
  transformation: Transformation,
  model: MadeModel,
  config: MadeConfig,
): MadeModel {
  const noise = noiseOf(1000 + transformations.indexOf(transformation));
  return transformation.apply(model, config, noise);
}

export { rounded };
