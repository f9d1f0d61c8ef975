/**
 * A candidate's sketch against one fingerprint: which weights are which, what became of each, and
 * how sure it is that the two are related at all.
 */
import { alignViews, type Pair } from "./alignment.ts";
import { changeBetween } from "./correlation.ts";
import { partsOf, plainest } from "./part.ts";
import { nearChangeMax, type Relation, relate } from "./relation.ts";
import {
  isTelling,
  type Significance,
  significanceOf,
  trialLabel,
  trialPower,
} from "./significance.ts";
import type { Sketch, SketchedView, WeightFacts } from "./sketch.ts";

/** One weight of the candidate (or a part of it), found in the registered model. */
export type Match = {
  readonly pair: Pair;
  readonly relation: Relation;
  /** False for constants (all ones, all zeros) that coincide: they count, but prove nothing. */
  readonly telling: boolean;
};

export type Comparison = {
  readonly matches: readonly Match[];
  readonly significance: Significance;
  /** −ln of the p-value that the candidate's views of the registered shapes could have given. */
  readonly power: number;
  /** Part of the registered values that lie in matched weights, and likewise of the candidate's. */
  readonly registeredPart: number;
  readonly candidatePart: number;
  /** True if all are matched that training can have made, and likewise of the candidate's. */
  readonly registeredWhole: boolean;
  readonly candidateWhole: boolean;
  /** Part of the candidate's values in weights of a shape that the registered model has too. */
  readonly sameShapePart: number;
};

/** What a comparison needs to know of the registered side. */
export type Registered = {
  readonly weights: readonly WeightFacts[];
  readonly views: readonly SketchedView[];
};

/** Levels that a run must show to count as one that could have agreed. */
const levelsMin = 4;

/** Compares. Both sketches must have been taken under one key. */
export function compareSketches(candidate: Sketch, registered: Registered): Comparison {
  const theirs = registeredByKey(registered.views);
  const ours = byKey(candidate.views);
  const chosen: Pair[] = [];
  const flat: Pair[] = [];
  const matches: Match[] = [];
  const placed = new Set<number>();
  const used = new Set<SketchedView>();
  // Whole weights first; what they do not explain is then tried in parts.
  for (const wholeOnly of [true, false]) {
    const found: Pair[] = [];
    for (const [key, views] of ours) {
      const all = theirs.get(key) ?? [];
      const rivals = used.size === 0 ? all : all.filter((view) => !used.has(view));
      const free = views.filter(
        ({ view }) => (view.how === "") === wholeOnly && !placed.has(view.weight),
      );
      found.push(...alignViews(free, rivals));
      if (wholeOnly) flat.push(...flatPairs(free, rivals));
    }
    chosen.push(...found);
    for (const match of matchesOf(found, candidate, registered, true)) {
      matches.push(match);
      placed.add(match.pair.candidate.view.weight);
      used.add(match.pair.registered);
    }
  }
  matches.push(...matchesOf(flat, candidate, registered, false));
  for (const { pair } of matches) placed.add(pair.candidate.view.weight);
  const found = new Set(matches.map(({ pair }) => pair.registered.view.weight));
  for (const [key, views] of ours) {
    const free = views.filter(({ view }) => view.how === "" && !placed.has(view.weight));
    const rivals = theirs
      .get(key)
      ?.filter(({ view }) => view.how === "" && !found.has(view.weight));
    matches.push(...matchesOf(nearPairs(free, rivals ?? []), candidate, registered, false));
  }
  const plain = plainest(matches, candidate.weights);
  return summarise(candidate, registered, { chosen, matches: plain, keys: new Set(theirs.keys()) });
}

/** Weighs up a comparison again after more pairs were found by another route. */
export function withMorePairs(
  comparison: Comparison,
  pairs: readonly Pair[],
  candidate: Sketch,
  registered: Registered,
): Comparison {
  const matches = [...comparison.matches, ...matchesOf(pairs, candidate, registered, true)];
  return { ...comparison, matches, ...partsOf(matches, candidate, registered) };
}

type ByKey = ReadonlyMap<string, readonly SketchedView[]>;

/** Views of the register, which is compared again and again. */
const grouped = new WeakMap<readonly SketchedView[], ByKey>();

/** Views of a registered model by their key. */
export function registeredByKey(views: readonly SketchedView[]): ByKey {
  const groups = grouped.get(views) ?? byKey(views);
  grouped.set(views, groups);
  return groups;
}

