/**
 * One decision tree in its canonical form: only what decides its answers (which feature, against
 * what, to which side, with what value at the end), node by node from the root, left before right.
 * Counts, gains, names, the numbering of nodes and the order of fields are the container's. Equal
 * trees have equal numbers, whichever tool wrote them.
 *
 * A tree is a row of numbers: its group (the class or target that it adds to), then for each node
 * a rule and what belongs to it:
 *
 *     leaf, count of values, the values
 *     at-most | below | equal, feature, threshold, where missing values go
 *     among, feature, count of categories, the categories in ascending order, where missing go
 *
 * What the rule is true of goes left. Missing values go: 1 left, 2 right; 3 and 4 the same, with
 * zeros going with them.
 */
import { must, stop } from "../stop.ts";

export const leafRule = 0;
export const rules = { "at-most": 1, below: 2, equal: 3, among: 4 } as const;
export type Rule = keyof typeof rules;

/** Where what is missing goes. */
export const missingLeft = 1;
export const missingRight = 2;
/** Added where zeros count as missing and go where their comparison would not send them. */
export const withZeros = 2;

export type SplitNode = {
  readonly rule: Rule;
  readonly feature: number;
  /** Of `among`: unused. */
  readonly threshold: number;
  readonly categories?: readonly number[];
  readonly missing: number;
  readonly left: number;
  readonly right: number;
};

export type LeafNode = { readonly values: readonly number[] };

/** A node by its number; `undefined` if there is none. Asked once for each node. */
export type NodeAt = (index: number) => SplitNode | LeafNode | undefined;

/** LightGBM and XGBoost stop at some thousand leaves; a grown-out forest has a million nodes. */
const nodesMax = 4_000_000;

/** All numbers of an ensemble: 128 MB. A larger one is known by its files alone. */
export const numbersMax = 16_000_000;

/**
 * The numbers of the tree under `root`. Walks without recursion, and refuses a node that is come to
 * twice: a cycle would have no end, and a shared branch would unfold without bound.
 */
export function treeNumbers(
  { root, group }: { readonly root: number; readonly group: number },
  nodeAt: NodeAt,
): Float64Array {
  const numbers: number[] = [group];
  const seen = new Set<number>();
  const todo = [root];
  for (let index = todo.pop(); index !== undefined; index = todo.pop()) {
    must(!seen.has(index), "a tree with a node under two others");
    seen.add(index);
    if (seen.size > nodesMax || numbers.length > numbersMax) stop("oversized", "a tree too large");
    const node = nodeAt(index);
    must(node !== undefined, "a tree with a branch to nowhere");
    if ("values" in node) {
      numbers.push(leafRule, node.values.length);
      for (const value of node.values) numbers.push(value);
      continue;
    }
    numbers.push(rules[node.rule], node.feature);
    if (node.rule === "among") {
      const categories = Float64Array.from(new Set(node.categories ?? [])).sort();
      numbers.push(categories.length);
      for (const category of categories) numbers.push(category);
    } else {
      numbers.push(node.threshold);
    }
    numbers.push(node.missing);
    todo.push(node.right, node.left);
  }
  return Float64Array.from(numbers);
}

/** One node as {@link walkNumbers} tells it: a split, or a leaf with its values. */
export type CanonicalNode =
  | {
      readonly rule: number;
      readonly feature: number;
      /** The threshold, or the categories. */
      readonly operands: Float64Array;
      readonly missing: number;
    }
  | { readonly rule: 0; readonly values: Float64Array };

/** The nodes of a tree from its numbers, in their order; nothing for numbers that are no tree. */
export function* walkNumbers(numbers: Float64Array): Generator<CanonicalNode> {
  for (let at = 1; at < numbers.length; ) {
    const rule = numbers[at]!;
    if (rule === leafRule) {
      const end = at + 2 + numbers[at + 1]!;
      yield { rule: 0, values: numbers.subarray(at + 2, end) };
      at = end;
    } else {
      const isSet = rule === rules.among;
      const from = at + (isSet ? 3 : 2);
      const to = from + (isSet ? numbers[at + 2]! : 1);
      const operands = numbers.subarray(from, to);
      yield { rule, feature: numbers[at + 1]!, operands, missing: numbers[to]! };
      at = to + 1;
    }
  }
}

/** A tree without a split: what an ensemble adds to every answer. */
export function constantTree(values: readonly number[]): Float64Array {
  return treeNumbers({ root: 0, group: -1 }, () => ({ values }));
}
