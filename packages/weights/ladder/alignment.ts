/**
 * Which view of a candidate is which view of a registered model, by values alone. Runs of even
 * number choose the pairing; runs of odd number are kept for the test, so that having chosen the
 * best of many does not make an unrelated pair look related.
 */
import { changeBetween, rankRuns } from "./correlation.ts";
import type { SketchedView } from "./sketch.ts";

export type Pair = {
  readonly candidate: SketchedView;
  readonly registered: SketchedView;
  /** Rank correlation over the runs that chose the pair. */
  readonly chosenBy: number;
  /** Rank correlation over all runs. */
  readonly similarity: number;
  /** Rank correlation of each run of odd number, with the stretch of its axis it lies on. */
  readonly tests: readonly { readonly correlation: number; readonly block: number }[];
  /** Pairings that this one was chosen among. */
  readonly choices: number;
};

/** A pair less alike than this over the choosing runs is no pair. */
const chosenMin = 0.3;
/** What a difference of size weighs against one of order. */
const sizeWeight = 0.05;

/** A view with what is only worked out if it is asked for: most of a register never is. */
class Ranked {
  readonly view: SketchedView;
  /** True if something varies in the choosing runs. */
  readonly varies: boolean;
  /** The first values of the choosing runs as text: equal ones are tried before like ones. */
  readonly exactly: string;
  readonly runs: number;
  #ranks: Float32Array | undefined;
  #chooser: Float32Array | undefined;

  constructor(view: SketchedView, runs: number) {
    const { length } = view.places;
    this.view = view;
    this.runs = runs;
    this.varies = variesIn(view.values, runs, length);
    this.exactly = textOf(view.values, length);
  }

  get ranks(): Float32Array {
    const { values, places } = this.view;
    this.#ranks ??= rankRuns(values.subarray(0, this.runs * places.length), places.length);
    return this.#ranks;
  }

  /** Ranks of the choosing runs, scaled to unit length, if anything varies there. */
  get chooser(): Float32Array {
    this.#chooser ??= chooserOf(this.ranks, this.runs, this.view.places.length);
    return this.#chooser;
  }
}

/**
 * Pairs of two models' views of one key, each view in one pair at most: first those whose values
 * are the same, so that a copy is not paired with what was trained from it, then the most alike.
 */
export function alignViews(
  candidates: readonly SketchedView[],
  registered: readonly SketchedView[],
): readonly Pair[] {
  if (candidates.length === 0 || registered.length === 0) return [];
  const runs = fewestRuns([...candidates, ...registered]);
  const ours = candidates.map((view) => rank(view, runs));
  const rivals = rivalsOf(registered, runs);
  const theirs = rivals.ranked;
  const taken = new Set<Ranked>();
  const pairs: Pair[] = sameValues(ours, rivals, taken);
  if (ours.every((view) => !view.varies || taken.has(view))) return pairs;
  pairs.push(...inOrder(ours, theirs, taken, runs));
  const choices = theirs.length;
  const scored: { a: Ranked; b: Ranked; score: number; order: number }[] = [];
  for (const a of ours) {
    if (!a.varies || taken.has(a)) continue;
    for (const b of theirs) {
      if (!b.varies || taken.has(b)) continue;
      const score = likeness(a, b);
      if (score < chosenMin) continue;
      // Tables that are multiples of one another rank alike: their size tells them apart.
      const away = Math.min(1, changeBetween(a.view.values, b.view.values));
      scored.push({ a, b, score, order: score - away * sizeWeight });
    }
  }
  scored.sort((x, y) => y.order - x.order);
  for (const { a, b, score } of scored) {
    if (taken.has(a) || taken.has(b)) continue;
    taken.add(a).add(b);
    pairs.push(pairOf(a, b, { chosenBy: score, choices, runs }));
  }
  return pairs;
}

function fewestRuns(views: readonly SketchedView[]): number {
  return views.reduce((least, { places }) => Math.min(least, places.starts.length), Infinity);
}

/** The registered views of one key, to be found by their first values. */
type Rivals = {
  readonly runs: number;
  readonly ranked: readonly Ranked[];
  readonly byValues: ReadonlyMap<string, readonly Ranked[]>;
};

/** Rivals of groups that are compared again and again. */
const rivalsKnown = new WeakMap<readonly SketchedView[], Rivals>();

function rivalsOf(registered: readonly SketchedView[], runs: number): Rivals {
  const before = rivalsKnown.get(registered);
  if (before?.runs === runs) return before;
  const ranked = registered.map((view) => rank(view, runs));
  const byValues = new Map<string, Ranked[]>();
  for (const rival of ranked) {
    if (!rival.varies) continue;
    const same = byValues.get(rival.exactly);
    if (same === undefined) byValues.set(rival.exactly, [rival]);
    else same.push(rival);
  }
  const rivals = { runs, ranked, byValues };
  rivalsKnown.set(registered, rivals);
  return rivals;
}

/** Pairs whose choosing runs hold the same values; of several, the one of the like place. */
function sameValues(
  ours: readonly Ranked[],
  { byValues, ranked, runs }: Rivals,
  taken: Set<Ranked>,
): Pair[] {
  const pairs: Pair[] = [];
  const choices = ranked.length;
  for (const a of ours) {
    if (!a.varies) continue;
    const like = byValues.get(a.exactly);
    const same = like?.filter((b) => !taken.has(b) && isSame(a.view, b.view, runs));
    if (same === undefined || same.length === 0) continue;
    const b = same.find(({ view }) => view.view.weight === a.view.view.weight) ?? same[0]!;
    taken.add(a).add(b);
    pairs.push(pairOf(a, b, { chosenBy: 1, choices, runs }));
  }
  return pairs;
}

