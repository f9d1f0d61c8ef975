/**
 * CatBoost's JSON (catboost/libs/model/model_export/json_model_helpers.cpp): oblivious trees, which
 * ask the same question at every node of a level, so that the answers are the bits of a leaf's
 * number.
 */
import { asArray, asObject, type Json } from "../json.ts";
import { must } from "../stop.ts";
import { missingLeft, missingRight, type Rule, treeNumbers } from "./tree.ts";

/** CatBoost's own limit on depth. */
const depthMax = 16;

type Question = {
  readonly rule: Rule;
  readonly feature: number;
  readonly threshold: number;
  readonly categories?: readonly number[];
  readonly missing: number;
};

/** One member of `oblivious_trees`. */
export function treeOfCatboost(tree: Json, facts: ReadonlyMap<string, Json>): Float64Array {
  const object = asObject(tree);
  const splits = asArray(object?.get("splits") ?? []) ?? [];
  const values = asArray(object?.get("leaf_values"));
  must(values !== undefined && splits.length <= depthMax, "a CatBoost tree without leaves");
  const leaves = 2 ** splits.length;
  const size = values.length / leaves;
  must(Number.isSafeInteger(size) && size >= 1, "a CatBoost tree with leaves missing");
  const treatments = asArray(facts.get("features_info.float_features"));
  const questions = splits.map((split) => questionOf(split, treatments));
  // Nodes are numbered level by level: node n of level l stands for the answers to l questions.
  return treeNumbers({ root: 1, group: 0 }, (index) => {
    const level = 31 - Math.clz32(index);
    if (level < questions.length) {
      return { ...questions[level]!, left: 2 * index, right: 2 * index + 1 };
    }
    let leaf = 0;
    for (let bit = 0; bit < level; bit += 1) {
      if (((index >>> (level - 1 - bit)) & 1) === 1) leaf += 2 ** bit;
    }
    return { values: values.slice(leaf * size, (leaf + 1) * size).map(Number) };
  });
}

function questionOf(split: Json, treatments: readonly Json[] | undefined): Question {
  const object = asObject(split);
  const type = object?.get("split_type");
  const border = Math.fround(Number(object?.get("border")));
  if (type === "FloatFeature") {
    const feature = Number(object?.get("float_feature_index"));
    const treatment = asObject(treatments?.[feature])?.get("nan_value_treatment");
    const missing = treatment === "AsTrue" ? missingRight : missingLeft;
    return { rule: "at-most", feature, threshold: border, missing };
  }
  if (type === "OneHotFeature") {
    // The value of a category is a hash; what equals it answers yes, and yes is the right here.
    const feature = Number(object?.get("cat_feature_index"));
    const threshold = Number(object?.get("value"));
    return { rule: "equal", feature, threshold, missing: missingLeft };
  }
  // Statistics of the target by category: known by the number of the split, not by their table.
  const feature = -1 - Number(object?.get("split_index"));
  return { rule: "at-most", feature, threshold: border, missing: missingLeft };
}

/** `[scale, [bias, …]]`; a scale other than 1 counts as one more constant. */
export function baseOfCatboost(stated: Json | undefined): readonly number[] {
  const [scale, bias] = asArray(stated) ?? [];
  const biases = (asArray(bias) ?? [bias ?? 0]).map(Number);
  return scale === undefined || scale === 1 ? biases : [...biases, Number(scale)];
}
