/**
 * Identifies a model against a register: exact digests where they are at hand, then the sketch,
 * then second looks at what it leaves open. Error is controlled over the whole register
 * (Bonferroni).
 */
import { equalBytes, toHex } from "../core.ts";
import type { Weight } from "../values/weight.ts";
import { type Comparison, compareSketches, registeredByKey, withMorePairs } from "./compare.ts";
import type { ContentDigests } from "./digest.ts";
import { movedRows, rotaryPairs, tableGeometry } from "./disguise.ts";
import { type Fingerprint, keyIdOf } from "./enrolment.ts";
import { type Identification, type Judged, nearest } from "./nearest.ts";
import type { RowsFound } from "./rows.ts";
import { type Sketch, sketch } from "./sketch.ts";
import { identifyTrees } from "./trees/identify-trees.ts";
import { type Evidence, judge, percent, pValueOf } from "./verdict.ts";

/** ln of the family-wise error: one false relation in a billion looks at a whole register. */
const logErrorMax = Math.log(1e-9);
/** Evidence (−ln p) that a copy would have given: with less, silence means nothing. */
const powerMin = 90;
/** Unexplained part that is worth a second look. */
const unexplainedMin = 0.005;
/** Registered models whose disguises are looked for when none is plainly related. */
const disguiseLooksMax = 64;
/** Part of the candidate that must agree by place for its relation to be told by values. */
const inPlaceMin = 0.5;
/** Second looks read more, so they cost more tries: three kinds, counted against the error. */
const logLooks = Math.log(3);

type Candidate = {
  readonly weights: readonly Weight[];
  readonly looked: Sketch;
  readonly key: Uint8Array;
};

/** Says what a model is. Fingerprints made under another key are passed over. */
export async function identify(
  model: { readonly weights: readonly Weight[]; readonly contents?: readonly ContentDigests[] },
  register: readonly Fingerprint[],
  { key }: { readonly key: Uint8Array },
): Promise<Identification> {
  const keyId = keyIdOf(key);
  const usable = register.filter((entry) => entry.keyId === keyId);
  const exact = byDigests(model.contents ?? [], register);
  if (exact !== undefined) return exact;
  const trees = await identifyTrees(model.weights, usable);
  if (trees !== undefined) return trees;
  const wanted = new Set(usable.flatMap(({ views }) => [...registeredByKey(views).keys()]));
  const options = { key, turned: false, wanted, ofClass: lookedAtOfClass } as const;
  const whole = await sketch(model.weights, { ...options, only: "whole" });
  const first = { weights: model.weights, looked: whole, key };
  const compared = compareAll(whole, usable);
  const without = explainedBy(compared);
  const total = model.weights.reduce((sum, { elements }) => sum + elements, 0);
  const openLeast = Math.min(openMin, openPart * total);
  const open = model.weights.some(
    ({ elements }, i) => elements >= openLeast && whole.standsFor[i]! > 0 && !without.has(i),
  );
  if (!open) return decide(first, compared);
  const parts = await sketch(model.weights, { ...options, only: "parts", without });
  const looked = { ...whole, views: [...whole.views, ...parts.views] };
  return identifySketch({ ...first, looked }, usable);
}

/**
 * Weights of one shape that a candidate is looked at by: more layers then cost no more reads. The
 * register holds all of them, so each is found whatever the order.
 */
const lookedAtOfClass = 32;
/** Weights smaller than this are not worth a second round of reads. */
const openMin = 4_096;
/** Unless they are as much of the model as this. */
const openPart = 0.002;

/** Weights that are matched, or that others stand for. */
function settled(comparison: Comparison, looked: Sketch): ReadonlySet<number> {
  const matched = new Set(comparison.matches.map(({ pair }) => pair.candidate.view.weight));
  for (const [index, times] of looked.standsFor.entries()) if (times === 0) matched.add(index);
  return matched;
}

/**
 * Weights that need no second look: those that every related model explains as they are, or where
 * none is plainly related, those that one explains.
 */
function explainedBy(compared: Compared): ReadonlySet<number> {
  const limit = logErrorMax - familyOf(compared) - logLooks;
  const sets = compared
    .toSorted((a, b) => b.comparison.candidatePart - a.comparison.candidatePart)
    .filter(({ comparison }, at) => at === 0 || comparison.significance.logP <= limit)
    .map(({ comparison }) => comparison.matches.map(({ pair }) => pair.candidate.view.weight));
  const [first = [], ...others] = sets.map((placed) => new Set(placed));
  return new Set([...first].filter((index) => others.every((placed) => placed.has(index))));
}

/** ln of the number of models that one is compared with. */
function familyOf(compared: Compared): number {
  return Math.log(Math.max(1, compared.length));
}

type Compared = readonly { readonly entry: Fingerprint; readonly comparison: Comparison }[];

function compareAll(looked: Sketch, register: readonly Fingerprint[]): Compared {
  return register.map((entry) => ({ entry, comparison: compareSketches(looked, entry) }));
}

/** The same, from a sketch that was taken already with `turned: false`. */
export async function identifySketch(
  candidate: Candidate,
  register: readonly Fingerprint[],
): Promise<Identification> {
  return decide(candidate, compareAll(candidate.looked, register));
}

async function decide(candidate: Candidate, compared: Compared): Promise<Identification> {
  const family = familyOf(compared);
  const related = compared.filter(
    ({ comparison }) => comparison.significance.logP + family + logLooks <= logErrorMax,
  );
  const judged: Judged[] = [];
  for (const { entry, comparison } of related) {
    const logP = comparison.significance.logP + family + logLooks;
    judged.push(await judgeRelated(candidate, entry, comparison, logP));
  }
  const close = judged.filter(({ verdict }) => verdict !== "unrelated");
  if (close.length > 0) return nearest(close);
  const disguised = await findDisguised(candidate, compared, family);
  return disguised ?? notFound(compared, judged, family);
}

