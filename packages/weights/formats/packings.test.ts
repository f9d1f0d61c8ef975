import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../reader.ts";
import type { PackedWeight } from "../tensor.ts";
import { vectorBytes } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

async function packedIn(name: string, config?: string): Promise<readonly PackedWeight[]> {
  const siblings = (other: string) =>
    other === "config.json" && config !== undefined
      ? memoryReader(new Uint8Array(Buffer.from(config)))
      : undefined;
  const model = await openModel(memoryReader(vectorBytes(name)), { siblings });
  assert(!("refused" in model));
  for (const { roles } of model.packed) {
    for (const index of Object.values(roles)) assert(model.tensors[index!] !== undefined);
  }
  return model.packed;
}

const known: [string, string, number[], number, number, string[]][] = [
  ["gptq", "gptq", [16, 64], 4, 32, ["weight", "scales", "zeros", "groupIndex"]],
  ["awq", "awq", [16, 64], 4, 32, ["weight", "scales", "zeros"]],
  ["bitsandbytes-int8", "bnb-int8", [8, 16], 8, 0, ["weight", "scales"]],
  ["compressed-tensors", "compressed-tensors-int", [8, 64], 4, 32, ["weight", "scales", "shape"]],
  ["mxfp4", "mxfp4", [2, 4, 96], 4, 32, ["weight", "scales"]],
  ["mlx", "mlx-affine", [8, 128], 4, 64, ["weight", "scales", "biases"]],
];
for (const [file, scheme, shape, bits, groupSize, roles] of known) {
  test(`${file}: one weight, its logical shape and its parts`, async () => {
    const packed = await packedIn(`${file}.safetensors`);
    assert.equal(packed.length, 1);
    const [weight] = packed;
    const { scheme: s, shape: h, bits: b, groupSize: g } = weight!;
    assert.deepEqual([s, h, b, g], [scheme, shape, bits, groupSize]);
    assert.deepEqual(Object.keys(weight!.roles), roles);
  });
}

test("bitsandbytes 4-bit: shape and block size come from its state", async () => {
  const [weight] = await packedIn("bitsandbytes-4bit.safetensors");
  assert.deepEqual(weight!.shape, [8, 32]);
  assert.equal(weight!.groupSize, 64);
  assert.equal(Object.keys(weight!.roles).length, 6);
});

test("floats of eight and four bits with scales, told apart by what scales them", async () => {
  const packed = await packedIn("float8.safetensors");
  const schemes = Object.fromEntries(packed.map(({ name, scheme }) => [name, scheme]));
  assert.deepEqual(schemes, {
    "c.weight": "compressed-tensors-float",
    "i.weight": "compressed-tensors-int",
    "l.weight": "fp8-block",
    "m.weight": "nvfp4",
    "n.weight": "compressed-tensors-nvfp4",
  });
});

test("MLX: the configuration beside the file says what shapes alone do not", async () => {
  const config = '{"quantization":{"group_size":32,"bits":8}}';
  const [weight] = await packedIn("mlx.safetensors", config);
  assert.equal(weight!.bits, 8);
  assert.deepEqual(weight!.shape, [8, 64]);
});