/** True if all choosing runs hold the same values. */
function isSame(a: SketchedView, b: SketchedView, runs: number): boolean {
  const { length } = a.places;
  for (let run = 0; run < runs; run += 2) {
    for (let i = run * length; i < (run + 1) * length; i += 1) {
      if (a.values[i] !== b.values[i]) return false;
    }
  }
  return true;
}

/** So alike that no other pairing need be tried. */
const surelyMin = 0.9;

/** Most copies keep their tensors in order: pairs of like places that are plainly the same. */
function inOrder(
  ours: readonly Ranked[],
  theirs: readonly Ranked[],
  taken: Set<Ranked>,
  runs: number,
): Pair[] {
  const wholes = new Map<number, Ranked>();
  for (const b of theirs) if (b.view.view.how === "") wholes.set(b.view.view.weight, b);
  const pairs: Pair[] = [];
  for (const a of ours) {
    const b = wholes.get(a.view.view.weight);
    if (b === undefined || taken.has(a) || taken.has(b)) continue;
    if (!a.varies || !b.varies) continue;
    const score = dot(a.chooser, b.chooser);
    if (score < surelyMin) continue;
    taken.add(a).add(b);
    pairs.push(pairOf(a, b, { chosenBy: score, choices: 1, runs }));
  }
  return pairs;
}

/**
 * How alike two views are over the choosing runs: in the order of their values, or where one is
 * quantised and has few levels, in the values.
 */
function likeness(a: Ranked, b: Ranked): number {
  const byRank = dot(a.chooser, b.chooser);
  if (a.view.slack === undefined && b.view.slack === undefined) return byRank;
  const { length, starts } = a.view.places;
  const runs = Math.min(starts.length, b.view.places.starts.length);
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let run = 0; run < runs; run += 2) {
    for (let i = run * length; i < (run + 1) * length; i += 1) {
      const x = a.view.values[i]!;
      const y = b.view.values[i]!;
      both += x * y;
      squareA += x * x;
      squareB += y * y;
    }
  }
  const size = Math.sqrt(squareA * squareB);
  return size > 0 ? Math.max(byRank, both / size) : byRank;
}

/** Ranks of views that are compared again and again: the register's, mostly. */
const known = new WeakMap<SketchedView, Ranked>();

function rank(view: SketchedView, runs: number): Ranked {
  const before = known.get(view);
  if (before?.runs === runs) return before;
  const ranked = new Ranked(view, runs);
  known.set(view, ranked);
  return ranked;
}

/** How many runs choose: a model with one run alone has none to spare for choosing. */
function choosingOf(runs: number): number {
  return Math.max(1, Math.ceil(runs / 2));
}

function variesIn(values: Float32Array, runs: number, length: number): boolean {
  for (let run = 0; run < choosingOf(runs); run += 1) {
    const from = 2 * run * length;
    for (let i = from + 1; i < from + length; i += 1) if (values[i] !== values[from]) return true;
  }
  return false;
}

/** One text for values that are equal, whatever the sign of their zeros. */
function textOf(values: Float32Array, length: number): string {
  const first = values.slice(0, length);
  for (let i = 0; i < length; i += 1) if (first[i] === 0) first[i] = 0;
  const halves = new Uint16Array(first.buffer) as unknown as number[];
  return Reflect.apply(String.fromCharCode, undefined, halves);
}

function chooserOf(ranks: Float32Array, runs: number, length: number): Float32Array {
  const choosing = choosingOf(runs);
  const chooser = new Float32Array(choosing * length);
  for (let i = 0; i < choosing; i += 1) {
    chooser.set(ranks.subarray(2 * i * length, (2 * i + 1) * length), i * length);
  }
  const size = Math.sqrt(dot(chooser, chooser));
  if (size > 0) for (let i = 0; i < chooser.length; i += 1) chooser[i]! /= size;
  return chooser;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * A run where both sides have ties beyond this part of the spread that ranks have without any says
 * less than its length: two sparse runs agree by chance where both are zero.
 */
const spreadMin = 0.8;

function pairOf(
  a: Ranked,
  b: Ranked,
  { chosenBy, choices, runs }: { chosenBy: number; choices: number; runs: number },
): Pair {
  const { length, blocks } = a.view.places;
  const spread = spreadMin * ((length ** 3 - length) / 12);
  const tests: { correlation: number; block: number }[] = [];
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let run = 0; run < runs; run += 1) {
    const x = a.ranks.subarray(run * length, (run + 1) * length);
    const y = b.ranks.subarray(run * length, (run + 1) * length);
    const xy = dot(x, y);
    const xx = dot(x, x);
    const yy = dot(y, y);
    both += xy;
    squareA += xx;
    squareB += yy;
    if (run % 2 === 1 && xx > 0 && yy > 0 && Math.max(xx, yy) >= spread) {
      tests.push({ correlation: xy / Math.sqrt(xx * yy), block: blocks[run]! });
    }
  }
  const size = Math.sqrt(squareA * squareB);
  const similarity = size > 0 ? both / size : 0;
  return { candidate: a.view, registered: b.view, chosenBy, similarity, tests, choices };
}
