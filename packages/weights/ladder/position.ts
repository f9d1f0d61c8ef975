/**
 * Where a sketch looks. Positions are drawn from a key that the estate keeps to itself, so
 * nobody can prepare a copy that is altered only where Writ will not look; they depend on the
 * shape alone, so that any two tensors of one shape are looked at in the same places.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { assert, toUtf8 } from "../core.ts";

/** Bytes of an estate's sketch key. */
export const sketchKeyBytes = 32;

/** Draws without end, keyed and labelled: BLAKE3 as an extendable output. */
export type Draws = { below(bound: number): number };

/** The draws of one label under a key. */
export function drawsOf(key: Uint8Array, label: string): Draws {
  assert(key.length === sketchKeyBytes, "a sketch key of 32 bytes");
  const stream = blake3.create({ key }).update(toUtf8(label));
  let block = new Uint8Array(0);
  let at = 0;
  const word = (): number => {
    if (at === block.length) {
      block = stream.xof(512);
      at = 0;
    }
    const view = new DataView(block.buffer, block.byteOffset + at, 8);
    at += 8;
    return view.getUint32(0, true) * 2 ** 21 + (view.getUint32(4, true) >>> 11);
  };
  return { below: (bound) => Math.floor((word() / 2 ** 53) * bound) };
}

/** `count` distinct numbers below `bound` (or all of them): the first of one fixed sequence. */
export function distinctDraws(draws: Draws, bound: number, count: number): number[] {
  const seen = new Set<number>();
  while (seen.size < Math.min(bound, count)) seen.add(draws.below(bound));
  return [...seen];
}
