/**
 * What it says that quantised values lie where their type's bound has them. Coarse types (ternary
 * ones) keep little of the order of the values, but each value that is not zero names a narrow
 * range that few of the original's values lie in.
 */
import type { Pair } from "./alignment.ts";
import { coincidenceTail } from "./chance.ts";
import type { SketchedView } from "./sketch.ts";

/** A value tells if at most this part of the registered view's values would do in its place. */
const commonMax = 1 / 16;

/**
 * ln of a bound on the p-value. Columns may share a pattern, so each place of an axis counts once,
 * over all weights with an axis of that length, and only if every telling value there is within its
 * bound. Each view may have been chosen for that among its rivals, which is paid for in full.
 */
export function withinBounds(pairs: readonly Pair[]): number {
  const places = new Map<string, boolean>();
  let choices = 0;
  for (const { candidate, registered, choices: among } of pairs) {
    if (candidate.view.shape.length < 2) continue;
    if (candidate.slack === undefined && registered.slack === undefined) continue;
    const seen = lookAt(candidate, registered);
    for (const [place, within] of seen) {
      places.set(place, within && (places.get(place) ?? true));
    }
    choices += Math.log(among);
  }
  const within = [...places.values()].filter((one) => one).length;
  return Math.min(0, coincidenceTail(places.size, within, commonMax) + choices);
}

/** For each place of the axis with a telling value in an odd run: whether all are within bounds. */
function lookAt(a: SketchedView, b: SketchedView): ReadonlyMap<string, boolean> {
  const { length, step, along, starts } = a.places;
  const runs = Math.min(starts.length, b.places.starts.length);
  const sorted = b.values.toSorted();
  const places = new Map<string, boolean>();
  for (let run = 1; run < runs; run += 2) {
    for (let k = 0; k < length; k += 1) {
      const i = run * length + k;
      const x = a.values[i]!;
      const bound = (a.slack?.[i] ?? 0) + (b.slack?.[i] ?? 0);
      if (x === 0 || !(bound >= 0)) continue;
      const common = below(sorted, x + bound) - below(sorted, x - bound);
      if (common > commonMax * sorted.length) continue;
      const place = `${along} ${(Math.floor(starts[run]! / step) + k) % along}`;
      const within = Math.abs(x - b.values[i]!) <= bound;
      places.set(place, within && (places.get(place) ?? true));
    }
  }
  return places;
}

/** How many of some sorted values are below a limit. */
function below(sorted: Float32Array, limit: number): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
