/**
 * What a decoder of one ggml block is. Each also tells, where asked, how far an honest quantiser
 * may have been from each value: the type's own bound, from the scales that the block stores.
 */
import { smallFloatTable } from "./small-floats.ts";

/**
 * Decodes the block at `at` of `bytes` into `values` from `to` on. When `slack` is given, writes
 * there, at the same places, the largest |w − ŵ| that an honest quantiser leaves.
 */
export type BlockDecoder = (
  bytes: Uint8Array,
  at: number,
  values: Float32Array,
  to: number,
  slack: Float32Array | undefined,
) => void;

const half = smallFloatTable("F16");

/** The binary16 number stored low byte first at `at`. */
export function halfAt(bytes: Uint8Array, at: number): number {
  return half[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/** The unsigned 32-bit word stored low byte first at `at`. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  );
}

/** Two's complement of a byte. */
export function signed(byte: number): number {
  return (byte << 24) >> 24;
}

/**
 * Rounding of a stored binary16 scale: half a unit in its last place, relative, plus subnormals.
 */
export const halfRounding = 2 ** -11;
/** Half the smallest binary16: what rounding a scale may lose when the scale is tiny. */
export const halfSmallest = 2 ** -25;
/** binary32 arithmetic of a quantiser: a few roundings of the value it measured. */
export const floatRounding = 2 ** -20;
