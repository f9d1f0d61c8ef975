/** Values rounded to the levels of a quantiser and written back as floats. */
import { isMatrix, withValues } from "./disguises.ts";
import type { MadeTensor } from "./model.ts";

/** Rounds one group of values in place. */
type Rounding = (group: Float32Array) => void;

/** A tensor whose groups were rounded, stored as floats of a type. */
export function levelled(
  tensor: MadeTensor,
  { group, round, type }: { group: number; round: Rounding; type: string },
): MadeTensor {
  if (!isMatrix(tensor)) return tensor;
  const values = Float32Array.from(tensor.values);
  for (let at = 0; at < values.length; at += group) round(values.subarray(at, at + group));
  return withValues(tensor, values, type);
}

function sizeOf(group: Float32Array): number {
  return group.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
}

/** So many even levels on either side of zero. */
export function symmetric(levels: number): Rounding {
  return (group) => {
    const step = sizeOf(group) / levels || 1;
    for (let i = 0; i < group.length; i += 1) group[i] = Math.round(group[i]! / step) * step;
  };
}

/** Sixteen even levels from the least to the largest, with a whole zero point (GPTQ, AWQ). */
export const asymmetric: Rounding = (group) => {
  const least = Math.min(0, ...group);
  const step = (Math.max(0, ...group) - least) / 15 || 1;
  const zero = Math.round(-least / step);
  for (let i = 0; i < group.length; i += 1) {
    const code = Math.max(0, Math.min(15, Math.round(group[i]! / step) + zero));
    group[i] = (code - zero) * step;
  }
};

/** The sixteen levels of NF4 (QLoRA, appendix E). */
const normalLevels = [
  ...[-1, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.09105, 0],
  ...[0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.562617, 0.7229568, 1],
] as const;

/** The nearest level of NF4. */
export const normalFloat: Rounding = (group) => {
  const size = sizeOf(group) || 1;
  for (let i = 0; i < group.length; i += 1) {
    const part = group[i]! / size;
    let best: number = normalLevels[0];
    for (const level of normalLevels) {
      if (Math.abs(level - part) < Math.abs(best - part)) best = level;
    }
    group[i] = best * size;
  }
};
