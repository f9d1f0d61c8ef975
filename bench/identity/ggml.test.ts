/** Our quantised types against ggml's own quantiser and dequantiser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  certify,
  correspondences,
  decodeBlocks,
  enrol,
  identify,
  memoryReader,
  openModel,
  weightsOf,
} from "@writ/weights";
import {
  blockSizes,
  ggmlTypes,
  ggufOf,
  type MadeModel,
  type MadeTensor,
  makeModel,
  noiseOf,
  weightsIn,
} from "@writ/weights/testing";
import { type Ggml, openGgml } from "./ggml.ts";

type BlockType = keyof typeof blockSizes;

const opened = openGgml();
const skip = typeof opened === "string" ? opened : false;
const ggml = opened as Ggml;
/** Types that ggml writes to files: Q8_1 and Q8_K only live inside a product. */
const types = [...ggmlTypes].filter(
  (pair): pair is [number, BlockType] => pair[1] in blockSizes && !/^Q8_[1K]$/.test(pair[1]),
);
const numberOf = (type: BlockType) => types.find(([, name]) => name === type)![0];

const key = new Uint8Array(32).fill(9);
const config = { vocabulary: 256, hidden: 256, inner: 512, layers: 1, heads: 4, groups: 2 };
const original = makeModel(config, 71);

function importanceOf(columns: number): Float32Array {
  const noise = noiseOf(columns);
  return Float32Array.from({ length: columns }, () => 0.05 + 2 * noise.uniform());
}

function blocksOf(type: BlockType, values: Float32Array, columns: number): Uint8Array {
  const size = blockSizes[type];
  const bytes = (values.length / size.values) * size.bytes;
  const number = numberOf(type);
  const importance = ggml.requiresImportance(number) ? importanceOf(columns) : undefined;
  return ggml.quantise(number, values, {
    ...{ columns, bytes },
    ...(importance === undefined ? {} : { importance }),
  });
}

/** ggml takes many seconds to set these up; `decode.test.ts` holds them by digest. */
const slowTypes: ReadonlySet<string> = new Set(["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S"]);
const isSlow = process.env.SLOW === "1";

for (const [number, type] of types) {
  if (slowTypes.has(type) && !isSlow) continue;
  test(`${type}: what ggml quantises, we read as ggml does, bit for bit`, { skip }, () => {
    const noise = noiseOf(number + 1);
    const values = Float32Array.from({ length: 2048 }, () => 0.05 * noise.normal());
    const blocks = blocksOf(type, values, 512);
    const ours = new Float32Array(values.length);
    const slack = new Float32Array(values.length);
    decodeBlocks(type, blocks, ours, { slack });
    const name = ggml.typeName(number);
    const theirs = ggml.dequantise(name, blocks, values.length);
    assert.deepEqual(new Uint32Array(ours.buffer), new Uint32Array(theirs.buffer));
    const outside = ours.findIndex((value, i) => !(Math.abs(value - values[i]!) <= slack[i]!));
    assert.equal(outside, -1, `value ${outside} lies outside the bound`);
  });
}

function quantised(type: BlockType): MadeModel {
  return original.map((tensor): MadeTensor => {
    if (tensor.shape.length < 2) return { ...tensor, type: "F32" };
    const blocks = blocksOf(type, tensor.values, tensor.shape[1]!);
    return { ...tensor, type, blocks };
  });
}

async function weightsInFile(bytes: Uint8Array) {
  const model = await openModel(memoryReader(bytes), {});
  assert.ok(!("refused" in model), JSON.stringify(model));
  return weightsOf(model);
}

const whole: readonly BlockType[] = ["Q4_K", "Q6_K", "IQ4_XS", "TQ2_0", "MXFP4"];
const tried = isSlow ? types.map(([, type]) => type) : whole;

for (const type of tried) {
  test(`${type}: a file of ggml's is quantised, and one block of another is named`, {
    skip,
  }, async () => {
    const model = quantised(type);
    const known = [await enrol(weightsIn(original), { name: "original", format: "made", key })];
    const weights = await weightsInFile(ggufOf(model));
    const found = await identify({ weights }, known, { key });
    assert.deepEqual(
      [found.verdict, found.match],
      ["quantised", "original"],
      JSON.stringify(found),
    );
    assert.ok(
      found.evidence.some(({ detail }) => detail.includes(`to ${type}`)),
      JSON.stringify(found),
    );
    const { pairs, unpaired } = await correspondences(weights, weightsIn(original), key);
    assert.deepEqual(unpaired, []);
    const honest = await certify(pairs);
    assert.deepEqual([honest.honest, honest.outside], [true, 0], JSON.stringify(honest));

    // One block of another's values, whatever its type takes for its scale.
    const at = model.findIndex(({ name }) => name.includes("down_proj"));
    const { bytes } = blockSizes[type];
    const blocks = Uint8Array.from(model[at]!.blocks!);
    blocks.fill(0x55, 5 * bytes, 6 * bytes);
    const tampered = model.with(at, { ...model[at]!, blocks });
    const changed = await correspondences(
      await weightsInFile(ggufOf(tampered)),
      weightsIn(original),
      key,
    );
    const caught = await certify(changed.pairs);
    const named = caught.named.map(({ tensor, block }) => `${block} of ${tensor}`);
    assert.deepEqual(named, [`5 of ${model[at]!.name}`]);
  });
}
