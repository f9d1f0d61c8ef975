/**
 * A Bloom filter of leaf hashes: says at once that an entry is new, which nearly all are. It never
 * calls one new that it was told of, and once in four hundred times it takes a new one for an old.
 */

/**
 * 16 bits for each of 2^20 entries, four of them set: 2 MiB. More entries make it err more often.
 */
const filterBitsLog = 24;
const bitsPerEntry = 4;
const mask = 2 ** filterBitsLog - 1;

export class LeafFilter {
  readonly #words = new Uint32Array(2 ** (filterBitsLog - 5));

  /** Takes in an entry, by any two 24-bit parts of its leaf hash. */
  add(start: number, step: number): void {
    for (let i = 0; i < bitsPerEntry; i += 1) {
      const bit = (start + i * (step | 1)) & mask;
      this.#words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  /** False: certainly not one that was taken in. The parts are the same two. */
  mayHold(start: number, step: number): boolean {
    for (let i = 0; i < bitsPerEntry; i += 1) {
      const bit = (start + i * (step | 1)) & mask;
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}
