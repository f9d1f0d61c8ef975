import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { isRefused } from "../core.ts";
import {
  type MadeConfig,
  makeModel,
  smallConfig as usualConfig,
  weightsIn,
} from "../testing/model.ts";
import { rankAgreement } from "../testing/ranks.ts";
import { transform, transformations } from "../testing/transformations.ts";
import { combinedTail, rankTail } from "./chance.ts";
import { enrol, type Fingerprint, keyIdOf } from "./enrolment.ts";
import { encodeFingerprint, parseFingerprint } from "./fingerprint-text.ts";
import { identify } from "./identify.ts";

const key = new Uint8Array(32).fill(7);
/** Small enough for a test of every transformation, wide enough to tell. */
const smallConfig: MadeConfig = { ...usualConfig, layers: 2, vocabulary: 400 };
const base = makeModel(smallConfig, 1);
let register: readonly Fingerprint[] = [];

function throughText(fingerprint: Fingerprint): Fingerprint {
  const back = parseFingerprint(encodeFingerprint(fingerprint), { key, keyId: keyIdOf(key) });
  assert.ok(!isRefused(back), JSON.stringify(back));
  return back;
}

before(async () => {
  const names = ["base", "sibling"];
  const models = [base, makeModel(smallConfig, 2)];
  register = await Promise.all(
    models.map(async (model, i) =>
      throughText(await enrol(weightsIn(model), { name: names[i]!, format: "made", key })),
    ),
  );
});

for (const transformation of transformations) {
  test(`${transformation.name} is known for what it is`, async () => {
    const model = transform(transformation, base, smallConfig);
    const found = await identify({ weights: weightsIn(model) }, register, { key });
    assert.equal(found.match, "base", JSON.stringify(found));
    assert.ok(transformation.right.includes(found.verdict), JSON.stringify(found));
  });
}

test("independent models of one config, and of another, are unrelated", async () => {
  const wider: MadeConfig = { ...smallConfig, hidden: 192, inner: 512, heads: 6, groups: 2 };
  for (const [config, seed] of [
    [smallConfig, 3],
    [smallConfig, 4],
    [wider, 1],
  ] as const) {
    const found = await identify({ weights: weightsIn(makeModel(config, seed)) }, register, {
      key,
    });
    assert.equal(found.verdict, "unrelated", JSON.stringify(found));
    assert.equal(found.match, undefined);
  }
});

test("a small weight more or less is no same model; a container's own indices are", async () => {
  const least = base.reduce((a, b) => (b.values.length < a.values.length ? b : a));
  const vector = { ...least, name: "extra", values: least.values.map((x, i) => 3 * x + i) };
  const index = { ...vector, type: "I64", values: vector.values.map((_, i) => i) };
  const told = async (model: typeof base) =>
    (await identify({ weights: weightsIn(model) }, register, { key })).verdict;
  assert.equal(await told(base.filter((tensor) => tensor !== least)), "fragment");
  assert.equal(await told([...base, vector]), "altered");
  assert.equal(await told([...base, index]), "same-values");
});

test("the sibling is matched to itself, not to the model of the same config", async () => {
  const model = makeModel(smallConfig, 2);
  const found = await identify({ weights: weightsIn(model) }, register, { key });
  assert.deepEqual([found.verdict, found.match], ["same-values", "sibling"]);
});

test("too little to tell is said to be too little", async () => {
  const tiny = (seed: number) =>
    makeModel(smallConfig, seed)
      .filter((tensor) => tensor.name.includes("k_proj"))
      .slice(0, 1)
      .map((tensor) => ({ ...tensor, shape: [8, 8], values: tensor.values.slice(0, 64) }));
  const small = await enrol(weightsIn(tiny(5)), { name: "tiny", format: "made", key });
  const found = await identify({ weights: weightsIn(tiny(6)) }, [small], { key });
  assert.equal(found.verdict, "cannot-tell");
});

test("a fingerprint under another key matches nothing, and its text is refused", async () => {
  const otherKey = new Uint8Array(32).fill(8);
  const found = await identify({ weights: weightsIn(base) }, register, { key: otherKey });
  assert.equal(found.match, undefined);
  const text = encodeFingerprint(register[0]!);
  const back = parseFingerprint(text, { key: otherKey, keyId: keyIdOf(otherKey) });
  assert.ok(isRefused(back) && back.refused === "wrong-estate");
});

test("any changed byte of a fingerprint's text is refused or reads as another fingerprint", () => {
  const text = encodeFingerprint(register[1]!);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Uint8Array.from(text);
      changed[at]! ^= flip;
      const back = parseFingerprint(changed, { key, keyId: keyIdOf(key) });
      if (isRefused(back)) return true;
      return encodeFingerprint(back).some((byte, i) => byte !== text[i]);
    }),
    { numRuns: process.env.SLOW === "1" ? 1000 : 10 },
  );
});

test("the p-value of a rank correlation is never too small", () => {
  for (const length of [8, 16, 32]) {
    for (const threshold of [0.2, 0.4, 0.6, 0.8]) {
      const seen = rankAgreement(length, threshold, 20_000);
      assert.ok(seen <= Math.exp(rankTail(threshold, length)), `${length} ${threshold} ${seen}`);
    }
  }
});

test("combined p-values of independent uniform ones are never too small", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -20, max: 0, noNaN: true }), { maxLength: 40 }),
      (logs) => {
        const combined = combinedTail(logs);
        const sum = logs.reduce((total, log) => total + log, 0);
        return combined <= 0 && combined >= sum - 1e-9;
      },
    ),
  );
});

test("many layers are looked at by a few, wherever they lie, and parts of them told as parts", async () => {
  const deep: MadeConfig = { ...smallConfig, vocabulary: 128, hidden: 64, inner: 96, layers: 40 };
  const model = makeModel(deep, 31);
  const known = [await enrol(weightsIn(model), { name: "deep", format: "made", key })];
  for (const [name, verdict] of [
    ["reordered", "same-values"],
    ["fine-tuned 1 %", "fine-tuned"],
    ["half of the layers", "fragment"],
  ] as const) {
    const made = transform(transformations.find((one) => one.name === name)!, model, deep);
    const found = await identify({ weights: weightsIn(made) }, known, { key });
    assert.deepEqual([found.verdict, found.match], [verdict, "deep"], JSON.stringify(found));
    const whole = name === "half of the layers" ? 0.5 : 1;
    assert.ok(Math.abs(found.completeness - whole) < 0.05, JSON.stringify(found));
  }
});

test("a model of full floats, cast to f16 on its way to the quantiser, is quantised", async () => {
  const model = makeModel(smallConfig, 41, "F32");
  const known = [await enrol(weightsIn(model), { name: "wide", format: "made", key })];
  const path = transformations.find((one) => one.name === "f16, then Q8_0")!;
  const found = await identify({ weights: weightsIn(transform(path, model, smallConfig)) }, known, {
    key,
  });
  assert.deepEqual([found.verdict, found.match], ["quantised", "wide"], JSON.stringify(found));
});
