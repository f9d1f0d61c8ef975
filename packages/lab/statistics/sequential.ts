/** Bounds that stay true however often somebody looks, and a test that may stop early. */
import { type Interval, usualConfidence } from "./interval.ts";
import { logBeta, solve } from "./special.ts";

/**
 * Rates not yet ruled out at any look so far: the confidence sequence of the Beta-mixture
 * martingale with Jeffreys's prior (Robbins 1970). Wider than a fixed interval: looking has a
 * price.
 */
export function anytimeInterval(k: number, n: number, confidence = usualConfidence): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const mixture = logBeta(k + 0.5, n - k + 0.5) - logBeta(0.5, 0.5);
  const limit = -Math.log(1 - confidence);
  const evidence = (p: number) => {
    const likelihood = (k === 0 ? 0 : k * Math.log(p)) + (k === n ? 0 : (n - k) * Math.log1p(-p));
    return mixture - likelihood - limit;
  };
  const rate = k / n;
  return {
    low: k === 0 ? 0 : solve((p) => -evidence(p), 0, rate),
    high: k === n ? 1 : solve(evidence, rate, 1),
  };
}

export type SprtAim = {
  /** The rate that is fine, and the larger one that is not. */
  readonly fine: number;
  readonly bad: number;
  readonly alpha: number;
  readonly beta: number;
};

/** Wald's sequential probability ratio test (1945). */
export function sprt(k: number, n: number, aim: SprtAim): "fine" | "bad" | "go on" {
  const { fine, bad, alpha, beta } = aim;
  const ratio = k * Math.log(bad / fine) + (n - k) * Math.log((1 - bad) / (1 - fine));
  if (ratio >= Math.log((1 - beta) / alpha)) return "bad";
  return ratio <= Math.log(beta / (1 - alpha)) ? "fine" : "go on";
}
