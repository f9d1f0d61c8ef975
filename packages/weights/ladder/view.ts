/**
 * Views: the ways in which one weight may appear in another file. A fused QKV is seen as its
 * slices, an embedding without its padding, a kernel transposed, stacked experts one by one. A
 * view's key is its shape; two views of one key are looked at in the same places and can be
 * compared.
 */
import type { Weight } from "../values/weight.ts";

export type View = {
  /** Index of the weight in the model's list. */
  readonly weight: number;
  /** How the view comes from the weight, for people: empty for the weight as it is. */
  readonly how: string;
  /** Without dimensions of one. */
  readonly shape: readonly number[];
  /** In elements of the weight. */
  readonly base: number;
  readonly strides: readonly number[];
  /** Rows are in the other rotary order, for heads of this many rows. */
  readonly rotary?: RotaryLayout;
};

/** How the rows of Q and K are ordered within a head, relative to the registered order. */
export type RotaryLayout = { readonly head: number; readonly toInterleaved: boolean };

/** Axis orders that frameworks store kernels in: OIHW, HWIO, OHWI and back. */
const axisOrders: { readonly [rank: number]: readonly (readonly number[])[] } = {
  2: [[1, 0]],
  3: [
    [2, 1, 0],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
  ],
  4: [
    [2, 3, 1, 0],
    [0, 2, 3, 1],
    [3, 2, 0, 1],
    [3, 0, 1, 2],
    [0, 3, 1, 2],
    [1, 2, 3, 0],
  ],
};

/** Stacks are looked into up to so many slices: enough to know them by. */
const stackSlicesMax = 16;
/** A slice thinner than this is a vector, not a matrix. */
const sliceWidthMin = 8;
/** Fused matrices are not as long as a vocabulary. */
const fusedLengthMax = 2 ** 17;

/** A view's key: views of one key may be compared. */
export function keyOf(shape: readonly number[]): string {
  return shape.join("x");
}

/** Row-major strides of a shape. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis -= 1) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** The weight as it is, dimensions of one dropped. */
export function wholeView(weight: Weight, index: number): View {
  const shape = weight.shape.filter((size) => size !== 1);
  const squeezed = shape.length === 0 ? [1] : shape;
  return { weight: index, how: "", shape: squeezed, base: 0, strides: rowMajor(squeezed) };
}

/** What a reader of a file tries besides the whole: slices of fused, stacked and padded weights. */
export function partViews(whole: View, tall: boolean): readonly View[] {
  const views: View[] = [];
  if (whole.shape.length === 2) {
    for (const axis of [0, 1] as const) views.push(...fusedSlices(whole, axis));
    if (tall) views.push(...unpadded(whole));
  }
  if (whole.shape.length === 3) views.push(...stackSlices(whole));
  return views;
}

/** What enrolment keeps besides: the same values with the axes in another order. */
export function turnedViews(whole: View): readonly View[] {
  const orders = axisOrders[whole.shape.length] ?? [];
  return orders.map((order) => ({
    weight: whole.weight,
    how: `axes ${order.join("")}`,
    shape: order.map((axis) => whole.shape[axis]!),
    base: whole.base,
    strides: order.map((axis) => whole.strides[axis]!),
  }));
}

/** Layouts of one weight that are tried: all orders of four axes, in a few shapes. */
const layoutsMax = 96;

/**
 * A weight as its values would lie in other shapes of the same size, stored in any order of the
 * axes: kernels that a framework turned or flattened.
 */
export function layoutViews(whole: View, shapes: readonly (readonly number[])[]): readonly View[] {
  const views: View[] = [];
  const own = `${whole.shape} ${whole.strides}`;
  for (const shape of shapes) {
    if (shape.length > 4) continue;
    const seen = new Set<string>([own]);
    for (const order of ordersOf(shape.length)) {
      const stored = rowMajor(order.map((axis) => shape[axis]!));
      const strides = shape.map((_, axis) => stored[order.indexOf(axis)]!);
      const label = `${shape} ${strides}`;
      if (seen.has(label)) continue;
      seen.add(label);
      const how = `stored as axes ${order.join("")} of ${keyOf(shape)}`;
      views.push({ weight: whole.weight, how, shape, base: whole.base, strides });
      if (views.length >= layoutsMax) return views;
    }
  }
  return views;
}

/** All orders of some axes, the present one first. */
function ordersOf(axes: number): readonly (readonly number[])[] {
  if (axes === 0) return [[]];
  return ordersOf(axes - 1)
    .flatMap((order) =>
      Array.from({ length: axes }, (_, at) => order.toSpliced(axes - 1 - at, 0, axes - 1)),
    )
    .sort((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** Fused along an axis: two halves, or one square-ish part and two equal rests (Q, K, V). */
function fusedSlices(whole: View, axis: 0 | 1): readonly View[] {
  const length = whole.shape[axis]!;
  const other = whole.shape[1 - axis]!;
  if (length > fusedLengthMax || other < sliceWidthMin) return [];
  const cuts = new Set<string>();
  if (length % 2 === 0) cuts.add(`0 ${length / 2},${length / 2} ${length / 2}`);
  const rest = (length - other) / 2;
  if (Number.isInteger(rest) && rest > 0 && rest <= other) {
    cuts.add(`0 ${other},${other} ${rest},${other + rest} ${rest}`);
  }
  const views: View[] = [];
  for (const part of [...cuts].flatMap((cut) => cut.split(","))) {
    const [from, count] = part.split(" ").map(Number) as [number, number];
    if (count < sliceWidthMin) continue;
    const shape = axis === 0 ? [count, other] : [other, count];
    views.push({
      weight: whole.weight,
      how: `${axis === 0 ? "rows" : "columns"} ${from} to ${from + count}`,
      shape,
      base: whole.base + from * whole.strides[axis]!,
      strides: whole.strides,
    });
  }
  return views;
}

/** The first rows, down to two powers of two: alike in a table and in its padded copy. */
export function unpadded(whole: View): readonly View[] {
  const highest = 2 ** Math.floor(Math.log2(whole.shape[0]!));
  return [highest, highest / 2].map((rows) => ({
    weight: whole.weight,
    how: `first ${rows} rows`,
    shape: [rows, whole.shape[1]!],
    base: whole.base,
    strides: whole.strides,
  }));
}

function stackSlices(whole: View): readonly View[] {
  const [count, rows, columns] = whole.shape as [number, number, number];
  if (rows < sliceWidthMin || columns < sliceWidthMin) return [];
  const shown = Math.min(count, stackSlicesMax);
  return Array.from({ length: shown }, (_, i) => {
    const index = Math.floor((i * count) / shown);
    return {
      weight: whole.weight,
      how: `slice ${index}`,
      shape: [rows, columns],
      base: whole.base + index * whole.strides[0]!,
      strides: [whole.strides[1]!, whole.strides[2]!],
    };
  });
}

/** True if the view's values lie one after another in the weight. */
export function isFlat(view: View): boolean {
  const strides = rowMajor(view.shape);
  return view.strides.every((stride, axis) => stride === strides[axis]);
}

/** Index in the weight of the view's value at a row-major index of the view. */
export function elementAt(view: View, index: number): number {
  let left = index;
  let element = view.base;
  for (let axis = view.shape.length - 1; axis >= 0; axis -= 1) {
    const size = view.shape[axis]!;
    element += (left % size) * view.strides[axis]!;
    left = Math.floor(left / size);
  }
  return element;
}
