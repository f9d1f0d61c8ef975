/**
 * How sure it is that two models are related at all. The null hypothesis is that they were trained
 * independently, perhaps with one configuration and one set of data: then hidden units come in no
 * common order (initial weights are exchangeable and training does not know their order), so the
 * ranks of a run of one model are a random order beside those of the other's run at the same place.
 *
 * Runs on one stretch of one axis may share a pattern (columns with large means), so they count
 * together as one trial, by their mean: one for each length of an axis, whatever weight it is of.
 * Trials are independent under the null hypothesis; every bound used errs to the safe side.
 */
import type { Pair } from "./alignment.ts";
import { withinBounds } from "./bounded.ts";
import { coincidenceTail, combinedTail, rankTail } from "./chance.ts";
import type { Places } from "./places.ts";
import type { SketchedView } from "./sketch.ts";

/** Mean rank correlation that is told to people as agreement. */
const agreementMin = 0.25;

/**
 * Values that must coincide together, and how rare each must be among its view's values.
 */
const groupLength = 4;
const commonMax = 1 / 16;
/** Vectors shorter than this are norms and biases: their shape is shared by models that are not. */
const vectorMin = 512;

export type Significance = {
  /** Natural logarithm of a bound on the p-value. */
  readonly logP: number;
  readonly trials: number;
  readonly agreeing: number;
  /** Groups of rare values that coincide, every one. */
  readonly coincident: number;
};

/**
 * The evidence in some pairs. Short vectors (biases, norms) are left out.
 */
export function significanceOf(pairs: readonly Pair[]): Significance {
  const trials = new Map<string, { sum: number; count: number; length: number; choices: number }>();
  let groups = 0;
  let coincident = 0;
  for (const pair of pairs) {
    const { shape } = pair.candidate.view;
    const { places } = pair.candidate;
    if (!isTelling(shape)) continue;
    for (const { correlation, block } of pair.tests) {
      const label = trialLabel(shape, places, block);
      const { length } = places;
      const trial = trials.get(label) ?? { sum: 0, count: 0, length, choices: 1 };
      trial.sum += correlation;
      trial.count += 1;
      trial.choices = Math.max(trial.choices, pair.choices);
      trials.set(label, trial);
    }
    const seen = coincidencesOf(pair.candidate, pair.registered);
    groups += seen.groups;
    coincident += seen.coincident;
  }
  let agreeing = 0;
  const logs: number[] = [];
  for (const { sum, count, length, choices } of trials.values()) {
    if (sum / count > agreementMin) agreeing += 1;
    logs.push(Math.min(0, rankTail(sum / count, length) + Math.log(choices)));
  }
  const byRank = combinedTail(logs);
  const byValue = coincidenceTail(groups, coincident, commonMax ** groupLength);
  // Three tests, so each must be three times as sure.
  const logP = Math.min(0, Math.min(byRank, byValue, withinBounds(pairs)) + Math.log(3));
  return { logP, trials: trials.size, agreeing, coincident };
}

/** True for a shape whose places say something. */
export function isTelling(shape: readonly number[]): boolean {
  return shape.length > 1 || shape[0]! >= vectorMin;
}

/** Runs of one label count as one trial. A vector's stretches are of no known axis. */
export function trialLabel(shape: readonly number[], places: Places, block: number): string {
  return shape.length === 1 ? `vector ${shape[0]}` : `${places.along} ${block}`;
}

/** What an agreeing trial would say at most, as a logarithm of its p-value. */
export function trialPower(length: number): number {
  return -rankTail(1, length);
}

/**
 * Groups of four telling values that are all the same to the last bit. A value tells if it is not
 * zero and makes up at most a sixteenth of its view.
 */
function coincidencesOf(
  a: SketchedView,
  b: SketchedView,
): { readonly groups: number; readonly coincident: number } {
  const { length } = a.places;
  const runs = Math.min(a.places.starts.length, b.places.starts.length);
  const tally = new Map<number, number>();
  for (const value of a.values) tally.set(value, (tally.get(value) ?? 0) + 1);
  const most = a.values.length * commonMax;
  let coincident = 0;
  let groups = 0;
  let telling = 0;
  let same = true;
  // Only odd runs: even ones chose the pair.
  for (let run = 1; run < runs; run += 2) {
    for (let i = run * length; i < (run + 1) * length; i += 1) {
      const value = a.values[i]!;
      if (value === 0 || tally.get(value)! > most) continue;
      telling += 1;
      if (value !== b.values[i]) same = false;
      if (telling < groupLength) continue;
      groups += 1;
      if (same) coincident += 1;
      telling = 0;
      same = true;
    }
  }
  return { groups, coincident };
}
