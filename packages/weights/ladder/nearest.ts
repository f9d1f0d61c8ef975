/** Which of several related models a candidate is told to be. */
import { type Evidence, type Judgement, verdicts } from "./verdict.ts";

export type Identification = Judgement & {
  /** Name of the fingerprint that it was matched to; absent for `unrelated` and `cannot-tell`. */
  readonly match: string | undefined;
};

/** What one registered model was found to be to the candidate. */
export type Judged = Identification & {
  /** Mean relative change over all of the candidate: what is not in the other counts in full. */
  readonly divergence: number;
};

/** Divergences this much apart are one: what was measured then is chance. */
const alikePart = 0.02;
const alikeLeast = 1e-6;
/** Other registered models that are named beside the nearest. */
const relativesMax = 4;

/**
 * The nearest of several related models. The least change decides, for a copy of one is also far
 * from the others by what they differ; among equals the plainer verdict, then the fuller match.
 */
export function nearest(close: readonly Judged[]): Identification {
  const least = Math.min(...close.map(({ divergence }) => divergence));
  const limit = least * (1 + alikePart) + alikeLeast;
  const near = close.filter(({ divergence }) => divergence <= limit);
  // What is in neither of them must not hide which of them the rest was taken from.
  const changed = Math.min(...near.map(({ distance }) => distance)) * (1 + alikePart) + alikeLeast;
  const rank = ({ verdict }: Judged) => verdicts.indexOf(verdict);
  const sorted = close.toSorted((a, b) => {
    const apart = Number(a.divergence > limit) - Number(b.divergence > limit);
    if (apart !== 0 || a.divergence > limit) return apart || a.divergence - b.divergence;
    const further = Number(a.distance > changed) - Number(b.distance > changed);
    return (
      further || rank(a) - rank(b) || b.completeness - a.completeness || a.divergence - b.divergence
    );
  });
  const [{ divergence: _, ...first }, ...others] = sorted as [Judged, ...Judged[]];
  const relatives = others.slice(0, relativesMax).map((other): Evidence => {
    const how = other.divergence <= limit ? "as near" : "farther";
    const distance = other.divergence.toPrecision(3);
    return {
      kind: "relatives",
      detail: `${how}: ${other.match}, ${other.verdict}, mean change ${distance}`,
    };
  });
  return { ...first, evidence: [...first.evidence, ...relatives] };
}
