/** How much of two models lies in weights that were matched. */
import { isConstant, type Match, type Registered } from "./compare.ts";
import { type Sketch, type SketchedView, sketchedElementsMin, type WeightFacts } from "./sketch.ts";

/** What sums of parts lose to rounding. */
const rounding = 1e-9;
/** Types that training does not make, unless they are the codes of a quantised weight. */
const whole = /^(?:[IU]\d+|BOOL)$/;

/** The parts of both sides that are matched, and whether that is all there is to match. */
export function partsOf(matches: readonly Match[], candidate: Sketch, registered: Registered) {
  const ours = untrained(candidate.weights, candidate.views);
  const theirs = untrained(registered.weights, registered.views);
  return {
    registeredPart: partOf(matches, candidate, registered.weights),
    candidatePart: partOf(matches, candidate),
    registeredWhole: partOf(matches, candidate, registered.weights, theirs) >= 1 - rounding,
    candidateWhole: partOf(matches, candidate, undefined, ours) >= 1 - rounding,
  };
}

/** Weights known to be no training's: paddings, masks, indices and others that a container adds. */
const untrainedKnown = new WeakMap<readonly SketchedView[], ReadonlySet<number>>();

function untrained(
  weights: readonly WeightFacts[],
  views: readonly SketchedView[],
): ReadonlySet<number> {
  const before = untrainedKnown.get(views);
  if (before !== undefined) return before;
  const found = new Set<number>();
  for (const [index, { elements, quantised, type }] of weights.entries()) {
    if (elements < sketchedElementsMin || (!quantised && whole.test(type))) found.add(index);
  }
  for (const { view, values } of views) {
    if (view.how === "" && isConstant(values)) found.add(view.weight);
  }
  untrainedKnown.set(views, found);
  return found;
}

/**
 * The plainest explanation of each weight: of several that say the same of its values twice, those
 * of least change. A weight found whole in another order is not also a changed part of itself.
 */
export function plainest(
  matches: readonly Match[],
  weights: readonly WeightFacts[],
): readonly Match[] {
  const covered = new Map<number, number>();
  return matches
    .toSorted((a, b) => a.relation.change - b.relation.change)
    .filter(({ pair }) => {
      const { weight, how, shape } = pair.candidate.view;
      const before = covered.get(weight) ?? 0;
      if (before >= 1 - rounding) return false;
      covered.set(weight, before + shareOf(how, shape, weights[weight]!.elements));
      return true;
    });
}

/**
 * Part of one side's values that lie in matched weights: of the registered side if its weights are
 * given, else of the candidate's. A weight that stands for others of its shape counts for them.
 */
function partOf(
  matches: readonly Match[],
  candidate: Sketch,
  registered?: readonly WeightFacts[],
  without: ReadonlySet<number> = new Set(),
): number {
  const weights = registered ?? candidate.weights;
  const covered = new Map<number, number>();
  const counted = new Set<string>();
  for (const { pair } of matches) {
    const { view } = registered === undefined ? pair.candidate : pair.registered;
    const label = `${view.weight} ${view.how}`;
    if (counted.has(label) || without.has(view.weight)) continue;
    counted.add(label);
    const share = shareOf(view.how, view.shape, weights[view.weight]!.elements);
    const times = candidate.standsFor[pair.candidate.view.weight]!;
    covered.set(view.weight, Math.min(times, (covered.get(view.weight) ?? 0) + share * times));
  }
  let total = 0;
  let found = 0;
  for (const [index, { elements }] of weights.entries()) {
    if (without.has(index)) continue;
    total += (registered === undefined ? candidate.standsFor[index]! : 1) * elements;
    found += (covered.get(index) ?? 0) * elements;
  }
  return total > 0 ? Math.min(1, found / total) : 0;
}

/** A slice stands for its own values; any other view of a weight stands for all of it. */
function shareOf(how: string, shape: readonly number[], elements: number): number {
  if (!/^(rows|columns|slice) /.test(how)) return 1;
  return shape.reduce((product, size) => product * size, 1) / elements;
}
