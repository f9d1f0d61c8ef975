/**
 * Packed layouts: one logical weight whose codes, scales and zero points lie in several tensors.
 * Each value is worked out as the layout's own runtime does. Several quantisers (GPTQ, AWQ) move
 * weights on purpose, beyond any rounding, so only layouts that round to nearest state how far.
 */
import { bufferedReader } from "../reader.ts";
import type { Model, PackedWeight, PackingRole } from "../tensor.ts";
import { type Cell, cellsOf, type Layout, layoutOf } from "./packed-layouts.ts";
import type { Run, Weight } from "./weight.ts";
import { weightOf } from "./weight.ts";

/** A layout with as many values as this is a hostile header. */
const elementsMax = 2 ** 43;

/** The packed weights of a model, and the indices of the tensors that they are made of. */
export function packedWeightsOf(model: Model): {
  readonly weights: readonly Weight[];
  readonly used: ReadonlySet<number>;
} {
  const weights: Weight[] = [];
  const used = new Set<number>();
  for (const packed of model.packed) {
    const weight = packedWeight(model, packed);
    if (weight === undefined) continue;
    weights.push(weight);
    for (const index of Object.values(packed.roles)) used.add(index);
  }
  return { weights, used };
}

function packedWeight(model: Model, packed: PackedWeight): Weight | undefined {
  const { name, shape, scheme, bits } = packed;
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!(elements > 0) || elements > elementsMax || shape.length === 0) return undefined;
  const cells = cellsOf((role) => roleWeight(model, packed, role));
  const made = layoutOf(model, packed, cells);
  if (made === undefined) return undefined;
  const type = `${scheme} ${bits} bits`;
  return {
    ...{ name, shape, elements, type, quantised: true },
    read: (from, count) => readRun(made, shape, from, count),
  };
}

/** One of the packed tensors as a weight of its own, read through a window. */
function roleWeight(model: Model, packed: PackedWeight, role: PackingRole): Weight | undefined {
  const index = packed.roles[role];
  const tensor = index === undefined ? undefined : model.tensors[index];
  if (tensor === undefined) return undefined;
  const parts = model.parts.map((part, at) =>
    at === tensor.data.part ? { ...part, reader: bufferedReader(part.reader) } : part,
  );
  return weightOf({ ...model, parts }, tensor);
}

async function readRun(
  layout: Layout,
  shape: readonly number[],
  from: number,
  count: number,
): Promise<Run> {
  const columns = shape[shape.length - 1]!;
  const values = new Float32Array(count);
  const slack = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const cell: Cell = await layout(Math.floor((from + i) / columns), (from + i) % columns);
    values[i] = cell.value;
    slack[i] = cell.slack;
  }
  return { values, slack };
}
