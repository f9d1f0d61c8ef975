/** The same artefact judged twice, once in each arm: only pairs that differ say anything. */
import { binomialUpper } from "./binomial.ts";
import { type Interval, usualConfidence, wilson } from "./interval.ts";

/** Pairs by what the two arms showed: both, only the first, only the second, neither. */
export type Pairs = {
  readonly both: number;
  readonly first: number;
  readonly second: number;
  readonly neither: number;
};

/** McNemar's test in its exact form: a sign test on the discordant pairs, two-sided. */
export function mcnemarExact({ first, second }: Pairs): number {
  const discordant = first + second;
  if (discordant === 0) return 1;
  return Math.min(1, 2 * binomialUpper(Math.max(first, second), discordant, 0.5));
}

/**
 * Newcombe's interval of a paired difference (1998, method 10): Wilson's of each arm, joined with
 * the correlation of the pairs. Without it a paired design would give its gain away.
 */
export function pairedInterval(pairs: Pairs, confidence = usualConfidence): Interval {
  const { both, first, second, neither } = pairs;
  const n = both + first + second + neither;
  if (n === 0) return { low: -1, high: 1 };
  const [rateA, rateB] = [(both + first) / n, (both + second) / n];
  const ofA = wilson(both + first, n, confidence);
  const ofB = wilson(both + second, n, confidence);
  const phi = correlation(pairs);
  const join = (x: number, y: number) => Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  return {
    low: rateA - rateB - join(rateA - ofA.low, ofB.high - rateB),
    high: rateA - rateB + join(ofA.high - rateA, rateB - ofB.low),
  };
}

/** Phi, with Newcombe's continuity correction where it is positive. */
function correlation({ both, first, second, neither }: Pairs): number {
  const n = both + first + second + neither;
  const margins = (both + first) * (second + neither) * (both + second) * (first + neither);
  if (margins === 0) return 0;
  const raw = both * neither - first * second;
  const corrected = raw > n / 2 ? raw - n / 2 : Math.min(raw, 0);
  return corrected / Math.sqrt(margins);
}
