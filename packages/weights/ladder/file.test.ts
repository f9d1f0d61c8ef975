import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  ContentPass,
  enrol,
  identify,
  makeFastHashing,
  memoryReader,
  openModel,
  tensorRangesOf,
  weightsOf,
} from "../index.ts";
import { type MadeModel, makeModel, smallConfig } from "../testing/model.ts";
import { safetensorsOf } from "../testing/safetensors.ts";
import { transform, transformations } from "../testing/transformations.ts";

const key = new Uint8Array(32).fill(3);
const config = { ...smallConfig, layers: 1, vocabulary: 300 };
const base = makeModel(config, 21);

async function read(made: MadeModel) {
  const bytes = safetensorsOf(made);
  const model = await openModel(memoryReader(bytes), {});
  assert.ok(!("refused" in model));
  const hashing = makeFastHashing(() => createHash("sha256"));
  const pass = new ContentPass(tensorRangesOf(model, 0), hashing);
  for (let at = 0; at < bytes.length; at += 100_000) pass.push(bytes.subarray(at, at + 100_000));
  return { weights: weightsOf(model), contents: [pass.finish()] };
}

function made(name: string): MadeModel {
  const transformation = transformations.find((one) => one.name === name)!;
  return transform(transformation, base, config);
}

test("a file is identical, the same values elsewhere are the same values, without a doubt", async () => {
  const { weights, contents } = await read(base);
  const about = { name: "base", format: "safetensors", key, contents };
  const register = [await enrol(weights, about)];
  const same = await identify(await read(base), register, { key });
  assert.deepEqual([same.verdict, same.error], ["identical", { bound: 0 }]);
  for (const name of ["renamed", "reordered", "widened to f32"]) {
    const found = await identify(await read(made(name)), register, { key });
    assert.deepEqual([found.verdict, found.error], ["same-values", { bound: 0 }], name);
  }
  const tuned = await identify(await read(made("fine-tuned 0.1 %")), register, { key });
  assert.notEqual(tuned.verdict, "identical");
  assert.ok("pValue" in tuned.error && tuned.error.pValue < 1e-9);
});
