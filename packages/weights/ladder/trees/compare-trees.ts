/**
 * One ensemble against another, tree by tree: which trees both hold, whole or in what part. A
 * tree counts as evidence only if it has enough numbers of its own that one trained apart would
 * not hold the same by chance.
 */
import type { EnsembleDigest, Facet, TreeDigest } from "./tree-digest.ts";

/**
 * Distinct numbers that a tree must share before sharing them proves something. Trees of a few
 * splits on features of few values come out the same again and again.
 */
const tellingNumbersMin = 8;
const tellingThresholdsMin = 5;
/** Which feature is asked where is the coarsest: only large trees tell, and only many at once. */
const tellingShapeMin = 15;

export type TreeOverlap = {
  /** Trees that both hold alike, each counted once; in the facet's sense. */
  readonly [facet in Facet]: number;
} & {
  /** Of those, the ones that tell. */
  readonly telling: { readonly [facet in Facet]: number };
  /** The first trees of the candidate, by number, that are not in the other as single values. */
  readonly odd: readonly number[];
};

/** True if a tree alike in this facet says something. */
export function tells(tree: TreeDigest, facet: Facet): boolean {
  switch (facet) {
    case "exact":
    case "single":
      return tree.thresholdCount + tree.leafCount >= tellingNumbersMin;
    case "leaves":
      return tree.leafCount >= tellingThresholdsMin;
    case "splits":
      return tree.thresholdCount >= tellingThresholdsMin;
    case "shape":
      return tree.splitCount >= tellingShapeMin;
    default:
      return facet satisfies never;
  }
}

/** Which trees of two ensembles are alike. Order and place do not matter, numbers of copies do. */
export function overlapOf(candidate: EnsembleDigest, registered: EnsembleDigest): TreeOverlap {
  const exact = shared(candidate, registered, "exact");
  const single = shared(candidate, registered, "single");
  const leaves = shared(candidate, registered, "leaves");
  const splits = shared(candidate, registered, "splits");
  const shape = shared(candidate, registered, "shape");
  return {
    ...{ exact: exact.count, single: single.count, leaves: leaves.count },
    ...{ splits: splits.count, shape: shape.count, odd: single.odd },
    telling: {
      ...{ exact: exact.telling, single: single.telling, leaves: leaves.telling },
      ...{ splits: splits.telling, shape: shape.telling },
    },
  };
}

function shared(candidate: EnsembleDigest, registered: EnsembleDigest, facet: Facet) {
  const left = new Map<string, number>();
  for (const tree of registered.trees) left.set(tree[facet], (left.get(tree[facet]) ?? 0) + 1);
  let count = 0;
  let telling = 0;
  const odd: number[] = [];
  for (const [index, tree] of candidate.trees.entries()) {
    const copies = left.get(tree[facet]) ?? 0;
    if (copies === 0) {
      if (odd.length < 8) odd.push(index);
      continue;
    }
    left.set(tree[facet], copies - 1);
    count += 1;
    if (tells(tree, facet)) telling += 1;
  }
  return { count, telling, odd };
}
