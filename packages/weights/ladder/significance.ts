/**
 * How sure it is that two models are related at all. The null hypothesis is that they were trained
 * independently, perhaps with one configuration and one set of data: then hidden units come in no
 * common order (initial weights are exchangeable and training does not know their order), so the
 * ranks of a run of one model are a random order beside those of the other's run at the same place.
 *
 * Runs on one stretch of one axis may share a pattern (columns with large means), so they count
 * together as one trial, by their mean. Kernels with more than two axes have axes that are in a
 * common order (pixels), so all runs of one such shape are one trial. Trials are independent under
 * the null hypothesis; every bound used errs to the safe side.
 */
import type { Pair } from "./alignment.ts";
import { combinedTail, rankTail } from "./chance.ts";
import type { SketchedView } from "./sketch.ts";

/** Mean rank correlation that is told to people as agreement. */
const agreementMin = 0.25;

/**
 * Values of a run that must coincide exactly, and how rare each must be among its view's values.
 */
const coincidencesMin = 4;
const commonMax = 1 / 16;

export type Significance = {
  /** Natural logarithm of a bound on the p-value. */
  readonly logP: number;
  readonly trials: number;
  readonly agreeing: number;
  /** Runs of which every telling value coincides exactly. */
  readonly coincident: number;
};

/**
 * The evidence in some pairs. Vectors (biases, norms) are left out: models do share their shape.
 */
export function significanceOf(pairs: readonly Pair[]): Significance {
  const trials = new Map<string, { sum: number; count: number; readonly length: number }>();
  let runs = 0;
  let coincident = 0;
  for (const pair of pairs) {
    const { shape } = pair.candidate.view;
    const { length } = pair.candidate.places;
    if (shape.length < 2) continue;
    for (const { correlation, block } of pair.tests) {
      const label = trialLabel(shape, block);
      const trial = trials.get(label) ?? { sum: 0, count: 0, length };
      trial.sum += correlation;
      trial.count += 1;
      trials.set(label, trial);
    }
    const seen = coincidencesOf(pair.candidate, pair.registered);
    runs += seen.runs;
    coincident += seen.coincident;
  }
  let agreeing = 0;
  const logs: number[] = [];
  for (const { sum, count, length } of trials.values()) {
    if (sum / count > agreementMin) agreeing += 1;
    logs.push(rankTail(sum / count, length));
  }
  const byRank = combinedTail(logs);
  const byValue = coincident === 0 ? 0 : coincident * Math.log(runs * 2 ** -16);
  // Two tests, so each must be twice as sure.
  const logP = Math.min(0, Math.min(byRank, byValue) + Math.LN2);
  return { logP, trials: trials.size, agreeing, coincident };
}

/** Runs of one label count as one trial. */
export function trialLabel(shape: readonly number[], block: number): string {
  return shape.length === 2 ? `${shape[1]} ${block}` : shape.join("x");
}

/**
 * Runs whose telling values are all the same to the last bit. A value tells if it is not zero and
 * makes up at most a sixteenth of its view; four of them coincide by chance in under 2^-16 of runs.
 */
function coincidencesOf(
  a: SketchedView,
  b: SketchedView,
): { readonly runs: number; readonly coincident: number } {
  const { length } = a.places;
  const runs = Math.min(a.places.starts.length, b.places.starts.length);
  const tally = new Map<number, number>();
  for (const value of a.values) tally.set(value, (tally.get(value) ?? 0) + 1);
  const most = a.values.length * commonMax;
  let coincident = 0;
  // Only odd runs: even ones chose the pair.
  let tested = 0;
  for (let run = 1; run < runs; run += 2) {
    let telling = 0;
    let same = true;
    for (let i = run * length; i < (run + 1) * length; i += 1) {
      const value = a.values[i]!;
      if (value === 0 || tally.get(value)! > most) continue;
      telling += 1;
      if (value !== b.values[i]) same = false;
    }
    if (telling < coincidencesMin) continue;
    tested += 1;
    if (same) coincident += 1;
  }
  return { runs: tested, coincident };
}
