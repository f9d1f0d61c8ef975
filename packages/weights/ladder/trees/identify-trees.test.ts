import assert from "node:assert/strict";
import { test } from "node:test";
import { openModel } from "../../formats/dispatch.ts";
import { memoryReader } from "../../reader.ts";
import { vectorBytes } from "../../testing/files.ts";
import { weightsOf } from "../../values/weight.ts";
import { enrol, type Fingerprint, keyIdOf } from "../enrolment.ts";
import { encodeFingerprint, parseFingerprint } from "../fingerprint-text.ts";
import { identify } from "../identify.ts";

const key = new Uint8Array(32).fill(3);
const bytesOf = (text: string) => new TextEncoder().encode(text);
const text = (name: string) => new TextDecoder().decode(vectorBytes(name));

async function weightsIn(bytes: Uint8Array) {
  const model = await openModel(memoryReader(bytes), {});
  assert(!("refused" in model), JSON.stringify(model));
  return weightsOf(model);
}

/** A register of one ensemble, as it comes back from its record. */
async function registerOf(name: string): Promise<readonly Fingerprint[]> {
  const about = { name, format: "trees", key };
  const made = await enrol(await weightsIn(vectorBytes(name)), about);
  const back = parseFingerprint(encodeFingerprint(made), { key, keyId: keyIdOf(key) });
  assert(!("refused" in back), JSON.stringify(back));
  return [back];
}

async function told(bytes: Uint8Array, registered: string) {
  const register = await registerOf(registered);
  return identify({ weights: await weightsIn(bytes) }, register, { key });
}

test("an ensemble is the same in its tool's other form", async () => {
  const lightgbm = await told(vectorBytes("boosted.lightgbm.json"), "boosted.lightgbm.txt");
  assert.equal(lightgbm.verdict, "same-values");
  const xgboost = await told(vectorBytes("boosted.xgboost.ubj"), "boosted.xgboost.json");
  assert.equal(xgboost.verdict, "same-values");
  assert.deepEqual(xgboost.error, { bound: 0 });
  assert.equal(xgboost.completeness, 1);
});

test("renamed features change nothing", async () => {
  const renamed = text("boosted.lightgbm.txt").replace(/feature_names=.*/, "feature_names=a b c d");
  assert.equal((await told(bytesOf(renamed), "boosted.lightgbm.txt")).verdict, "same-values");
});

test("one leaf that was changed makes it altered", async () => {
  const [leaves, first] = /leaf_value=(\S+)/.exec(text("boosted.lightgbm.txt"))!;
  const raised = leaves.replace(first!, String(Number(first) + 0.25));
  const altered = text("boosted.lightgbm.txt").replace(leaves, raised);
  const found = await told(bytesOf(altered), "boosted.lightgbm.txt");
  assert.equal(found.verdict, "altered");
  assert.equal(found.match, "boosted.lightgbm.txt");
});

test("with its last tree missing it is a fragment", async () => {
  const whole = text("boosted.lightgbm.txt");
  const cut = whole.slice(0, whole.indexOf("Tree=3"));
  const found = await told(bytesOf(cut), "boosted.lightgbm.txt");
  assert.equal(found.verdict, "fragment");
  assert.equal(found.completeness, 0.75);
});

test("an ensemble trained on other rows, alike in all else, is not the same", async () => {
  for (const kind of ["lightgbm.txt", "xgboost.json"]) {
    const found = await told(vectorBytes(`boosted-other.${kind}`), `boosted.${kind}`);
    assert.equal(found.match, undefined, kind);
    assert(["unrelated", "cannot-tell"].includes(found.verdict), found.verdict);
  }
});
