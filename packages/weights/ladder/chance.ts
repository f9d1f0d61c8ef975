/**
 * Tail probabilities, as natural logarithms of upper bounds: conservative by construction, so
 * that a p-value stated from them is never too small.
 */

/**
 * ln of a bound on the p-value of a mean rank correlation over runs of `length` values when one
 * side's order is uniformly random. Spearman's coefficient then has variance 1 / (length − 1) and
 * tails no heavier than a normal's; runs that depend on one another make a mean no wilder than one.
 */
export function rankTail(correlation: number, length: number): number {
  return correlation > 0 ? (-(length - 1) * correlation * correlation) / 2 : 0;
}

/**
 * ln of a bound on the p-value of independent p-values taken together (Fisher), given their logs.
 */
export function combinedTail(logs: readonly number[]): number {
  const statistic = -2 * logs.reduce((sum, log) => sum + log, 0);
  const degrees = 2 * logs.length;
  if (logs.length === 0 || statistic <= degrees) return 0;
  // Chernoff's bound of the chi-squared distribution that Fisher's statistic is under.
  return -(statistic - degrees - degrees * Math.log(statistic / degrees)) / 2;
}

/**
 * ln of a bound on P(at least `seen` of `count` independent events), each of probability at most
 * `chance` (Chernoff and Hoeffding: −count times the relative entropy).
 */
export function coincidenceTail(count: number, seen: number, chance: number): number {
  const part = seen / count;
  if (!(part > chance)) return 0;
  const missed = part < 1 ? (1 - part) * Math.log((1 - part) / (1 - chance)) : 0;
  return -count * (part * Math.log(part / chance) + missed);
}

/**
 * ln of a bound on P(cosine ≥ `cosine`) between a fixed and a uniform direction of `dimensions`.
 */
export function directionTail(cosine: number, dimensions: number): number {
  if (cosine <= 0) return 0;
  return ((dimensions - 1) / 2) * Math.log(Math.max(1e-12, 1 - cosine * cosine));
}

/**
 * ln of the probability of a correlation of at least `seen` from `count` independent pairs whose
 * true correlation is `assumed` (Fisher's z, with the normal tail bounded by exp(−x²/2)).
 */
export function correlationTail(seen: number, assumed: number, count: number): number {
  const z = Math.atanh(Math.min(seen, 1 - 1e-12)) - Math.atanh(assumed);
  if (z <= 0 || count <= 3) return 0;
  const x = z * Math.sqrt(count - 3);
  return (-x * x) / 2;
}
