/**
 * LightGBM's two forms of a model: the text of `save_model` and the JSON of `dump_model`
 * (src/io/gbdt_model_text.cpp, src/io/tree.cpp). Both print doubles with 17 digits, so that either
 * holds all values; they number the nodes alike but nest them differently.
 */
import type { JsonObject } from "../json.ts";
import { asArray, asObject } from "../json.ts";
import { must } from "../stop.ts";
import { decimalOf } from "./json-scanner.ts";
import {
  type LeafNode,
  missingLeft,
  missingRight,
  type SplitNode,
  treeNumbers,
  withZeros,
} from "./tree.ts";

/** Infinities are written so (Common::AvoidInf). */
const infinity = 1e300;

/** Categories that one split may name: their bits are stored. */
const categoriesMax = 4_000_000;

function finite(threshold: number): number {
  return Math.max(-infinity, Math.min(infinity, threshold));
}

/** A numerical split: which way what is missing goes depends on what the tree takes as missing. */
function numerical(
  facts: { readonly feature: number; readonly left: number; readonly right: number },
  threshold: number,
  missing: { readonly type: string; readonly goesLeft: boolean },
): SplitNode {
  const zeroLeft = 0 <= threshold;
  let goes = missing.goesLeft ? missingLeft : missingRight;
  // Without a kind of missing value, one that is none counts as zero, and zero is compared.
  if (missing.type === "None") goes = zeroLeft ? missingLeft : missingRight;
  if (missing.type === "Zero" && missing.goesLeft !== zeroLeft) goes += withZeros;
  return { rule: "at-most", ...facts, threshold: finite(threshold), missing: goes };
}

function leafOf(
  value: number,
  linear?: { readonly constant: number; readonly terms: readonly number[] },
): LeafNode {
  if (linear === undefined) return { values: [value] };
  return { values: [value, linear.constant, ...linear.terms] };
}

const missingTypes = ["None", "Zero", "NaN"] as const;

/** One `Tree=` block of the text: its lines by key. Tells the tree's numbers. */
export function treeOfText(lines: ReadonlyMap<string, string>, group: number): Float64Array {
  const list = (key: string): readonly number[] => numbersOf(lines.get(key) ?? "");
  const leaves = list("leaf_value");
  const features = list("split_feature");
  const thresholds = list("threshold");
  const types = list("decision_type");
  const left = list("left_child");
  const right = list("right_child");
  const linear = lines.get("is_linear") === "1" ? linearLeaves(list, leaves.length) : undefined;
  const bounds = list("cat_boundaries");
  const words = list("cat_threshold");
  must(leaves.length > 0, "a LightGBM tree without leaves");
  must(leaves.length === features.length + 1, "a LightGBM tree with leaves missing");
  // Node n is a split if not negative, else the leaf −n − 1; a tree without a split is leaf 0.
  const root = features.length === 0 ? -1 : 0;
  return treeNumbers({ root, group }, (index) => {
    if (index < 0) {
      const value = leaves[-index - 1];
      return value === undefined ? undefined : leafOf(value, linear?.[-index - 1]);
    }
    const feature = features[index];
    const [threshold, type] = [thresholds[index], types[index]];
    const [below, above] = [left[index], right[index]];
    if (feature === undefined || threshold === undefined || type === undefined) return undefined;
    if (below === undefined || above === undefined) return undefined;
    const facts = { feature, left: below, right: above };
    if ((type & 1) === 1) {
      const categories = categoriesOf(words, bounds[threshold], bounds[threshold + 1]);
      return { ...facts, rule: "among", threshold: 0, categories, missing: missingRight };
    }
    const missing = missingTypes[(type >> 2) & 3] ?? "None";
    return numerical(facts, threshold, { type: missing, goesLeft: (type & 2) === 2 });
  });
}

/** Words separated by blanks; empty for an empty text. */
function numbersOf(text: string): readonly number[] {
  const numbers: number[] = [];
  for (const word of text.split(" ")) {
    if (word === "") continue;
    numbers.push(/^-?(?:inf|nan)$/i.test(word) ? wordNumber(word) : decimalOf(word));
  }
  return numbers;
}

