/** How often chance alone makes ranks agree. */
import { noiseOf } from "./noise.ts";

/**
 * Part of random orders of `length` whose Spearman correlation with the identity is `threshold`.
 */
export function rankAgreement(length: number, threshold: number, trials: number): number {
  const noise = noiseOf(length * 31 + 1);
  const order = Array.from({ length }, (_, i) => i);
  const centre = (length - 1) / 2;
  const size = order.reduce((sum, rank) => sum + (rank - centre) ** 2, 0);
  let hits = 0;
  for (let trial = 0; trial < trials; trial += 1) {
    for (let i = length - 1; i > 0; i -= 1) {
      const k = Math.floor(noise.uniform() * (i + 1));
      [order[i], order[k]] = [order[k]!, order[i]!];
    }
    const both = order.reduce((sum, rank, i) => sum + (rank - centre) * (i - centre), 0);
    if (both / size >= threshold) hits += 1;
  }
  return hits / trials;
}
