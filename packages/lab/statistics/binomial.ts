/** The binomial distribution, exactly. */
import { assert } from "@writ/core";
import { incompleteBeta, logGamma } from "./special.ts";

/** P(X = k) of n trials with rate p. */
export function binomialMass(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  const ways = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** P(X ≥ k). */
export function binomialUpper(k: number, n: number, p: number): number {
  assert(n >= 0 && p >= 0 && p <= 1, "a binomial has n ≥ 0 and p in [0, 1]");
  if (k <= 0) return 1;
  return k > n ? 0 : incompleteBeta(p, k, n - k + 1);
}

/**
 * The study's test that a behaviour happens at all: one-sided and exact, against one in a thousand.
 * No success at all gives 1.
 */
export function happensAtAll(k: number, n: number, p0 = 0.001): number {
  return k === 0 ? 1 : binomialUpper(k, n, p0);
}

/** The fewest successes of n that {@link happensAtAll} calls significant; absent if none is. */
export function fewestToShow(n: number, level: number, p0 = 0.001): number | undefined {
  for (let k = 1; k <= n; k += 1) if (happensAtAll(k, n, p0) < level) return k;
  return undefined;
}
