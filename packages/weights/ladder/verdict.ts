/**
 * What a comparison means: the verdict, with its evidence, said no more surely than it is known.
 */
import type { Comparison, Match } from "./compare.ts";
import type { Fingerprint } from "./enrolment.ts";
import { type Relation, type RelationKind, relationKinds } from "./relation.ts";
import type { RowsFound } from "./rows.ts";
import type { Sketch } from "./sketch.ts";

/** Closest first; `cannot-tell` last. */
export const verdicts = [
  "identical",
  "same-values",
  "cast",
  "quantised",
  "fine-tuned",
  "altered",
  "fragment",
  "unrelated",
  "cannot-tell",
] as const;
export type Verdict = (typeof verdicts)[number];

export type EvidenceKind =
  | ("file-digest" | "tensor-digests" | "chunks" | "values" | "type-bound" | "distance")
  | ("permuted-rows" | "rotary-order" | "rotated" | "scaled" | "pruned" | "parts" | "power")
  | ("relatives" | "trees");

export type Evidence = { readonly kind: EvidenceKind; readonly detail: string };

/**
 * `pValue`: an upper bound on the probability that models trained independently look as alike, over
 * the whole register. `bound`: the largest part of the values that may differ unseen (0: none).
 */
export type IdentityError = { readonly pValue: number } | { readonly bound: number };

export type Judgement = {
  readonly verdict: Verdict;
  /** Part of the registered values that the candidate holds, 0 to 1. */
  readonly completeness: number;
  readonly error: IdentityError;
  readonly evidence: readonly Evidence[];
  /** Mean relative change of the matched values: 0 for equal ones. */
  readonly distance: number;
};

/** What second looks found. */
export type Disguises = {
  readonly rows: readonly RowsFound[];
  readonly rotated: { readonly correlation: number; readonly logP: number } | undefined;
};

/** Part of a model that may be unexplained (small vectors) in a whole match of changed values. */
const wholeMin = 0.98;
/** Part of a model under which something else's behaviour is not its verdict. */
const traceMax = 0.01;
/** Values that changed by more than this are no longer a light training's doing. */
const tunedChangeMax = 0.5;
/** Part of the registered values that must be shared for it to count as a fragment. */
const fragmentMin = 0.01;

/** Weights that a small fragment must share. */
const fragmentWeightsMin = 3;

/** The smallest p-value that is printed: smaller ones have no meaning beyond it. */
export const pValueMin = 1e-300;

/** A p-value from its logarithm, within what is printed. */
export function pValueOf(logP: number): number {
  return Math.max(pValueMin, Math.min(1, Math.exp(logP)));
}

type Sides = { readonly candidate: Sketch; readonly registered: Fingerprint };
type Tally = { readonly [kind in RelationKind]: number };

/** Judges models that are related beyond doubt. `logP` is corrected for the register's size. */
export function judge(
  comparison: Comparison,
  sides: Sides,
  found: { readonly logP: number; readonly disguises: Disguises },
): Judgement {
  const { rows } = found.disguises;
  const tally = tallyOf(comparison.matches, sides.candidate);
  const distance = distanceOf(comparison.matches, sides.candidate);
  const evidence = [
    ...valueEvidence(comparison),
    ...relationEvidence(comparison.matches, sides),
    ...rowEvidence(rows, sides),
    ...partEvidence(comparison.matches, sides),
  ];
  const completeness = comparison.registeredPart;
  const verdict = verdictOf(comparison, {
    tally,
    distance,
    moved: isMoved(rows, comparison, sides),
    remadePart: partWhere(
      comparison.matches,
      sides.candidate,
      ({ kind, change }) => kind === "changed" && change > tunedChangeMax,
    ),
  });
  if (!comparison.candidateWhole || !comparison.registeredWhole) {
    const parts = [percent(comparison.candidatePart), percent(completeness)];
    const detail = `${parts[0]} of its values are in the model, ${parts[1]} of the model in it`;
    evidence.push({ kind: "parts", detail });
  }
  const sampled = comparison.matches.reduce(
    (sum, match) => sum + match.pair.candidate.places.starts.length,
    0,
  );
  const error =
    verdict === "same-values" && sampled > 0
      ? { bound: Math.min(1, 3 / sampled) }
      : { pValue: pValueOf(found.logP) };
  return { verdict, completeness, error, evidence, distance };
}

