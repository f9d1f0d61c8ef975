/**
 * The weights of a model as numbers: whatever the container, type, byte order or strides, a weight
 * is a row-major run of values that can be read at any place. Packed layouts join in `packed.ts`.
 */
import type { Reader } from "../reader.ts";
import {
  type BlockType,
  blockSizes,
  type ElementType,
  elementBits,
  isBlockType,
  type Model,
  type Tensor,
} from "../tensor.ts";
import { decodeBlocks, decodeElements, isWide, type Numbers } from "./decode.ts";
import { packedWeightsOf } from "./packed.ts";

/**
 * Some values, and where they come from a quantiser, how far each may be from what it stands for.
 */
export type Run = {
  readonly values: Numbers;
  /** Present for quantised storage whose type bounds its own error. */
  readonly slack?: Float32Array;
};

/** One learned tensor, read by element index in row-major order of `shape`. */
export type Weight = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Element or block type, or the packing scheme. */
  readonly type: string;
  readonly quantised: boolean;
  /** Exactly `count` values from `from` on. Sync where the reader is. */
  read(from: number, count: number): Run | Promise<Run>;
};

/** A weight larger than any known (a 10-trillion-value tensor) is a hostile header. */
const elementsMax = 2 ** 43;

/**
 * Types that hold indices, masks and strings, which are not learned: they would match by chance.
 */
const notLearned: ReadonlySet<string> = new Set(["I64", "U64", "BOOL", "OPAQUE", "C64", "C128"]);

/** Every learned tensor of a model, packed ones unpacked, in the model's order. */
export function weightsOf(model: Model): readonly Weight[] {
  const { weights: unpacked, used } = packedWeightsOf(model);
  const plain: Weight[] = [];
  for (const [index, tensor] of model.tensors.entries()) {
    if (used.has(index) || notLearned.has(tensor.type)) continue;
    const weight = weightOf(model, tensor);
    if (weight !== undefined) plain.push(weight);
  }
  return [...plain, ...unpacked];
}

/** One stored tensor as a weight; `undefined` if it is empty, opaque or absurd. */
export function weightOf(model: Model, tensor: Tensor): Weight | undefined {
  const elements = tensor.shape.reduce((product, size) => product * size, 1);
  if (tensor.type === "OPAQUE" || !(elements > 0) || elements > elementsMax) return undefined;
  const reader = model.parts[tensor.data.part]!.reader;
  const { name, shape, type } = tensor;
  if (type === "TREE") {
    return {
      name,
      shape,
      elements,
      type,
      quantised: false,
      read: flatReader(reader, tensor, "F64"),
    };
  }
  if (isBlockType(type)) {
    const read = blockReader(reader, tensor, type);
    return { name, shape, elements, type, quantised: true, read };
  }
  const plain =
    tensor.strides === undefined ? flatReader(reader, tensor, type) : stridedReader(reader, tensor);
  const affine = tensor.affine;
  if (affine === undefined) return { name, shape, elements, type, quantised: false, read: plain };
  return {
    ...{ name, shape, elements, quantised: true },
    type: `${type} affine`,
    read: affineReader(plain, shape, affine),
  };
}

type ReadRun = Weight["read"];

/**
 * Goes on at once when the reader is synchronous: a promise for each small read would cost more.
 */
export function afterRead<T>(
  read: Uint8Array | Promise<Uint8Array>,
  then: (bytes: Uint8Array) => T,
): T | Promise<T> {
  return read instanceof Uint8Array ? then(read) : read.then(then);
}

function flatReader(reader: Reader, tensor: Tensor, type: ElementType): ReadRun {
  const bits = elementBits[type];
  const swap = tensor.byteOrder === "big" ? bits / 8 : 1;
  return (from, count) => {
    const firstBit = from * bits;
    const at = Math.floor(firstBit / 8);
    // Packed elements begin inside a byte: read from a byte that begins one, and drop the lead.
    const lead = bits < 8 ? from - Math.floor((at * 8) / bits) : 0;
    const length = Math.ceil(((lead + count) * bits) / 8);
    return afterRead(reader.read(tensor.data.offset + at, length), (bytes) => {
      const values = numbersFor(type, lead + count);
      decodeElements(type, swap > 1 ? swapped(bytes, swap) : bytes, values);
      return { values: lead > 0 ? values.slice(lead) : values };
    });
  };
}

function numbersFor(type: ElementType, count: number): Numbers {
  return isWide(type) ? new Float64Array(count) : new Float32Array(count);
}

/** Bytes with each word of `width` bytes turned round. */
export function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += width) {
    for (let k = 0; k < width; k += 1) out[at + k] = bytes[at + width - 1 - k]!;
  }
  return out;
}

function stridedReader(reader: Reader, tensor: Tensor): ReadRun {
  const type = tensor.type as ElementType;
  const bits = elementBits[type];
  const strides = tensor.strides!;
  return async (from, count) => {
    const values = numbersFor(type, count);
    for (let i = 0; i < count; i += 1) {
      let left = from + i;
      let element = 0;
      for (let axis = tensor.shape.length - 1; axis >= 0; axis -= 1) {
        element += (left % tensor.shape[axis]!) * strides[axis]!;
        left = Math.floor(left / tensor.shape[axis]!);
      }
      const bytes = await reader.read(tensor.data.offset + (element * bits) / 8, bits / 8);
      const one = numbersFor(type, 1);
      decodeElements(type, tensor.byteOrder === "big" ? swapped(bytes, bits / 8) : bytes, one);
      values[i] = one[0]!;
    }
    return { values };
  };
}

function blockReader(reader: Reader, tensor: Tensor, type: BlockType): ReadRun {
  const size = blockSizes[type];
  return (from, count) => {
    const first = Math.floor(from / size.values);
    const blocks = Math.ceil((from + count) / size.values) - first;
    const at = tensor.data.offset + first * size.bytes;
    return afterRead(reader.read(at, blocks * size.bytes), (bytes) => {
      const values = new Float32Array(blocks * size.values);
      const slack = new Float32Array(values.length);
      decodeBlocks(type, bytes, values, { slack });
      const lead = from - first * size.values;
      if (lead === 0 && values.length === count) return { values, slack };
      return { values: values.slice(lead, lead + count), slack: slack.slice(lead, lead + count) };
    });
  };
}

function affineReader(
  read: ReadRun,
  shape: readonly number[],
  affine: NonNullable<Tensor["affine"]>,
): ReadRun {
  const inner = shape.slice(affine.axis + 1).reduce((product, size) => product * size, 1);
  const along = shape[affine.axis] ?? 1;
  const apply = (run: Run, from: number): Run => {
    const values = new Float32Array(run.values.length);
    const slack = new Float32Array(run.values.length);
    for (let i = 0; i < values.length; i += 1) {
      const index = affine.scales.length === 1 ? 0 : Math.floor((from + i) / inner) % along;
      const scale = affine.scales[index] ?? 1;
      const offset = affine.offsets[index] ?? 0;
      const stored = run.values[i]!;
      values[i] = affine.kind === "zero" ? scale * (stored - offset) : stored * scale + offset;
      // Ends of the range may have been clipped by at most the rounding of the zero point.
      slack[i] = Math.abs(scale) * 1.01;
    }
    return { values, slack };
  };
  return (from, count) => {
    const run = read(from, count);
    return run instanceof Promise ? run.then((done) => apply(done, from)) : apply(run, from);
  };
}
