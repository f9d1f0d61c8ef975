/**
 * Stored bytes to numbers, exactly: every element type and every ggml block type. Numbers are as
 * stored; a container's own scale (`Tensor.affine`) and packed layouts are applied elsewhere.
 */
import { assert, unreachable } from "../core.ts";
import {
  type BlockType,
  blockSizes,
  bytesOf,
  type ElementType,
  elementBits,
  isBlockType,
} from "../tensor.ts";
import type { BlockDecoder } from "./block.ts";
import * as iq from "./ggml-iq.ts";
import * as k from "./ggml-k.ts";
import * as plain from "./ggml-plain.ts";
import { type SmallFloat, smallFloatTable } from "./small-floats.ts";

const decoders: { readonly [type in BlockType]: BlockDecoder } = {
  Q1_0: plain.q1_0,
  Q2_0: k.q2_0,
  Q4_0: plain.q4_0,
  Q4_1: plain.q4_1,
  Q5_0: plain.q5_0,
  Q5_1: plain.q5_1,
  Q8_0: plain.q8_0,
  Q8_1: plain.q8_1,
  Q2_K: k.q2_k,
  Q3_K: k.q3_k,
  Q4_K: k.q4_k,
  Q5_K: k.q5_k,
  Q6_K: k.q6_k,
  Q8_K: k.q8_k,
  IQ1_S: iq.iq1_s,
  IQ1_M: iq.iq1_m,
  IQ2_XXS: iq.iq2_xxs,
  IQ2_XS: iq.iq2_xs,
  IQ2_S: iq.iq2_s,
  IQ3_XXS: iq.iq3_xxs,
  IQ3_S: iq.iq3_s,
  IQ4_NL: plain.iq4_nl,
  IQ4_XS: iq.iq4_xs,
  TQ1_0: k.tq1_0,
  TQ2_0: k.tq2_0,
  MXFP4: plain.mxfp4,
  NVFP4: plain.nvfp4,
};

/** Numbers of any precision; what a decoder writes to. */
export type Numbers = Float32Array | Float64Array;

/**
 * Decodes whole blocks into `values` from `to` on; the bytes must hold whole blocks. With `slack`,
 * also the most that an honest quantiser may have moved each value (see `block.ts`).
 */
export function decodeBlocks(
  type: BlockType,
  bytes: Uint8Array,
  values: Float32Array,
  { to = 0, slack }: { readonly to?: number; readonly slack?: Float32Array } = {},
): void {
  const size = blockSizes[type];
  assert(bytes.length % size.bytes === 0, "whole blocks");
  const decoder = decoders[type];
  for (let at = 0, out = to; at < bytes.length; at += size.bytes, out += size.values) {
    decoder(bytes, at, values, out, slack);
  }
}

/**
 * `count` numbers from contiguous little-endian storage. F64 and integers of 32 and more bits come
 * as Float64Array, all else as Float32Array, in which it is exact. 64-bit integers past 2^53 round
 * to the nearest double. C64 and C128 count their real and imaginary parts as two numbers.
 */
export function decodeValues(
  type: ElementType | BlockType,
  bytes: Uint8Array,
  count: number,
): Numbers {
  if (isBlockType(type)) {
    const values = new Float32Array(count);
    decodeBlocks(type, bytes.subarray(0, bytesOf(type, count)!), values);
    return values;
  }
  const values = isWide(type) ? new Float64Array(count) : new Float32Array(count);
  decodeElements(type, bytes, values);
  return values;
}

/** True for types whose numbers do not all fit binary32. */
export function isWide(type: ElementType): boolean {
  switch (type) {
    case "F64":
    case "C128":
    case "I64":
    case "U64":
    case "I32":
    case "U32":
      return true;
    default:
      return false;
  }
}

/** Fills `values` from contiguous little-endian elements. */
export function decodeElements(type: ElementType, bytes: Uint8Array, values: Numbers): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = values.length;
  switch (type) {
    case "F64":
    case "C128":
      for (let i = 0; i < count; i += 1) values[i] = view.getFloat64(8 * i, true);
      return;
    case "F32":
    case "C64":
      for (let i = 0; i < count; i += 1) values[i] = view.getFloat32(4 * i, true);
      return;
    case "BF16":
      decodeBrainFloats(bytes, values);
      return;
    case "F16":
      decodeHalves(bytes, values);
      return;
    case "F8_E4M3":
    case "F8_E5M2":
    case "F8_E4M3FNUZ":
    case "F8_E5M2FNUZ":
    case "F8_E8M0":
      decodeTable(type, bytes, values, 8);
      return;
    case "F6_E2M3":
    case "F6_E3M2":
    case "F4":
      decodeTable(type, bytes, values, elementBits[type]);
      return;
    default:
      decodeIntegers(type, view, values);
  }
}

const word = new Uint32Array(1);
const wordAsFloat = new Float32Array(word.buffer);

function decodeBrainFloats(bytes: Uint8Array, values: Numbers): void {
  if (values instanceof Float32Array) {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0, at = 0; i < bits.length; i += 1, at += 2) {
      bits[i] = (bytes[at]! << 16) | (bytes[at + 1]! << 24);
    }
    return;
  }
  for (let i = 0; i < values.length; i += 1) {
    word[0] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
    values[i] = wordAsFloat[0]!;
  }
}

function decodeHalves(bytes: Uint8Array, values: Numbers): void {
  const table = smallFloatTable("F16");
  for (let i = 0, at = 0; i < values.length; i += 1, at += 2) {
    values[i] = table[bytes[at]! | (bytes[at + 1]! << 8)]!;
  }
}

/** `bits` of element `index` where elements are packed low bits first. */
function packedBits(bytes: Uint8Array, index: number, bits: number): number {
  const from = index * bits;
  const at = from >> 3;
  const pair = bytes[at]! | ((bytes[at + 1] ?? 0) << 8);
  return (pair >> (from & 7)) & (2 ** bits - 1);
}

function decodeTable(type: SmallFloat, bytes: Uint8Array, values: Numbers, bits: number): void {
  const table = smallFloatTable(type);
  for (let i = 0; i < values.length; i += 1) values[i] = table[packedBits(bytes, i, bits)]!;
}

type IntegerType = Extract<ElementType, `I${string}` | `U${string}` | "BOOL">;

function decodeIntegers(type: IntegerType, view: DataView, values: Numbers): void {
  const count = values.length;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let i = 0; i < count; i += 1) values[i] = integerAt(type, view, bytes, i);
}

function integerAt(type: IntegerType, view: DataView, bytes: Uint8Array, i: number): number {
  switch (type) {
    case "I64":
      return Number(view.getBigInt64(8 * i, true));
    case "U64":
      return Number(view.getBigUint64(8 * i, true));
    case "I32":
      return view.getInt32(4 * i, true);
    case "U32":
      return view.getUint32(4 * i, true);
    case "I16":
      return view.getInt16(2 * i, true);
    case "U16":
      return view.getUint16(2 * i, true);
    case "I8":
      return view.getInt8(i);
    case "U8":
      return view.getUint8(i);
    case "BOOL":
      return view.getUint8(i) === 0 ? 0 : 1;
    case "I4":
      return (packedBits(bytes, i, 4) << 28) >> 28;
    case "U4":
      return packedBits(bytes, i, 4);
    case "I2":
      return (packedBits(bytes, i, 2) << 30) >> 30;
    case "U2":
      return packedBits(bytes, i, 2);
    default:
      return unreachable(type);
  }
}
