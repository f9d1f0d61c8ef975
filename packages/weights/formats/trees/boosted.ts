/**
 * Gradient-boosted ensembles in a JSON-like form: LightGBM's dump, XGBoost's JSON and UBJSON,
 * CatBoost's JSON. Which of them, the keys of the outermost object say, in any order.
 */
import type { Reader } from "../../reader.ts";
import { memoryReader } from "../../reader.ts";
import type { Format, Model } from "../../tensor.ts";
import {
  addPart,
  addTensor,
  type Draft,
  explainAround,
  finish,
  newDraft,
  note,
  type Run,
  warn,
} from "../draft.ts";
import { asArray, asObject, type Json } from "../json.ts";
import { must } from "../stop.ts";
import { baseOfCatboost, treeOfCatboost } from "./catboost.ts";
import { addEnsemble, addTree, type Ensemble, newEnsemble } from "./ensemble.ts";
import { scanJson } from "./json-scanner.ts";
import { dumpedTree, groupOf, treeOfDump } from "./lightgbm.ts";
import { Pruner } from "./pruned-json.ts";
import { looksLikeUbjson, scanUbjson } from "./ubjson-scanner.ts";
import { baseOf, treeOfXgboost } from "./xgboost.ts";

/** The keys that tell come before the trees, but after borders and names of features. */
const sniffBytesMax = 8_388_608;

/** Scalars of the header that are kept as metadata. */
type Facts = Map<string, Json>;

type Kind = {
  readonly format: Format;
  /** Where the trees are, and what else is wanted. */
  readonly trees: readonly string[];
  readonly facts: readonly string[];
  readonly build: (trees: readonly Json[], facts: Facts, ensemble: Ensemble) => void;
};

const xgboostPlaces = ["learner.gradient_booster", "learner.gradient_booster.gbtree"];

const kinds: ReadonlyMap<string, Kind> = new Map([
  [
    "tree_info",
    {
      format: "lightgbm",
      trees: ["tree_info.*"],
      facts: ["num_tree_per_iteration", "objective", "version", "num_class"],
      build: (trees, facts, ensemble) => {
        const perRound = facts.get("num_tree_per_iteration");
        for (const [index, tree] of trees.entries()) {
          const group = groupOf(index, typeof perRound === "number" ? perRound : 1);
          addTree(ensemble, treeOfDump(dumpedTree(tree), group));
        }
      },
    },
  ],
  [
    "learner",
    {
      format: "xgboost",
      trees: xgboostPlaces.map((place) => `${place}.model.trees.*`),
      facts: [
        ...xgboostPlaces.map((place) => `${place}.model.tree_info`),
        ...["learner.gradient_booster.weight_drop", "learner.gradient_booster.model.weights"],
        ...["learner.learner_model_param", "learner.objective.name"],
        "learner.gradient_booster.name",
      ],
      build: buildXgboost,
    },
  ],
  [
    "oblivious_trees",
    {
      format: "catboost",
      trees: ["oblivious_trees.*"],
      facts: ["scale_and_bias", "features_info.float_features"],
      build: (trees, facts, ensemble) => {
        ensemble.base = baseOfCatboost(facts.get("scale_and_bias"));
        for (const tree of trees) addTree(ensemble, treeOfCatboost(tree, facts));
      },
    },
  ],
] as const satisfies readonly (readonly [string, Kind])[]);

function buildXgboost(trees: readonly Json[], facts: Facts, ensemble: Ensemble): void {
  const info = xgboostPlaces
    .map((place) => asArray(facts.get(`${place}.model.tree_info`)))
    .find((list) => list !== undefined);
  const weights = asArray(facts.get("learner.gradient_booster.weight_drop")) ?? [];
  for (const [index, tree] of trees.entries()) {
    const object = asObject(tree);
    must(object !== undefined, "an XGBoost tree that is no object");
    const group = Number(info?.[index] ?? 0);
    addTree(ensemble, treeOfXgboost(object, group, Math.fround(Number(weights[index] ?? 1))));
  }
  const parameters = asObject(facts.get("learner.learner_model_param"));
  const objective = facts.get("learner.objective.name");
  ensemble.base = baseOf(parameters?.get("base_score"), String(objective ?? ""));
}

async function scan(reader: Reader, pruner: Pruner, bytesMax: number) {
  const head = await reader.read(0, Math.min(64, reader.size));
  const scanner = looksLikeUbjson(head) ? scanUbjson : scanJson;
  return scanner(reader, pruner, bytesMax);
}

/** The key that says which ensemble an object is; `undefined` for anything else. */
export async function boostedKey(reader: Reader): Promise<string | undefined> {
  let found: string | undefined;
  const onKey = (key: string): boolean => {
    if (kinds.has(key)) found = key;
    return found !== undefined;
  };
  const pruner = new Pruner({ paths: new Set(), take: () => undefined, onKey });
  await scan(reader, pruner, sniffBytesMax);
  return found;
}

/** Reads the ensemble whose telling key was found. */
export async function readBoosted(reader: Reader, key: string): Promise<Model> {
  const kind = kinds.get(key)!;
  const draft = newDraft(kind.format, "told");
  const part = addPart(draft, "", reader);
  const ensemble = newEnsemble("");
  const facts: Facts = new Map();
  const held: Json[] = [];
  const wanted = new Set(kind.trees);
  const pruner = new Pruner({
    paths: new Set([...kind.trees, ...kind.facts]),
    take: (path, value) => {
      if (wanted.has(path)) held.push(value);
      else if (!facts.has(path)) facts.set(path, value);
    },
  });
  const { blobs, end } = await scan(reader, pruner, reader.size);
  kind.build(held, facts, ensemble);
  if (pruner.twice.length > 0) warn(draft, "duplicate-name", "an object holds a key twice");
  tellFacts(draft, facts);
  explain(draft, { part, end, blobs });
  addEnsemble(draft, ensemble);
  addLinear(draft, facts.get("learner.gradient_booster.model.weights"));
  must(draft.tensors.length > 0, "an ensemble without trees");
  return finish(draft);
}

function tellFacts(draft: Draft, facts: Facts): void {
  for (const [path, value] of facts) {
    if (typeof value === "string" || typeof value === "number") note(draft, path, String(value));
  }
}

function explain(
  draft: Draft,
  { part, end, blobs }: { part: number; end: number; blobs: readonly Run[] },
): void {
  explainAround(draft, { part, offset: 0, length: end }, blobs);
  const { size } = draft.parts[part]!.reader;
  if (end < size) warn(draft, "trailing-bytes", `${size - end} bytes after the end`);
}

/** XGBoost's linear booster has weights in place of trees. */
function addLinear(draft: Draft, weights: Json | undefined): void {
  const items = asArray(weights);
  if (items === undefined || items.length === 0) return;
  const values = Float32Array.from(items, Number);
  const part = addPart(draft, "weights", memoryReader(new Uint8Array(values.buffer)), true);
  addTensor(draft, { name: "weights", shape: [values.length], type: "F32", part, offset: 0 });
}
