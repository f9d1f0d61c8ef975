import assert from "node:assert/strict";
import { test } from "node:test";
import { BeyondEnd, memoryReader } from "../reader.ts";
import type { Model, Tensor } from "../tensor.ts";
import { weightsOf } from "./weight.ts";

function modelOf(bytes: Uint8Array, ...tensors: Partial<Tensor>[]): Model {
  const whole = { part: 0, offset: 0, length: bytes.length };
  return {
    ...{ format: "npy", packed: [], metadata: new Map(), warnings: [] },
    tensors: tensors.map((tensor) => ({
      ...{ name: "t", shape: [2, 3], type: "F32", data: whole, byteOrder: "little" },
      ...tensor,
    })) as Tensor[],
    parts: [{ name: "", reader: memoryReader(bytes), derived: false }],
    coverage: { total: bytes.length, explained: bytes.length, holes: [] },
  };
}

async function valuesOf(model: Model, from = 0, count = 6) {
  const [weight] = weightsOf(model);
  return [...(await weight!.read(from, count)).values];
}

const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

test("row-major, column-major and big-endian storage read as the same weight", async () => {
  assert.deepEqual(await valuesOf(modelOf(floats, {})), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await valuesOf(modelOf(floats, { strides: [1, 2] })), [1, 3, 5, 2, 4, 6]);
  const big = floats.map((_, i) => floats[(i & ~3) + 3 - (i & 3)]!);
  assert.deepEqual(await valuesOf(modelOf(big, { byteOrder: "big" }), 2, 3), [3, 4, 5]);
});

test("packed nibbles can be read from an odd place", async () => {
  const bytes = Uint8Array.of(0x21, 0x43, 0x65);
  assert.deepEqual(await valuesOf(modelOf(bytes, { type: "U4" }), 3, 2), [4, 5]);
});

test("an affine tensor reads as what it stands for, each value within one step", async () => {
  const bytes = Uint8Array.of(10, 20, 30, 40, 50, 60);
  const affine = { kind: "zero", scales: [0.5, 2], offsets: [10, 0], axis: 0 } as const;
  const [weight] = weightsOf(modelOf(bytes, { type: "U8", affine }));
  const run = await weight!.read(1, 4);
  assert.deepEqual([...run.values], [5, 10, 80, 100]);
  assert.ok(run.slack![0]! >= 0.5 && run.slack![3]! >= 2);
});

test("a shape larger than its bytes is stopped at the end of them", async () => {
  const [weight] = weightsOf(modelOf(floats, { shape: [1000, 1000] }));
  assert.throws(() => weight!.read(900_000, 32), BeyondEnd);
});

test("indices, masks and empty tensors are no weights", () => {
  const model = modelOf(floats, { type: "I64" }, { type: "BOOL" }, { shape: [0, 3] });
  assert.deepEqual(weightsOf(model), []);
});
