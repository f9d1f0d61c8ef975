import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader, type Reader } from "../reader.ts";
import { vectorBytes } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

function beside(files: Record<string, Uint8Array>): (name: string) => Reader | undefined {
  return (name) => {
    const bytes = files[name];
    return bytes === undefined ? undefined : memoryReader(bytes);
  };
}

const index = (map: Record<string, string>): Uint8Array =>
  new Uint8Array(Buffer.from(JSON.stringify({ weight_map: map })));

test("an index of PyTorch shards is read like one of safetensors", async () => {
  const files = { "a.bin": vectorBytes("newer-types.pt"), "b.bin": vectorBytes("views-legacy.pt") };
  const map = { e4: "a.bin", whole: "b.bin", gone: "b.bin" };
  const model = await openModel(memoryReader(index(map)), { siblings: beside(files) });
  assert(!("refused" in model));
  assert.equal(model.format, "pytorch-zip");
  assert.deepEqual(
    model.parts.map(({ name }) => name),
    ["a.bin", "b.bin"],
  );
  const whole = model.tensors.find(({ name }) => name === "whole");
  assert.equal(whole?.data.part, 1);
  assert(model.warnings.some(({ detail }) => detail === "tensor gone"));
});

test("a shard that is an index again, or itself, is not followed", async () => {
  const loop = index({ w: "loop.json" });
  const model = await openModel(memoryReader(loop), { siblings: beside({ "loop.json": loop }) });
  assert(!("refused" in model));
  assert.deepEqual(model.tensors, []);
  assert(model.warnings.every(({ code }) => code === "missing-part"));
});

test("packed weights whose tensors lie in two shards are recognised together", async () => {
  const bytes = Buffer.from(vectorBytes("awq.safetensors"));
  // The same file twice, in one of them with the scales, in the other the rest, under other names.
  const renamed = (from: string, to: string) =>
    new Uint8Array(Buffer.from(bytes.toString("latin1").replaceAll(from, to), "latin1"));
  const files = { a: renamed("l.scales", "x.scales"), b: renamed("l.q", "y.q") };
  const map = { "l.qweight": "a", "l.scales": "b" };
  const model = await openModel(memoryReader(index(map)), { siblings: beside(files) });
  assert(!("refused" in model));
  const packed = model.packed.find(({ name }) => name === "l.weight");
  assert.equal(packed?.scheme, "awq");
  const { weight, scales } = packed!.roles;
  assert.notEqual(model.tensors[weight!]!.data.part, model.tensors[scales!]!.data.part);
});
