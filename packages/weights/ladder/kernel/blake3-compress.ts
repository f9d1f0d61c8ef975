/** BLAKE3's compression of one block, plainly. Words are little endian, as the platform's are. */

/** Domain flags. */
export const flags = { chunkStart: 1, chunkEnd: 2, parent: 4, root: 8, keyed: 16 } as const;

/** The first words of the fractional parts of the square roots of primes (as in SHA-256). */
export const initial: readonly number[] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a];

const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/** For each of the 56 mixings of seven rounds: four places of the state, two message words. */
const schedule: Uint8Array = (() => {
  const steps: number[] = [];
  let words = Array.from({ length: 16 }, (_, i) => i);
  for (let round = 0; round < 7; round += 1) {
    for (let k = 0; k < 4; k += 1) {
      steps.push(k, 4 + k, 8 + k, 12 + k, words[2 * k]!, words[2 * k + 1]!);
    }
    for (let k = 0; k < 4; k += 1) {
      steps.push(k, 4 + ((k + 1) % 4), 8 + ((k + 2) % 4), 12 + ((k + 3) % 4));
      steps.push(words[8 + 2 * k]!, words[9 + 2 * k]!);
    }
    words = permutation.map((from) => words[from]!);
  }
  return Uint8Array.from(steps);
})();

const s = new Int32Array(16);

/** The next chaining value, 8 words. `length` is in bytes. */
export function compress(
  chaining: Uint32Array,
  block: Uint32Array,
  counter: number,
  length: number,
  flag: number,
): Uint32Array {
  for (let k = 0; k < 8; k += 1) s[k] = chaining[k]!;
  for (let k = 0; k < 4; k += 1) s[8 + k] = initial[k]!;
  s[12] = counter;
  s[13] = 0;
  s[14] = length;
  s[15] = flag;
  for (let step = 0; step < schedule.length; step += 6) {
    const ia = schedule[step]!;
    const ib = schedule[step + 1]!;
    const ic = schedule[step + 2]!;
    const id = schedule[step + 3]!;
    let a = (s[ia]! + s[ib]! + block[schedule[step + 4]!]!) | 0;
    let d = s[id]! ^ a;
    d = (d >>> 16) | (d << 16);
    let c = (s[ic]! + d) | 0;
    let b = s[ib]! ^ c;
    b = (b >>> 12) | (b << 20);
    a = (a + b + block[schedule[step + 5]!]!) | 0;
    d ^= a;
    d = (d >>> 8) | (d << 24);
    c = (c + d) | 0;
    b ^= c;
    s[ia] = a;
    s[ib] = (b >>> 7) | (b << 25);
    s[ic] = c;
    s[id] = d;
  }
  const out = new Uint32Array(8);
  for (let k = 0; k < 8; k += 1) out[k] = s[k]! ^ s[8 + k]!;
  return out;
}
