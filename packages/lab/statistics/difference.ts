/** Two independent proportions: is one larger, and by how much? */
import { type Interval, usualConfidence, wilson } from "./interval.ts";
import { logGamma, normalUpper } from "./special.ts";

export type Count = { readonly k: number; readonly n: number };

/**
 * The study's test: pooled two-proportion z, two-sided.
 * @returns p = 1 where the pooled rate is 0 or 1.
 */
export function pooledZ(a: Count, b: Count): { readonly z: number; readonly p: number } {
  const pooled = (a.k + b.k) / (a.n + b.n);
  if (a.n === 0 || b.n === 0 || pooled === 0 || pooled === 1) return { z: 0, p: 1 };
  const z = (a.k / a.n - b.k / b.n) / Math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n));
  return { z, p: Math.min(1, 2 * normalUpper(Math.abs(z))) };
}

/** Fisher's exact test, two-sided: all tables as unlikely as this one, or more so. */
export function fisherExact(a: Count, b: Count): number {
  const successes = a.k + b.k;
  const whole = logChoose(a.n + b.n, successes);
  const mass = (k: number) => Math.exp(logChoose(a.n, k) + logChoose(b.n, successes - k) - whole);
  const seen = mass(a.k);
  let sum = 0;
  for (let k = Math.max(0, successes - b.n); k <= Math.min(a.n, successes); k += 1) {
    const one = mass(k);
    // Tables equally likely by symmetry differ in their last digits.
    if (one <= seen * (1 + 1e-7)) sum += one;
  }
  return Math.min(1, sum);
}

/** Newcombe's interval of a difference (1998, method 10): from the Wilson interval of each. */
export function differenceInterval(a: Count, b: Count, confidence = usualConfidence): Interval {
  if (a.n === 0 || b.n === 0) return { low: -1, high: 1 };
  const [ofA, ofB] = [wilson(a.k, a.n, confidence), wilson(b.k, b.n, confidence)];
  const [rateA, rateB] = [a.k / a.n, b.k / b.n];
  return {
    low: rateA - rateB - Math.hypot(rateA - ofA.low, ofB.high - rateB),
    high: rateA - rateB + Math.hypot(ofA.high - rateA, rateB - ofB.low),
  };
}

/** ln of n over k. */
export function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
