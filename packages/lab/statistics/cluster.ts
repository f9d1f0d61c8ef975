/**
 * Rollouts that share an item (a dataset, a paraphrase, a template) resemble each other. Counting
 * them as independent makes intervals too narrow: the published study did.
 */
import { assert } from "@writ/core";
import type { Count } from "./difference.ts";
import { type Interval, usualConfidence } from "./interval.ts";
import { betaQuantile, studentQuantile } from "./special.ts";

export type ClusteredRate = Count & {
  readonly clusters: number;
  /** How much larger the variance is than that of independent rollouts; 1 if it is not. */
  readonly designEffect: number;
  readonly interval: Interval;
};

/**
 * A rate over clusters with Korn and Graubard's interval (1998): Clopper and Pearson's at the
 * effective sample size, widened by the few degrees of freedom that few clusters leave.
 * One cluster alone says nothing of how clusters vary: its interval is everything.
 */
export function clusteredRate(
  clusters: readonly Count[],
  confidence = usualConfidence,
): ClusteredRate {
  const filled = clusters.filter(({ n }) => n > 0);
  const k = filled.reduce((sum, one) => sum + one.k, 0);
  const n = filled.reduce((sum, one) => sum + one.n, 0);
  const m = filled.length;
  if (m < 2 || n === 0) {
    return { k, n, clusters: m, designEffect: Number.NaN, interval: { low: 0, high: 1 } };
  }
  const rate = k / n;
  const independent = (rate * (1 - rate)) / n;
  const between = filled.reduce((sum, one) => sum + (one.k - rate * one.n) ** 2, 0);
  const variance = ((m / (m - 1)) * between) / (n * n);
  // Clusters never count for more than their rollouts, however alike they happen to be.
  const designEffect = independent === 0 ? 1 : Math.max(1, variance / independent);
  const tail = (1 - confidence) / 2;
  const student = studentQuantile(1 - tail, m - 1);
  const plain = studentQuantile(1 - tail, Math.max(1, n - 1));
  const size = Math.max(1, Math.min(n, (n / designEffect) * (plain / student) ** 2));
  const successes = rate * size;
  return {
    k,
    n,
    clusters: m,
    designEffect,
    interval: {
      low: k === 0 ? 0 : betaQuantile(tail, successes, size - successes + 1),
      high: k === n ? 1 : betaQuantile(1 - tail, successes + 1, size - successes),
    },
  };
}

/** Kish's design effect (1965) of m rollouts a cluster with intra-cluster correlation rho. */
export function designEffectOf(m: number, rho: number): number {
  assert(m >= 1, "a cluster has at least one rollout");
  return 1 + (m - 1) * rho;
}