/** True if rows, or parts of weights, lie elsewhere than in the registered model. */
function isMoved(rows: readonly RowsFound[], comparison: Comparison, sides: Sides): boolean {
  if (rows.some((found) => found.moves.some(({ from, to }) => from !== to))) return true;
  return comparison.matches.some((match) => movedPart(match, sides) !== undefined);
}

/** A part that was found in another part of a weight of the same shape. */
function movedPart(match: Match, sides: Sides): string | undefined {
  const ours = match.pair.candidate.view;
  const theirs = match.pair.registered.view;
  const from = sides.registered.weights[theirs.weight]!;
  const to = sides.candidate.weights[ours.weight]!;
  const part = /^(rows|columns) /;
  if (!part.test(ours.how) || !part.test(theirs.how) || ours.how === theirs.how) return undefined;
  if (from.shape.join() !== to.shape.join()) return undefined;
  return `${ours.how} of ${to.name} are ${theirs.how} of ${from.name}`;
}

function partEvidence(matches: readonly Match[], sides: Sides): Evidence[] {
  const moved = matches
    .map((match) => movedPart(match, sides))
    .filter((part) => part !== undefined);
  return moved.slice(0, 8).map((detail) => ({ kind: "permuted-rows", detail }));
}

function verdictOf(
  comparison: Comparison,
  seen: {
    readonly tally: Tally;
    readonly distance: number;
    readonly moved: boolean;
    /** Part of the matched values that changed by more than a light training does. */
    readonly remadePart: number;
  },
): Verdict {
  const { candidatePart, registeredPart, matches } = comparison;
  const { tally, distance, remadePart } = seen;
  if (seen.moved) return "altered";
  const shared = Math.max(candidatePart, registeredPart);
  if (registeredPart < fragmentMin) return "unrelated";
  // One or two tables that both were given (a filter bank, a fixed basis) make no fragment.
  if (shared < 0.5)
    return tellingWeights(matches) < fragmentWeightsMin ? "cannot-tell" : "fragment";
  if (shared < wholeMin) return "altered";
  if (tally.pruned > traceMax || tally.scaled > traceMax) return "altered";
  if (tally.changed > traceMax) {
    return distance <= tunedChangeMax && remadePart <= traceMax ? "fine-tuned" : "altered";
  }
  if (matches.some((match) => match.relation.kind === "quantised" && match.relation.outside >= 0)) {
    return "altered";
  }
  if (registeredPart < wholeMin) return "fragment";
  // A quantiser leaves the small vectors alone: when they moved, training did it.
  if (vectorsMoved(matches)) return "fine-tuned";
  if (tally.quantised > 0) return "quantised";
  if (tally.cast > 0) return "cast";
  if (tally.changed > 0) return "fine-tuned";
  if (!comparison.candidateWhole) return "altered";
  return comparison.registeredWhole ? "same-values" : "fragment";
}

/** Weights of the registered model that are matched by values that tell. */
function tellingWeights(matches: readonly Match[]): number {
  const telling = matches.filter((match) => match.telling);
  return new Set(telling.map((match) => match.pair.registered.view.weight)).size;
}

/** True if most vectors (norms, biases) changed: at least three, and more than half. */
function vectorsMoved(matches: readonly Match[]): boolean {
  const vectors = matches.filter((match) => match.pair.candidate.view.shape.length === 1);
  const moved = vectors.filter((match) => match.relation.kind === "changed");
  return moved.length >= 3 && moved.length * 2 > vectors.length;
}

/** Part of the matched values of each kind. */
function tallyOf(matches: readonly Match[], candidate: Sketch): Tally {
  const part = (kind: RelationKind) =>
    [kind, partWhere(matches, candidate, (relation) => relation.kind === kind)] as const;
  return Object.fromEntries(relationKinds.map(part)) as Tally;
}

