import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../core.ts";
import { type MadeModel, makeModel, smallConfig, weightsIn } from "../testing/model.ts";
import { noiseBytes } from "../testing/noise.ts";
import { transform, transformations } from "../testing/transformations.ts";
import { decodeBlocks } from "../values/decode.ts";
import { certify, correspondences } from "./certificate.ts";
import { chunkSetOf } from "./chunk-set.ts";
import { ContentPass } from "./digest.ts";
import { identifyBytes } from "./fragment.ts";

const key = new Uint8Array(32).fill(9);
const config = { ...smallConfig, layers: 1, vocabulary: 256 };
const original = makeModel(config, 11);

function made(name: string): MadeModel {
  return transform(
    transformations.find((transformation) => transformation.name === name)!,
    original,
    config,
  );
}

async function certificateOf(model: MadeModel) {
  const ours = weightsIn(model);
  const { pairs, unpaired } = await correspondences(ours, weightsIn(original), key);
  return certify(pairs, unpaired);
}

for (const name of ["Q8_0", "Q4_0", "llama Q/K rows, Q8_0", "cast to f16"]) {
  test(`${name}: an honest copy is certified whole`, async () => {
    const certificate = await certificateOf(made(name));
    assert.deepEqual(
      { ...certificate, blocks: certificate.blocks > 5000 },
      { honest: true, blocks: true, outside: 0, named: [], unpaired: [] },
    );
  });
}

for (const name of ["Q8_0", "Q4_0"] as const) {
  test(`${name}: one tampered block is named`, async () => {
    const copy = made(name).map((tensor) => {
      if (!tensor.name.includes("up_proj")) return tensor;
      const blocks = Uint8Array.from(tensor.blocks!);
      const size = name === "Q8_0" ? 34 : 18;
      blocks[321 * size + 9]! ^= 0x55;
      const values = new Float32Array(tensor.values.length);
      decodeBlocks(name, blocks, values);
      return { ...tensor, blocks, values };
    });
    const certificate = await certificateOf(copy);
    assert.equal(certificate.honest, false);
    assert.deepEqual(
      certificate.named.map(({ tensor, block }) => [tensor, block]),
      [["model.layers.0.mlp.up_proj.weight", 321]],
    );
  });
}

test("a fine-tune that was quantised is no honest copy", async () => {
  const certificate = await certificateOf(made("fine-tuned 1 %, f16, mixed"));
  assert.equal(certificate.honest, false);
  assert.ok(certificate.outside > 1000);
});

function contentOf(bytes: Uint8Array) {
  const pass = new ContentPass([]);
  pass.push(bytes);
  return pass.finish();
}

test("bytes that hold a part of an enrolled file are a fragment of it", () => {
  const file = noiseBytes(900_000, 41);
  const content = contentOf(file);
  const { size, sha256, xet } = content;
  const entry = {
    ...{ name: "trees", files: [{ size, sha256, xet }] },
    chunks: chunkSetOf(content.chunks),
  };
  assert.equal(identifyBytes(contentOf(file), [entry]).verdict, "identical");
  const carrier = concatBytes(noiseBytes(70_001, 42), file.subarray(100_000, 700_000));
  const found = identifyBytes(contentOf(carrier), [entry]);
  assert.deepEqual([found.verdict, found.match], ["fragment", "trees"]);
  assert.ok(found.completeness > 0.4 && found.completeness < 0.7);
  assert.equal(identifyBytes(contentOf(noiseBytes(800_000, 43)), [entry]).verdict, "unrelated");
});

test("a block that is emptied under a huge scale of its own is named", async () => {
  const copy = made("Q4_0");
  const at = copy.findIndex(({ name }) => name.includes("up_proj"));
  const blocks = Uint8Array.from(copy[at]!.blocks!);
  // Scale 1024; every code 8, which is zero.
  blocks.set([0x00, 0x64, ...new Array<number>(16).fill(0x88)], 7 * 18);
  const values = Float32Array.from(copy[at]!.values).fill(0, 7 * 32, 8 * 32);
  const { named } = await certificateOf(copy.with(at, { ...copy[at]!, blocks, values }));
  assert.deepEqual(
    named.map(({ block }) => block),
    [7],
  );
});
