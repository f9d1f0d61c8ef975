/**
 * Xet's content-defined chunking (draft-denis-xet, xet-core `chunking.rs`): a gear hash over the
 * last 64 bytes cuts where its top 16 bits are zero, between 8 and 128 KiB. A cut depends on the
 * bytes before it alone, so the same weights are cut alike wherever they lie.
 */
import { gearHigh, gearLow } from "./gear-table.ts";

/** Bounds of a chunk in bytes; the mean is near 64 KiB above the smallest. */
export const chunkBytesMin = 8_192;
export const chunkBytesMax = 131_072;

/** Bytes that the gear hash remembers, as each shift drops one. */
const gearWindow = 64;

/**
 * Finds the end of the chunk that begins at `from`: a position in (from, to], or 0 if the bytes up
 * to `to` do not tell. `to − from` is at most {@link chunkBytesMax}.
 */
export type CutFinder = (bytes: Uint8Array, from: number, to: number) => number;

/** The plain {@link CutFinder}. */
export const findCut: CutFinder = (bytes, from, to) => {
  const cut = firstCut(bytes, from + chunkBytesMin - 1, to);
  if (cut > 0) return cut;
  return to - from >= chunkBytesMax ? from + chunkBytesMax : 0;
};

/**
 * The first cut after a byte of [first, to), or 0. The 64 bytes before `first` fill the hash, so
 * they must be of the same chunk.
 */
export function firstCut(bytes: Uint8Array, first: number, to: number): number {
  let low = 0;
  let high = 0;
  for (let i = first - gearWindow; i < to; i += 1) {
    const byte = bytes[i]!;
    const sum = ((low << 1) >>> 0) + gearLow[byte]!;
    const carry = sum > 0xffff_ffff ? 1 : 0;
    high = (((high << 1) | (low >>> 31)) + gearHigh[byte]! + carry) | 0;
    low = sum | 0;
    if (high >>> 16 === 0 && i >= first) return i + 1;
  }
  return 0;
}

/** Cuts a stream. Each chunk is handed on as soon as its end is known; its bytes may be reused. */
export class Chunker {
  readonly #emit: (chunk: Uint8Array) => void;
  readonly #find: CutFinder;
  #carry: Uint8Array | undefined;
  #held = 0;

  constructor(emit: (chunk: Uint8Array) => void, find: CutFinder = findCut) {
    this.#emit = emit;
    this.#find = find;
  }

  /** Bytes taken in since the last cut. */
  get held(): number {
    return this.#held;
  }

  /** Takes the next bytes of the stream. */
  push(bytes: Uint8Array): void {
    let at = this.#held > 0 ? this.#join(bytes) : 0;
    while (at < bytes.length) {
      const to = Math.min(bytes.length, at + chunkBytesMax);
      const cut = this.#find(bytes, at, to);
      if (cut === 0) break;
      this.#emit(bytes.subarray(at, cut));
      at = cut;
    }
    if (at < bytes.length) this.#hold(bytes.subarray(at));
  }

  /** Ends the stream: what is held is its last chunk. */
  finish(): void {
    if (this.#held > 0) this.#emit(this.#carry!.subarray(0, this.#held));
    this.#held = 0;
  }

  /** Completes the held chunk from the front of `bytes`; says how many bytes of it were used up. */
  #join(bytes: Uint8Array): number {
    const before = this.#held;
    this.#hold(bytes.subarray(0, chunkBytesMax - before));
    // No cut lies in what was held before, so one found now lies in the new bytes.
    const cut = this.#find(this.#carry!, 0, this.#held);
    if (cut === 0) return bytes.length;
    this.#emit(this.#carry!.subarray(0, cut));
    this.#held = 0;
    return cut - before;
  }

  #hold(bytes: Uint8Array): void {
    this.#carry ??= new Uint8Array(chunkBytesMax);
    this.#carry.set(bytes, this.#held);
    this.#held += bytes.length;
  }
}
