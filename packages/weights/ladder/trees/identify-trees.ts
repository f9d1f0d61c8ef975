/** The verdict on an ensemble of trees against a register, by the trees that they share. */
import type { Weight } from "../../values/weight.ts";
import type { Fingerprint } from "../enrolment.ts";
import type { Identification } from "../nearest.ts";
import { type Evidence, percent, type Verdict, verdicts } from "../verdict.ts";
import { overlapOf, type TreeOverlap, tells } from "./compare-trees.ts";
import { digestTrees, type EnsembleDigest } from "./tree-digest.ts";

/** Trees that must tell before a part of an ensemble is taken for one. */
const tellingMin = 3;
/** Part of the larger ensemble that must be alike where only a facet is. */
const alikeMin = 0.5;
/** The coarsest facet must agree nearly everywhere. */
const shapeMin = 0.9;
/** Constants this near are the same: a converter states them in other units. */
const constantMax = 1e-5;
/** Distinct numbers in both: with fewer, that no tree is shared means nothing. */
const numbersMin = 24;
/** Other models of the register that are named. */
const relativesMax = 4;

type Judged = Identification & {
  /** Part of the larger ensemble that is the same: the match is the one with most. */
  readonly alike: number;
};

/**
 * Identifies an ensemble; `undefined` for a model that is none. Models in the register that have no
 * trees are passed over.
 */
export async function identifyTrees(
  weights: readonly Weight[],
  register: readonly Fingerprint[],
): Promise<Identification | undefined> {
  const candidate = await digestTrees(weights);
  return candidate === undefined ? undefined : identifyEnsemble(candidate, register);
}

function identifyEnsemble(
  candidate: EnsembleDigest,
  register: readonly Fingerprint[],
): Identification {
  const judged: Judged[] = [];
  let compared = 0;
  let most = 0;
  for (const entry of register) {
    if (entry.trees === undefined) continue;
    compared += 1;
    most = Math.max(most, numbersIn(entry.trees));
    const found = judgeTrees(candidate, entry.trees, entry.name);
    if (found !== undefined) judged.push(found);
  }
  if (judged.length === 0) return nothingFound(candidate, compared, most);
  const rank = ({ verdict }: Judged) => verdicts.indexOf(verdict);
  const sorted = judged.toSorted((a, b) => b.alike - a.alike || rank(a) - rank(b));
  const [{ alike: _, ...first }, ...others] = sorted as [Judged, ...Judged[]];
  const relatives = others.slice(0, relativesMax).map((other): Evidence => {
    const detail = `${other.match}, ${other.verdict}, ${percent(other.alike)} of the trees alike`;
    return { kind: "relatives", detail };
  });
  return { ...first, evidence: [...first.evidence, ...relatives] };
}

/** Distinct thresholds and leaf values, tree by tree. */
function numbersIn({ trees }: EnsembleDigest): number {
  return trees.reduce((sum, { thresholdCount, leafCount }) => sum + thresholdCount + leafCount, 0);
}

function nothingFound(candidate: EnsembleDigest, compared: number, most: number): Identification {
  const enough = Math.min(numbersIn(candidate), compared === 0 ? numbersMin : most) >= numbersMin;
  const seen = `${candidate.treeCount} trees, none of them in ${compared} registered ensembles`;
  const blind = candidate.trees.filter((tree) => tells(tree, "shape")).length < tellingMin;
  const detail = blind
    ? `${seen}; trees as small as these would not be known if all their numbers were changed`
    : seen;
  return {
    verdict: enough ? "unrelated" : "cannot-tell",
    ...{ match: undefined, completeness: 0, distance: 0, error: { pValue: 1 } },
    evidence: [{ kind: "trees", detail }],
  };
}