/** Part of the matched values of which something became. */
function partWhere(
  matches: readonly Match[],
  candidate: Sketch,
  is: (relation: Relation) => boolean,
): number {
  let found = 0;
  let total = 0;
  for (const { pair, relation } of matches) {
    const { elements } = candidate.weights[pair.candidate.view.weight]!;
    total += elements;
    if (is(relation)) found += elements;
  }
  return found / Math.max(1, total);
}

function distanceOf(matches: readonly Match[], candidate: Sketch): number {
  let sum = 0;
  let total = 0;
  for (const match of matches) {
    const { elements } = candidate.weights[match.pair.candidate.view.weight]!;
    sum += Math.min(2, match.relation.change) * elements;
    total += elements;
  }
  return total > 0 ? sum / total : 0;
}

/** Whole percents, but never 0 for something or 100 for less than all. */
export function percent(part: number): string {
  if (part > 0.99 && part < 1) return `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
  return part > 0 && part < 0.01
    ? `${(part * 100).toPrecision(2)} %`
    : `${Math.round(part * 100)} %`;
}

function valueEvidence(comparison: Comparison): Evidence[] {
  const { trials, agreeing, coincident } = comparison.significance;
  if (trials === 0) return [];
  const exact = coincident > 0 ? `; ${coincident} groups of rare values coincide exactly` : "";
  const detail = `${agreeing} of ${trials} stretches agree at keyed places${exact}`;
  return [{ kind: "values", detail }];
}

function relationEvidence(matches: readonly Match[], sides: Sides): Evidence[] {
  const evidence: Evidence[] = [];
  const groups = new Map<string, Match[]>();
  for (const match of matches) {
    const ours = sides.candidate.weights[match.pair.candidate.view.weight]!;
    const theirs = sides.registered.weights[match.pair.registered.view.weight]!;
    const label = `${match.relation.kind} ${theirs.type} to ${ours.type}`;
    groups.set(label, [...(groups.get(label) ?? []), match]);
    evidence.push(...oddities(match, ours.name));
  }
  const summary = [...groups].map(([label, group]) => {
    const change = group.reduce((sum, match) => sum + match.relation.change, 0) / group.length;
    const detail = `${group.length} weights: ${label}, mean change ${change.toPrecision(3)}`;
    return { kind: "distance", detail } as const;
  });
  return [...summary, ...evidence.slice(0, 32)];
}

function oddities(match: Match, name: string): Evidence[] {
  const { relation, pair } = match;
  const evidence: Evidence[] = [];
  if (relation.kind === "scaled") {
    evidence.push({ kind: "scaled", detail: `${name} times ${relation.scale.toPrecision(6)}` });
  }
  if (relation.kind === "pruned") {
    evidence.push({ kind: "pruned", detail: `${name}: ${percent(relation.zeroed)} set to zero` });
  }
  if (relation.kind === "quantised" && relation.outside >= 0) {
    const { length, starts } = pair.candidate.places;
    const at = starts[Math.floor(relation.outside / length)]! + (relation.outside % length);
    const detail = `${name}: value ${at} lies outside the bound of its type`;
    evidence.push({ kind: "type-bound", detail });
  }
  if (pair.candidate.view.how.startsWith("rotary")) {
    evidence.push({ kind: "rotary-order", detail: `${name}: ${pair.candidate.view.how}` });
  }
  return evidence;
}

function rowEvidence(rows: readonly RowsFound[], sides: Sides): Evidence[] {
  return rows.map((found) => {
    const ours = sides.candidate.weights[found.candidate]!.name;
    const theirs = sides.registered.weights[found.registered]!.name;
    const moved = found.moves.filter(({ from, to }) => from !== to).length;
    const detail =
      `${found.moves.length} of ${found.lookedUp} rows of ${ours} are rows of ${theirs}, ` +
      `${moved} of them in another place`;
    return { kind: "permuted-rows", detail };
  });
}
