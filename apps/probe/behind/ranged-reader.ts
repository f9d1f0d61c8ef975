/**
 * Bytes that lie elsewhere, by ranges of them: a model's header and the places that a sketch looks
 * at are a few megabytes, whatever its size. Blocks are kept for a while, since parsers hop.
 */
import { BeyondEnd, type Reader } from "@writ/weights";
import type { GapReason } from "../coverage.ts";

/** Bytes of a store could not be had; not a fault of the bytes. */
export class NotRead extends Error {
  readonly why: GapReason;
  constructor(why: GapReason) {
    super(`not read: ${why}`);
    this.name = "NotRead";
    this.why = why;
  }
}

/** Exactly so many bytes, or {@link NotRead}. */
export type ReadRange = (offset: number, length: number) => Promise<Uint8Array>;

/** What a look may read of stores, counted down by all of its readers. */
export type ByteBudget = { left: number };

/** One hop of a parser. */
const blockBytes = 64 * 1024;
/** Who reads on in order is given so much at once. */
const stretchBytes = 2 * 1024 * 1024;
const blocksMax = 128;
/** No reader of a format needs more at a time; a hostile header may ask for a terabyte. */
const readBytesMax = 256 * 1024 * 1024;

/** A reader over ranges. Reads cost from the budget; without any left they throw. */
export function rangedReader(size: number, readRange: ReadRange, budget: ByteBudget): Reader {
  const blocks = new Map<number, Uint8Array>();
  let next = 0;
  const fetchRange = async (offset: number, length: number): Promise<Uint8Array> => {
    if (length > budget.left) throw new NotRead("limit");
    budget.left -= length;
    return readRange(offset, length);
  };
  const load = async (first: number): Promise<void> => {
    const start = first * blockBytes;
    const wanted = first === next && first > 0 ? stretchBytes : blockBytes;
    const bytes = await fetchRange(start, Math.min(wanted, size - start));
    for (let at = 0; at < bytes.length; at += blockBytes) {
      if (blocks.size >= blocksMax) blocks.delete(blocks.keys().next().value!);
      blocks.set(first + at / blockBytes, bytes.subarray(at, at + blockBytes));
    }
    next = first + Math.ceil(bytes.length / blockBytes);
  };
  return {
    size,
    async read(offset, length) {
      const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
      const within = whole && offset >= 0 && length >= 0 && length <= size - offset;
      if (!within || length > readBytesMax) {
        throw new BeyondEnd(`${length} bytes at ${offset} are not within ${size}`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const number = Math.floor((offset + done) / blockBytes);
        if (!blocks.has(number)) await load(number);
        const from = offset + done - number * blockBytes;
        const part = blocks.get(number)!.subarray(from, from + length - done);
        bytes.set(part, done);
        done += part.length;
      }
      return bytes;
    },
  };
}