function judgeTrees(
  candidate: EnsembleDigest,
  registered: EnsembleDigest,
  name: string,
): Judged | undefined {
  const overlap = overlapOf(candidate, registered);
  const most = Math.max(candidate.trees.length, registered.trees.length);
  const found = relationOf(candidate, registered, overlap);
  if (found === undefined) return undefined;
  const completeness = Math.min(1, overlap.single / registered.trees.length);
  const alike = Math.max(overlap.single, overlap.leaves, overlap.splits, overlap.shape) / most;
  const kept = registered.trees.length / registered.treeCount;
  // Whole trees are compared exactly; where only a facet agrees, everything else may differ.
  const bound = found.facet === "whole" ? 1 - kept : 1;
  const detail =
    `${overlap.exact} of ${candidate.trees.length} trees are among the ` +
    `${registered.trees.length} of the model, ${overlap.single} in single precision`;
  const evidence: Evidence[] = [{ kind: "trees", detail }, ...found.evidence];
  return {
    ...{ verdict: found.verdict, match: name, evidence, error: { bound } },
    completeness: found.facet === "whole" ? completeness : alike,
    distance: 1 - overlap.single / most,
    alike: found.facet === "whole" ? overlap.single / most : alike / 2,
  };
}

type Relation = {
  readonly verdict: Verdict;
  readonly facet: "whole" | "part";
  readonly evidence: readonly Evidence[];
};

function relationOf(
  candidate: EnsembleDigest,
  registered: EnsembleDigest,
  overlap: TreeOverlap,
): Relation | undefined {
  const counts = [candidate.treeCount, registered.treeCount] as const;
  const most = Math.max(candidate.trees.length, registered.trees.length);
  const all = overlap.single === candidate.trees.length;
  const whole = (verdict: Verdict, ...details: readonly string[]): Relation => {
    const evidence = details.map((detail): Evidence => ({ kind: "trees", detail }));
    return { verdict, facet: "whole", evidence };
  };
  if (all && overlap.single === registered.trees.length && counts[0] === counts[1]) {
    const odd = oddConstants(candidate.constants, registered.constants);
    if (odd !== undefined) return whole("altered", odd);
    if (candidate.rest !== registered.rest) {
      return whole("altered", "all trees are the same, but other weights beside them are not");
    }
    if (overlap.exact === overlap.single) return whole("same-values");
    // A cast rounds every tree; one tree that is off by less than rounding was changed.
    const isCast = [candidate, registered].some(({ trees }) => trees.every((t) => t.isSingle));
    const detail = `${overlap.single - overlap.exact} trees differ by less than single precision`;
    return isCast ? whole("cast") : whole("altered", detail);
  }
  const { telling } = overlap;
  if (all && telling.single >= 1) {
    return whole("fragment", `${counts[1] - counts[0]} trees of the model are missing`);
  }
  if (overlap.single === registered.trees.length && telling.single >= 1) {
    return whole("fine-tuned", `boosted further: ${counts[0] - counts[1]} trees more`);
  }
  if (overlap.single >= alikeMin * most && telling.single >= 1) {
    return whole("altered", oddTrees(overlap));
  }
  if (telling.single >= tellingMin) return whole("fragment", oddTrees(overlap));
  return partRelation(overlap, most);
}

/** Relations where no trees are whole, but what they hold in part. */
function partRelation(overlap: TreeOverlap, most: number): Relation | undefined {
  const { telling } = overlap;
  const part = (verdict: Verdict, detail: string): Relation => {
    return { verdict, facet: "part", evidence: [{ kind: "trees", detail }] };
  };
  if (telling.splits >= tellingMin && overlap.splits >= alikeMin * most) {
    return part("fine-tuned", `${overlap.splits} trees ask the same, with other leaf values`);
  }
  if (telling.leaves >= tellingMin && overlap.leaves >= alikeMin * most) {
    return part("altered", `${overlap.leaves} trees have the same leaf values behind other splits`);
  }
  if (telling.shape >= tellingMin && overlap.shape >= shapeMin * most) {
    return part(
      "altered",
      `${overlap.shape} trees ask of the same features, against other numbers`,
    );
  }
  return undefined;
}

function oddTrees({ odd }: TreeOverlap): string {
  return `not in the model: trees ${odd.join(", ")}${odd.length < 8 ? "" : ", …"} of the file`;
}

function oddConstants(a: readonly number[], b: readonly number[]): string | undefined {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [ours, theirs] = [a[at] ?? 0, b[at] ?? 0];
    const size = Math.max(Math.abs(ours), Math.abs(theirs));
    if (Object.is(ours, theirs) || Math.abs(ours - theirs) <= constantMax * size) continue;
    const [here, there] = [ours, theirs].map((value) => value.toPrecision(6));
    return `output ${at} starts from ${here}, the model's from ${there}`;
  }
  return undefined;
}