/** A file's own digest, or all tensors' value digests, decide without any doubt. */
function byDigests(
  contents: readonly ContentDigests[],
  register: readonly Fingerprint[],
): Identification | undefined {
  if (contents.length === 0) return undefined;
  const certain = { completeness: 1, error: { bound: 0 }, distance: 0 } as const;
  for (const entry of register) {
    const held = contents.filter(({ sha256 }) =>
      entry.files.some((file) => equalBytes(file.sha256, sha256)),
    );
    if (entry.files.length === 0 || held.length !== contents.length) continue;
    if (new Set(held.map(({ sha256 }) => toHex(sha256))).size !== entry.files.length) continue;
    const detail = `SHA-256 ${held.map(({ sha256 }) => toHex(sha256)).join(", ")}`;
    const evidence: Evidence[] = [{ kind: "file-digest", detail }];
    return { verdict: "identical", match: entry.name, ...certain, evidence };
  }
  const ours = contents.flatMap(({ tensors }) => tensors.map(({ values }) => toHex(values)));
  if (ours.length === 0) return undefined;
  for (const entry of register) {
    const theirs = new Set(entry.tensors.map(({ values }) => toHex(values)));
    const ourSet = new Set(ours);
    if (theirs.size !== ourSet.size || ours.some((digest) => !theirs.has(digest))) continue;
    const detail = `all ${ours.length} tensors have registered value digests, and none is missing`;
    const evidence: Evidence[] = [{ kind: "tensor-digests", detail }];
    return { verdict: "same-values", match: entry.name, ...certain, evidence };
  }
  return undefined;
}

async function judgeRelated(
  candidate: Candidate,
  entry: Fingerprint,
  first: Comparison,
  logP: number,
): Promise<Judged> {
  const { weights, looked, key } = candidate;
  let comparison = first;
  let rows: readonly RowsFound[] = [];
  if (1 - comparison.candidatePart > unexplainedMin) {
    const pairs = await rotaryPairs(weights, { ...comparison, looked }, entry, key);
    if (pairs.length > 0) comparison = withMorePairs(comparison, pairs, looked, entry);
  }
  if (1 - comparison.candidatePart > unexplainedMin) {
    const matched = settled(comparison, looked);
    rows = await movedRows(weights, matched, entry.tables, key);
  }
  const disguises = { rows, rotated: undefined };
  const judgement = judge(
    comparison,
    { candidate: looked, registered: entry },
    { logP, disguises },
  );
  const match = judgement.verdict === "unrelated" ? undefined : entry.name;
  const { candidatePart } = comparison;
  const divergence = judgement.distance * candidatePart + 1 - candidatePart;
  return { ...judgement, match, divergence };
}

/** Looks for a model whose values agree nowhere by place, but whose rows or geometry do. */
async function findDisguised(
  candidate: Candidate,
  compared: Compared,
  family: number,
): Promise<Identification | undefined> {
  const { weights, looked, key } = candidate;
  const likely = compared
    .filter(({ comparison }) => comparison.sameShapePart > 0.1)
    .slice(0, disguiseLooksMax);
  for (const { entry, comparison } of likely) {
    const geometry = await tableGeometry(weights, entry.geometries, key);
    const matched = settled(comparison, looked);
    const rows = await movedRows(weights, matched, entry.tables, key);
    const byRows = rows.reduce((sum, found) => sum + found.logP, 0);
    const byGeometry = geometry.logP;
    const logP = Math.min(byRows, byGeometry) + family + logLooks;
    if (logP > logErrorMax) continue;
    const disguises = { rows, rotated: geometry };
    const judgement = judge(
      comparison,
      { candidate: looked, registered: entry },
      { logP, disguises },
    );
    const evidence = [...judgement.evidence];
    // Values that agree by place, though too few of them to prove it, say what was done.
    const inPlace = comparison.candidatePart >= inPlaceMin && judgement.verdict !== "unrelated";
    const verdict = inPlace ? judgement.verdict : "altered";
    if (byGeometry + family + logLooks <= logErrorMax) {
      const name = entry.weights[geometry.weight]!.name;
      const detail =
        `the rows of ${name} lie at the same angles to one another ` +
        `(correlation ${geometry.correlation.toFixed(5)})` +
        (inPlace ? "" : ", while their values differ");
      evidence.push({ kind: "rotated", detail });
    }
    const completeness = inPlace
      ? judgement.completeness
      : Math.max(judgement.completeness, comparison.sameShapePart);
    const error = { pValue: pValueOf(logP) };
    return { ...judgement, verdict, match: entry.name, completeness, error, evidence };
  }
  return undefined;
}

/** Nothing is related: or too little was seen to say so. */
function notFound(
  compared: Compared,
  judged: readonly Identification[],
  family: number,
): Identification {
  const best = Math.min(0, ...compared.map(({ comparison }) => comparison.significance.logP));
  const power = Math.max(0, ...compared.map(({ comparison }) => comparison.power));
  const shared = Math.max(0, ...compared.map(({ comparison }) => comparison.sameShapePart));
  const enough = power >= powerMin || shared < 0.5;
  const traces = judged.flatMap(({ evidence }) => evidence).slice(0, 8);
  const detail =
    `a copy would show at p < 1e-${Math.floor(power / Math.LN10)}; ` +
    `${percent(shared)} of its values are in weights ` +
    "of a registered shape";
  return {
    verdict: enough ? "unrelated" : "cannot-tell",
    match: undefined,
    completeness: 0,
    error: { pValue: pValueOf(Math.min(0, best + family + logLooks)) },
    evidence: [{ kind: "power", detail }, ...traces],
    distance: 0,
  };
}
