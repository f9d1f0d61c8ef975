/** BLAKE3's compression of one block, plainly. Words are little endian, as the platform's are. */

/** Domain flags. */
export const flags = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8, keyed: 16 } as const;

/** The first words of the fractional parts of the square roots of primes (as in SHA-256). */
export const initial: readonly number[] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];

const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

function mix(s: Uint32Array, at: readonly [number, number, number, number], x: number, y: number) {
  const [a, b, c, d] = at;
  for (const [word, first, second] of [
    [x, 16, 12],
    [y, 8, 7],
  ] as const) {
    s[a] = s[a]! + s[b]! + word;
    let turned = s[d]! ^ s[a]!;
    s[d] = (turned >>> first) | (turned << (32 - first));
    s[c] = s[c]! + s[d]!;
    turned = s[b]! ^ s[c]!;
    s[b] = (turned >>> second) | (turned << (32 - second));
  }
}

/** The next chaining value, 8 words. `length` is in bytes. */
export function compress(
  chaining: Uint32Array,
  block: Uint32Array,
  counter: number,
  length: number,
  flag: number,
): Uint32Array {
  const s = Uint32Array.of(...chaining, ...initial, counter, 0, length, flag);
  let words = block;
  for (let round = 0; round < 7; round += 1) {
    for (let k = 0; k < 4; k += 1)
      mix(s, [k, 4 + k, 8 + k, 12 + k], words[2 * k]!, words[2 * k + 1]!);
    for (let k = 0; k < 4; k += 1) {
      const at = [k, 4 + ((k + 1) % 4), 8 + ((k + 2) % 4), 12 + ((k + 3) % 4)] as const;
      mix(s, at, words[8 + 2 * k]!, words[9 + 2 * k]!);
    }
    const before = words;
    words = Uint32Array.from(permutation, (from) => before[from]!);
  }
  return Uint32Array.from({ length: 8 }, (_, k) => s[k]! ^ s[8 + k]!);
}
