/**
 * Shannon entropy of bytes sampled from a file, in thousandths of a bit per byte. Trained weights
 * in 16 bits lie at 6 to 7.8 bits, quantised, compressed and encrypted bytes near 8, text below 5.
 */
export type Histogram = Float64Array;

export function emptyHistogram(): Histogram {
  return new Float64Array(256);
}

/** Adds a block's bytes to a histogram. */
export function addBlock(histogram: Histogram, block: Uint8Array): void {
  for (const byte of block) histogram[byte] = histogram[byte]! + 1;
}

/** 0 to 8000. */
export function entropyOf(histogram: Histogram): number {
  let total = 0;
  for (const count of histogram) total += count;
  if (total === 0) return 0;
  let bits = 0;
  for (const count of histogram) {
    if (count > 0) bits -= (count / total) * Math.log2(count / total);
  }
  return Math.min(8000, Math.max(0, Math.round(bits * 1000)));
}
