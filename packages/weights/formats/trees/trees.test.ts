import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../../reader.ts";
import { treeVectorNames, vectorBytes } from "../../testing/files.ts";
import { weightsOf } from "../../values/weight.ts";
import { openModel } from "../dispatch.ts";

const text = (name: string) => new TextDecoder().decode(vectorBytes(name));
/** Trees, and the constant that XGBoost starts from. */
const treesMax = 5;
const opened = (bytes: Uint8Array) => openModel(memoryReader(bytes), {});
const ofText = (written: string) => opened(new TextEncoder().encode(written));

/** The numbers of each tree of a file. */
async function treesOf(bytes: Uint8Array): Promise<readonly (readonly number[])[]> {
  const model = await opened(bytes);
  assert(!("refused" in model), JSON.stringify(model));
  const trees = weightsOf(model).filter(({ name }) => name.startsWith("tree "));
  return Promise.all(trees.map(async (tree) => [...(await tree.read(0, tree.elements)).values]));
}

test("each tool's file is known by its content, and its four trees are found", async () => {
  for (const name of treeVectorNames()) {
    const model = await opened(vectorBytes(name));
    assert(!("refused" in model), name);
    assert.equal(model.format, name.includes("lightgbm") ? "lightgbm" : "xgboost");
    assert.equal((await treesOf(vectorBytes(name))).length, 4, name);
  }
});

test("the same ensemble has the same numbers in either of its tool's forms", async () => {
  const pairs = [
    ["boosted.lightgbm.txt", "boosted.lightgbm.json"],
    ["boosted.xgboost.json", "boosted.xgboost.ubj"],
  ] as const;
  for (const [one, other] of pairs) {
    assert.deepEqual(await treesOf(vectorBytes(one)), await treesOf(vectorBytes(other)));
  }
  const trained = await treesOf(vectorBytes("boosted.xgboost.json"));
  assert.notDeepEqual(trained, await treesOf(vectorBytes("boosted-other.xgboost.json")));
});

test("a file cut anywhere is a refusal, or holds no more than the whole", async () => {
  for (const name of treeVectorNames()) {
    const whole = vectorBytes(name);
    for (let part = 1; part < 24; part += 1) {
      const cut = whole.subarray(0, Math.floor((whole.length * part) / 24));
      const model = await opened(cut);
      if ("refused" in model) continue;
      const trees = model.tensors.filter(({ type }) => type === "TREE");
      assert(trees.length <= treesMax, `${name} ${part}`);
      // LightGBM writes its trees first: what follows them says nothing of what it answers.
      const isWhole = trees.length === treesMax || (name.includes(".txt") && trees.length === 4);
      assert(!isWhole || name.includes(".txt"), `${name} is whole after ${part} of 24 parts`);
    }
  }
});

test("a branch to itself, to nowhere or into another tree's place is no tree", async () => {
  const sound = text("boosted.lightgbm.txt");
  const children = /left_child=(\S+)/.exec(sound)![1]!;
  for (const wrong of ["0", "99999", "-99999", "1e99", "x"]) {
    const written = sound.replace(`left_child=${children}`, `left_child=${wrong} ${children}`);
    const model = await ofText(written);
    if ("refused" in model) continue;
    const trees = model.tensors.filter(({ type }) => type === "TREE");
    assert(trees.length < 4, `left child ${wrong}`);
    assert(model.warnings.length > 0, `nothing is said of left child ${wrong}`);
  }
});

test("counts that no file has, and nesting without end, are refused in time", async () => {
  const head = text("boosted.xgboost.json").slice(0, 2_000);
  for (const written of [
    `${head.slice(0, 200)}${"[".repeat(200_000)}`,
    text("boosted.lightgbm.txt").replace(/num_leaves=\d+/, "num_leaves=999999999"),
    text("boosted.xgboost.json").replace(/"num_nodes":"\d+"/, '"num_nodes":"99999999999"'),
  ]) {
    const model = await ofText(written);
    if ("refused" in model) continue;
    assert(model.tensors.filter(({ type }) => type === "TREE").length <= treesMax);
  }
});
