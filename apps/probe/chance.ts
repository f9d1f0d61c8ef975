/** Chance that nobody on the host can foretell, without a call of the kernel's for each number. */

/** 48 bits are plenty to place a sample. */
const numberBytes = 6;
/** Numbers drawn at a time: a look asks for one a file, and a call for each was a third of it. */
const numbersPerDraw = 1024;

/** Numbers from 0 up to, not including, 1; `fill` fills bytes with chance. */
export function openChance(fill: (bytes: Buffer) => unknown): () => number {
  const bytes = Buffer.alloc(numberBytes * numbersPerDraw);
  let at = bytes.length;
  return () => {
    if (at === bytes.length) {
      fill(bytes);
      at = 0;
    }
    const number = bytes.readUIntBE(at, numberBytes) / 2 ** 48;
    // Who reads the probe's memory later learns only what is yet to come of this draw.
    bytes.fill(0, at, at + numberBytes);
    at += numberBytes;
    return number;
  };
}
