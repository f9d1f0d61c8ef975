/** Intervals of one proportion. The exact one is the headline; Wilson's is the narrow companion. */
import { betaQuantile, normalQuantile } from "./special.ts";

/** Both ends in [0, 1], or in [-1, 1] for a difference. */
export type Interval = { readonly low: number; readonly high: number };

/** How sure the lab's intervals are unless a command says otherwise. */
export const usualConfidence = 0.95;

/**
 * Clopper and Pearson's exact interval (1934): at least as sure as it says, for any true rate.
 * @param n trials; with none, nothing is known.
 */
export function clopperPearson(k: number, n: number, confidence = usualConfidence): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  return {
    low: k <= 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    high: k >= n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
  };
}

/** Wilson's score interval (1927): about as sure as it says, and never outside [0, 1]. */
export function wilson(k: number, n: number, confidence = usualConfidence): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const rate = k / n;
  const centre = rate + (z * z) / (2 * n);
  const spread = z * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return {
    low: k === 0 ? 0 : Math.max(0, (centre - spread) / scale),
    high: k === n ? 1 : Math.min(1, (centre + spread) / scale),
  };
}

/** The one-sided exact upper bound: "at most this", which k = 0 does not make zero. */
export function upperBound(k: number, n: number, confidence = usualConfidence): number {
  return k >= n ? 1 : betaQuantile(confidence, k + 1, n - k);
}
