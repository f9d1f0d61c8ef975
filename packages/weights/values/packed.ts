/** Packed layouts: one logical weight in several tensors (codes, scales, zeros). */
import type { Model } from "../tensor.ts";
import type { Weight } from "./weight.ts";

/** The packed weights of a model, and the indices of the tensors that they are made of. */
export function packedWeightsOf(_model: Model): {
  readonly weights: readonly Weight[];
  readonly used: ReadonlySet<number>;
} {
  return { weights: [], used: new Set() };
}
