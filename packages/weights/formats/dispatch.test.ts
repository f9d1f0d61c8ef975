import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { memoryReader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import { canonicalBytes, vectorBytes, vectorNames, vectorOptions } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

type Expected = {
  readonly format: string;
  readonly tensors: Record<string, [type: string, shape: number[], sha256: string]>;
};
const text = Buffer.from(vectorBytes("expected.json")).toString();
const expected: Record<string, Expected> = JSON.parse(text);

export async function open(name: string): Promise<Model> {
  const model = await openModel(memoryReader(vectorBytes(name)), vectorOptions(name));
  assert(!("refused" in model), JSON.stringify(model));
  return model;
}

for (const [name, { format, tensors }] of Object.entries(expected)) {
  test(`${name} holds what its own tool wrote`, async () => {
    const model = await open(name);
    assert.equal(model.format, format);
    const found: Expected["tensors"] = {};
    for (const tensor of model.tensors) {
      const bytes = await canonicalBytes(model, tensor);
      const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
      found[tensor.name] = [tensor.type, [...tensor.shape], digest];
    }
    // Q8_1 is an intermediate of ggml's, 36 bytes there and 40 in gguf-py: no file holds it.
    delete found["blk.0.Q8_1"];
    delete found.s;
    const wanted = { ...tensors };
    assert.deepEqual(found, wanted);
  });
}

test("every vector of a model file has expectations", () => {
  const shards = ["model-00001-of-00002.safetensors"];
  shards.push("gs-00002-of-00003.gguf", "gs-00003-of-00003.gguf");
  const names = vectorNames().filter((name) => !shards.includes(name));
  assert.deepEqual(names.sort(), Object.keys(expected).sort());
});

test("an extension decides nothing", async () => {
  for (const name of ["plain.gguf", "views.pt", "raw.onnx", "latest.h5", "int8.tflite"]) {
    const model = await openModel(memoryReader(vectorBytes(name)), { name: "notes.log" });
    assert(!("refused" in model));
    assert.equal(model.format, expected[name]!.format);
  }
});

test("what is no model is refused as of unknown kind", async () => {
  for (const bytes of [Buffer.from("hello, world"), Buffer.alloc(0), Buffer.alloc(5_000, 0xff)]) {
    const opened = await openModel(memoryReader(new Uint8Array(bytes)), {});
    assert("refused" in opened);
    assert.equal(opened.refused, "unknown-kind");
  }
});
