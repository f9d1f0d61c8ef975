/** DequantizeLinear nodes over initializers: which scale and zero point a stored weight has. */
import { elementBits, isBlockType } from "../tensor.ts";
import { type Draft, tensorsMax } from "./draft.ts";

/** Inputs of a DequantizeLinear node: values, scales and, optionally, zero points. */
export type Dequantize = { readonly inputs: readonly string[] };

/** Adds a packed weight for each node whose values and scales are tensors of the file. */
export function packDequantized(draft: Draft, nodes: readonly Dequantize[]): void {
  for (const { inputs } of nodes) {
    const [values, scales, zeros] = inputs.map((name) => draft.names.get(name));
    if (values === undefined || scales === undefined) continue;
    const weight = draft.tensors[values]!;
    const { type, shape } = weight;
    if (
      isBlockType(type) ||
      type === "OPAQUE" ||
      type === "TREE" ||
      draft.packed.length >= tensorsMax
    )
      continue;
    draft.packed.push({
      name: weight.name,
      scheme: "onnx-qdq",
      shape,
      bits: elementBits[type],
      groupSize: 0,
      roles: { weight: values, scales, ...(zeros === undefined ? {} : { zeros }) },
    });
  }
}
