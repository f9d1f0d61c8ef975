/**
 * XGBoost's trees from either of its JSON-like forms (src/tree/tree_model.cc,
 * src/gbm/gbtree_model.cc): arrays by node number, node 0 the root, values single precision.
 */
import { asArray, type JsonObject } from "../json.ts";
import { must } from "../stop.ts";
import { missingLeft, missingRight, type NodeAt, treeNumbers } from "./tree.ts";

/** One tree's object; `weight`: what its leaves count (DART), 1 otherwise. */
export function treeOfXgboost(tree: JsonObject, group: number, weight: number): Float64Array {
  const left = singles(tree, "left_children");
  const right = singles(tree, "right_children");
  const features = singles(tree, "split_indices");
  const conditions = singles(tree, "split_conditions");
  const defaults = singles(tree, "default_left");
  const types = singles(tree, "split_type");
  const leaves = leafValues(tree, { left, right, conditions });
  const categories = categoriesByNode(tree);
  must(left.length > 0 && right.length === left.length, "an XGBoost tree without children");
  const nodeAt: NodeAt = (index) => {
    const below = left[index];
    if (below === undefined) return undefined;
    if (below < 0) {
      const values = leaves(index);
      return values && { values: weight === 1 ? values : values.map((value) => value * weight) };
    }
    const feature = features[index];
    const threshold = conditions[index];
    if (feature === undefined || threshold === undefined) return undefined;
    const missing = (defaults[index] ?? 0) !== 0 ? missingLeft : missingRight;
    if (types[index] !== 1) {
      return { rule: "below", feature, threshold, missing, left: below, right: right[index]! };
    }
    // What is among the categories goes right here: told the other way round.
    const swapped = missing === missingLeft ? missingRight : missingLeft;
    return {
      ...{ rule: "among", feature, threshold: 0, categories: categories.get(index) ?? [] },
      ...{ missing: swapped, left: right[index]!, right: below },
    };
  };
  return treeNumbers({ root: 0, group }, nodeAt);
}

/** An array of numbers or truths, in single precision; empty if absent. */
function singles(tree: JsonObject, key: string): Float32Array {
  const items = asArray(tree.get(key)) ?? [];
  const values = new Float32Array(items.length);
  for (let i = 0; i < items.length; i += 1) values[i] = Number(items[i]);
  // Indices of nodes and features are whole, and past 2^24 single precision would round them.
  if (/children|indices/.test(key)) {
    for (const item of items) {
      must(Number.isInteger(item) && Math.abs(item as number) < 2 ** 24, `${key} past their range`);
    }
  }
  return values;
}

/**
 * A leaf's value lies in its split condition; a vector of them in `leaf_weights` (by the number
 * that stands for the right child) or, before version 3.2, in `base_weights`, by node.
 */
function leafValues(
  tree: JsonObject,
  {
    left,
    right,
    conditions,
  }: {
    readonly left: Float32Array;
    readonly right: Float32Array;
    readonly conditions: Float32Array;
  },
): (index: number) => number[] | undefined {
  const weights = singles(tree, "leaf_weights");
  const leaves = left.reduce((count, below) => count + Number(below < 0), 0);
  const size = weights.length > 0 ? weights.length / leaves : vectorSize(tree, left.length);
  must(Number.isSafeInteger(size), "leaf vectors of different sizes");
  const source = weights.length > 0 ? weights : singles(tree, "base_weights");
  return (index) => {
    if (weights.length === 0 && size <= 1) {
      const value = conditions[index];
      return value === undefined ? undefined : [value];
    }
    const at = (weights.length > 0 ? right[index]! : index) * size;
    const values = [...source.subarray(at, at + size)];
    return values.length === size ? values : undefined;
  };
}

function vectorSize(tree: JsonObject, nodes: number): number {
  const stated = tree.get("tree_param");
  const size = Number(stated instanceof Map ? stated.get("size_leaf_vector") : 0);
  const held = asArray(tree.get("base_weights"))?.length ?? 0;
  return size > 1 && held === nodes * size ? size : 1;
}

function categoriesByNode(tree: JsonObject): ReadonlyMap<number, readonly number[]> {
  const all = asArray(tree.get("categories")) ?? [];
  const segments = asArray(tree.get("categories_segments")) ?? [];
  const sizes = asArray(tree.get("categories_sizes")) ?? [];
  const byNode = new Map<number, readonly number[]>();
  let made = 0;
  for (const [at, node] of (asArray(tree.get("categories_nodes")) ?? []).entries()) {
    const from = Number(segments[at]);
    const size = Number(sizes[at]);
    const within = from >= 0 && size >= 0 && from + size <= all.length;
    must(Number.isSafeInteger(from + size) && within, "categories that are not there");
    made += size;
    // Segments may overlap, so that their sum is the square of what the file holds.
    must(made <= 2 * all.length, "categories named again and again");
    byNode.set(Number(node), all.slice(from, from + size).map(Number));
  }
  return byNode;
}

const logistic = new Set(["binary:logistic", "reg:logistic", "binary:logitraw"]);
const logarithmic = new Set([
  ...["count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"],
]);

/**
 * The base score in the units of the trees' sum. It is stated in those of the prediction, as one
 * number or, since version 3.1, a list: `5E-1`, `[5E-1,2.5E-1]`.
 */
export function baseOf(stated: unknown, objective: string): readonly number[] {
  const text = typeof stated === "string" ? stated : "";
  const scores = text
    .replaceAll(/[[\]\s]/g, "")
    .split(",")
    .map(Number);
  return scores.map((score) => {
    const single = Math.fround(score);
    if (!Number.isFinite(single)) return 0;
    if (logistic.has(objective)) return single === 0.5 ? 0 : Math.log(single / (1 - single));
    if (logarithmic.has(objective)) return Math.log(single);
    return single;
  });
}
