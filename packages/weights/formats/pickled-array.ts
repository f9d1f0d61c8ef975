/** NumPy arrays inside a pickle: their values are bytes that lie in the stream itself. */
import { addTensor } from "./draft.ts";
import { numpyType } from "./numpy-type.ts";
import { isKind, type PickleObject, type PickleValue } from "./pickle-value.ts";
import type { Checkpoint } from "./pytorch.ts";

const makers = new Set([
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
]);

/** Adds the array that `value` would have become, if it is one of numbers. */
export function addArray(checkpoint: Checkpoint, path: string, value: PickleObject): void {
  const { callable, state } = value;
  if (!isKind(callable, "global") || !makers.has(callable.name) || !isKind(state, "tuple")) return;
  // ndarray.__setstate__((version, shape, dtype, is_fortran, bytes))
  const [, shape, dtype, fortran, bytes] = state.items;
  const type = dtypeOf(dtype);
  if (type === undefined || !isKind(shape, "tuple") || !isKind(bytes, "bytes")) return;
  const sizes: number[] = [];
  for (const size of shape.items) sizes.push(typeof size === "number" ? size : -1);
  addTensor(checkpoint.draft, {
    name: path,
    shape: sizes,
    type: type.type,
    part: checkpoint.pickle.part,
    offset: checkpoint.pickle.offset + bytes.offset,
    byteOrder: type.byteOrder,
    ...(fortran === true && sizes.length > 1 ? { strides: columnMajor(sizes) } : {}),
  });
}

/** Strides of a column-major array, in elements. */
export function columnMajor(shape: readonly number[]): readonly number[] {
  let stride = 1;
  return shape.map((size) => {
    const own = stride;
    stride *= size;
    return own;
  });
}

/** `numpy.dtype('f4', False, True)` with state `(3, '<', …)`. */
function dtypeOf(value: PickleValue | undefined): ReturnType<typeof numpyType> {
  if (!isKind(value, "object") || !isKind(value.args, "tuple")) return undefined;
  const [code] = value.args.items;
  const order = isKind(value.state, "tuple") ? value.state.items[1] : "<";
  if (typeof code !== "string" || typeof order !== "string") return undefined;
  return numpyType(order + code);
}
