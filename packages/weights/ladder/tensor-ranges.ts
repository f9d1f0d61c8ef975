/** Which tensors of a model can be digested in the one pass over a part's bytes. */
import { bytesOf, type Model } from "../tensor.ts";
import type { TensorRange } from "./digest.ts";

/**
 * The ranges of the learned tensors that lie in one part as they are: row-major, little endian and
 * not decoded. Others have no value digest; the sketch still sees them.
 */
export function tensorRangesOf(model: Model, part: number): readonly TensorRange[] {
  if (model.parts[part]?.derived !== false) return [];
  const ranges: TensorRange[] = [];
  for (const tensor of model.tensors) {
    const { data, type, shape } = tensor;
    if (data.part !== part || tensor.byteOrder !== "little" || tensor.strides !== undefined)
      continue;
    const length = bytesOf(
      type,
      shape.reduce((product, size) => product * size, 1),
    );
    if (length === undefined || length === 0 || length > data.length) continue;
    ranges.push({ type, offset: data.offset, length });
  }
  return ranges;
}