function byKey(views: readonly SketchedView[]): ByKey {
  const groups = new Map<string, SketchedView[]>();
  for (const view of views) {
    const group = groups.get(view.key);
    if (group === undefined) groups.set(view.key, [view]);
    else group.push(view);
  }
  return groups;
}

function matchesOf(
  pairs: readonly Pair[],
  candidate: Sketch,
  registered: Registered,
  telling: boolean,
): Match[] {
  return pairs
    .map((pair) => ({
      pair,
      telling,
      relation: relate(
        pair,
        candidate.weights[pair.candidate.view.weight]!,
        registered.weights[pair.registered.view.weight]!,
      ),
    }))
    .filter((match) => match.relation.kind !== "unlike");
}

/** Views that do not vary and hold the same constant. */
function flatPairs(
  candidates: readonly SketchedView[],
  registered: readonly SketchedView[],
): readonly Pair[] {
  const flat = candidates.filter(({ values }) => isConstant(values));
  const constants = flat.length === 0 ? [] : registered.filter(({ values }) => isConstant(values));
  const pairs: Pair[] = [];
  for (const candidate of flat) {
    const at = constants.findIndex((view) => view.values[0] === candidate.values[0]);
    if (at < 0) continue;
    const [twin] = constants.splice(at, 1);
    pairs.push({ candidate, registered: twin!, chosenBy: 0, similarity: 0, tests: [], choices: 1 });
  }
  return pairs;
}

/** Most views on either side that are tried with one another for nearness. */
const nearMax = 256;

/** Views whose values are near one another though their order says nothing: the nearest first. */
function nearPairs(
  candidates: readonly SketchedView[],
  registered: readonly SketchedView[],
): readonly Pair[] {
  const near: { readonly pair: Pair; readonly change: number }[] = [];
  for (const candidate of candidates.slice(0, nearMax)) {
    for (const rival of registered.slice(0, nearMax)) {
      const change = changeBetween(candidate.values, rival.values);
      if (change > nearChangeMax) continue;
      const none = { chosenBy: 0, similarity: 0, tests: [], choices: 1 };
      near.push({ pair: { candidate, registered: rival, ...none }, change });
    }
  }
  const taken = new Set<SketchedView>();
  return near
    .toSorted((a, b) => a.change - b.change)
    .filter(({ pair }) => {
      if (taken.has(pair.candidate) || taken.has(pair.registered)) return false;
      taken.add(pair.candidate).add(pair.registered);
      return true;
    })
    .map(({ pair }) => pair);
}

/** True if all values are the same. */
export function isConstant(values: Float32Array): boolean {
  return values.every((value) => value === values[0]);
}

function summarise(
  candidate: Sketch,
  registered: Registered,
  seen: {
    readonly chosen: readonly Pair[];
    readonly matches: readonly Match[];
    readonly keys: ReadonlySet<string>;
  },
): Comparison {
  const trials = new Map<string, number>();
  let sameShape = 0;
  for (const sketched of candidate.views) {
    const { view, key } = sketched;
    if (!seen.keys.has(key)) continue;
    if (view.how === "") {
      sameShape += candidate.standsFor[view.weight]! * candidate.weights[view.weight]!.elements;
    }
    for (const label of labelsOf(sketched)) trials.set(label, trialPower(sketched.places.length));
  }
  const total = candidate.weights.reduce((sum, weight) => sum + weight.elements, 0);
  return {
    matches: seen.matches,
    significance: significanceOf(seen.chosen),
    power: [...trials.values()].reduce((sum, power) => sum + power, 0),
    ...partsOf(seen.matches, candidate, registered),
    sameShapePart: total > 0 ? sameShape / total : 0,
  };
}

/** Trials that a view can give, for views that are compared again and again. */
const known = new WeakMap<SketchedView, ReadonlySet<string>>();

function labelsOf(sketched: SketchedView): ReadonlySet<string> {
  const before = known.get(sketched);
  if (before !== undefined) return before;
  const { view, places, values } = sketched;
  const labels = new Set<string>();
  known.set(sketched, labels);
  if (!isTelling(view.shape)) return labels;
  for (let run = 1; run < places.blocks.length; run += 2) {
    // A run of three levels (ternary types) says so little of the order that silence is none.
    const levels = new Set(values.subarray(run * places.length, (run + 1) * places.length));
    if (levels.size >= levelsMin) labels.add(trialLabel(view.shape, places, places.blocks[run]!));
  }
  return labels;
}