function wordNumber(word: string): number {
  if (/nan/i.test(word)) return Number.NaN;
  return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

type Linear = { readonly constant: number; readonly terms: readonly number[] };

/** Of a linear tree, what each leaf adds for the features it names: pairs of both. */
function linearLeaves(list: (key: string) => readonly number[], count: number): Linear[] {
  const constants = list("leaf_const");
  const features = list("leaf_features");
  const factors = list("leaf_coeff");
  const sizes = list("num_features");
  must(constants.length === count && sizes.length === count, "a linear tree with leaves missing");
  must(factors.length === features.length, "a linear tree with factors missing");
  let at = 0;
  return constants.map((constant, leaf) => {
    const size = sizes[leaf]!;
    must(Number.isSafeInteger(size) && size >= 0, "a linear leaf of no size");
    const terms: number[] = [];
    for (const end = Math.min(at + size, features.length); at < end; at += 1) {
      terms.push(features[at]!, factors[at]!);
    }
    return { constant, terms };
  });
}

/** Categories as the bits of words of 32. */
function categoriesOf(
  words: readonly number[],
  from: number | undefined,
  to: number | undefined,
): readonly number[] {
  must(
    from !== undefined && to !== undefined && to <= words.length,
    "categories that are not there",
  );
  must((to - from) * 32 <= categoriesMax, "a split of too many categories");
  const categories: number[] = [];
  for (let word = from; word < to; word += 1) {
    for (let bit = 0; bit < 32; bit += 1) {
      if (((words[word]! >>> bit) & 1) === 1) categories.push((word - from) * 32 + bit);
    }
  }
  return categories;
}

/** One member of `tree_info` of the JSON. */
export function treeOfDump(info: JsonObject, group: number): Float64Array {
  const nodes: JsonObject[] = [];
  const indexOf = (value: unknown): number => {
    nodes.push((value instanceof Map ? value : new Map()) as JsonObject);
    return nodes.length - 1;
  };
  const root = indexOf(info.get("tree_structure"));
  return treeNumbers({ root, group }, (index) => dumpedNode(nodes[index]!, indexOf));
}

function dumpedNode(
  node: JsonObject,
  indexOf: (value: unknown) => number,
): SplitNode | LeafNode | undefined {
  const feature = node.get("split_feature");
  if (typeof feature !== "number") return dumpedLeaf(node);
  const facts = {
    feature,
    left: indexOf(node.get("left_child")),
    right: indexOf(node.get("right_child")),
  };
  const threshold = node.get("threshold");
  if (node.get("decision_type") === "==") {
    must(typeof threshold === "string" || typeof threshold === "number", "categories of no kind");
    const categories = String(threshold).split("||").map(decimalOf);
    return { ...facts, rule: "among", threshold: 0, categories, missing: missingRight };
  }
  must(typeof threshold === "number", "a threshold that is no number");
  const type = node.get("missing_type");
  const missing = { type: String(type ?? "None"), goesLeft: node.get("default_left") === true };
  return numerical(facts, threshold, missing);
}

function dumpedLeaf(node: JsonObject): LeafNode | undefined {
  const value = node.get("leaf_value");
  if (typeof value !== "number") return undefined;
  const constant = node.get("leaf_const");
  if (typeof constant !== "number") return leafOf(value);
  const features = asArray(node.get("leaf_features")) ?? [];
  const factors = asArray(node.get("leaf_coeff")) ?? [];
  const terms = features.flatMap((feature, at) => [Number(feature), Number(factors[at])]);
  return leafOf(value, { constant, terms });
}

/** What a tree belongs to where each round makes one for each class. */
export function groupOf(index: number, treesPerRound: number): number {
  return treesPerRound > 1 ? index % treesPerRound : 0;
}

/** The object of a member of `tree_info`, or a refusal. */
export function dumpedTree(value: unknown): JsonObject {
  const info = value instanceof Map ? asObject(value as JsonObject) : undefined;
  must(info !== undefined, "a LightGBM tree that is no object");
  return info;
}
