import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../reader.ts";
import type { Model, PackedWeight, PackingRole, Tensor, TensorType } from "../tensor.ts";
import { noiseOf } from "../testing/noise.ts";
import { weightsOf } from "./weight.ts";

type Stored = {
  readonly role: PackingRole;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
};

async function unpacked(about: Omit<PackedWeight, "roles" | "name">, stored: readonly Stored[]) {
  const tensors: Tensor[] = [];
  let offset = 0;
  for (const { role, type, shape, bytes } of stored) {
    const data = { part: 0, offset, length: bytes.length };
    tensors.push({ name: role, shape, type, data, byteOrder: "little" });
    offset += bytes.length;
  }
  const file = new Uint8Array(offset);
  for (const [i, { bytes }] of stored.entries()) file.set(bytes, tensors[i]!.data.offset);
  const roles = Object.fromEntries(stored.map(({ role }, i) => [role, i]));
  const model: Model = {
    ...{ format: "safetensors", tensors, metadata: new Map(), warnings: [] },
    packed: [{ name: "w", ...about, roles }],
    parts: [{ name: "", reader: memoryReader(file), derived: false }],
    coverage: { total: offset, explained: offset, holes: [] },
  };
  const [weight, ...others] = weightsOf(model);
  assert.equal(others.length, 0);
  return [...(await weight!.read(0, weight!.elements)).values];
}

const f32 = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer);
const i32 = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer);

/** Codes written low bits first into 32-bit words. */
function wordsOf(codes: readonly number[], bits: number): number[] {
  const words = new Array<number>(Math.ceil((codes.length * bits) / 32)).fill(0);
  for (const [i, code] of codes.entries()) {
    for (let k = 0; k < bits; k += 1) {
      const at = i * bits + k;
      words[at >> 5]! |= ((code >> k) & 1) << (at & 31);
    }
  }
  return words;
}

const noise = noiseOf(4);
const codesOf = (count: number, bits: number) =>
  Array.from({ length: count }, () => Math.floor(noise.uniform() * 2 ** bits));
const scalesOf = (count: number) =>
  Float32Array.from({ length: count }, () => 0.01 + noise.uniform());

const outputs = 32;
const inputs = 64;
const close = (a: readonly number[], b: readonly number[]) => {
  assert.equal(a.length, b.length);
  for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]!) < 1e-5, `${i}`);
};

for (const bits of [2, 3, 4, 8]) {
  test(`GPTQ of ${bits} bits: packed down the input, zero points one less than they are`, async () => {
    const groups = 2;
    const codes = Array.from({ length: outputs }, () => codesOf(inputs, bits));
    const zeros = Array.from({ length: groups }, () => codesOf(outputs, bits));
    const scales = scalesOf(groups * outputs);
    const columns = codes.map((column) => wordsOf(column, bits));
    const rows = columns[0]!.length;
    const weight = Array.from(
      { length: rows * outputs },
      (_, i) => columns[i % outputs]!.at(Math.floor(i / outputs))!,
    );
    const zeroWords = zeros.flatMap((row) => wordsOf(row, bits));
    const about = { scheme: "gptq", shape: [outputs, inputs], bits, groupSize: 32 } as const;
    const values = await unpacked(about, [
      { role: "weight", type: "I32", shape: [rows, outputs], bytes: i32(weight) },
      { role: "zeros", type: "I32", shape: [groups, (outputs * bits) / 32], bytes: i32(zeroWords) },
      { role: "scales", type: "F32", shape: [groups, outputs], bytes: f32(scales) },
    ]);
    const expected = codes.flatMap((column, o) =>
      column.map((code, i) => {
        const group = i >> 5;
        return scales[group * outputs + o]! * (code - zeros[group]![o]! - 1);
      }),
    );
    close(values, expected);
  });
}

test("AWQ: packed along the output, in the order of its kernel", async () => {
  const order = [0, 2, 4, 6, 1, 3, 5, 7];
  const groups = 2;
  const codes = Array.from({ length: inputs }, () => codesOf(outputs, 4));
  const zeros = Array.from({ length: groups }, () => codesOf(outputs, 4));
  const pack = (row: readonly number[]) =>
    wordsOf(
      row.map((_, i) => row[(i & ~7) + order[i & 7]!]!),
      4,
    );
  const scales = scalesOf(groups * outputs);
  const about = { scheme: "awq", shape: [outputs, inputs], bits: 4, groupSize: 32 } as const;
  const values = await unpacked(about, [
    { role: "weight", type: "I32", shape: [inputs, outputs / 8], bytes: i32(codes.flatMap(pack)) },
    { role: "zeros", type: "I32", shape: [groups, outputs / 8], bytes: i32(zeros.flatMap(pack)) },
    { role: "scales", type: "F32", shape: [groups, outputs], bytes: f32(scales) },
  ]);
  const expected: number[] = [];
  for (let o = 0; o < outputs; o += 1) {
    for (let i = 0; i < inputs; i += 1) {
      const group = i >> 5;
      expected.push(scales[group * outputs + o]! * (codes[i]![o]! - zeros[group]![o]!));
    }
  }
  close(values, expected);
});

test("bitsandbytes NF4: high nibble first, a scale for each 64", async () => {
  const codes = codesOf(outputs * inputs, 4);
  const levels = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
  const scales = scalesOf((outputs * inputs) / 64);
  const bytes = Uint8Array.from({ length: codes.length / 2 }, (_, i) => {
    return (codes[2 * i]! << 4) | codes[2 * i + 1]!;
  });
  const about = { scheme: "bnb-4bit", shape: [outputs, inputs], bits: 4, groupSize: 64 } as const;
  const values = await unpacked(about, [
    { role: "weight", type: "U8", shape: [bytes.length, 1], bytes },
    { role: "scales", type: "F32", shape: [scales.length], bytes: f32(scales) },
    { role: "codebook", type: "F32", shape: [16], bytes: f32(levels) },
  ]);
  close(
    values,
    codes.map((code, i) => levels[code]! * scales[i >> 6]!),
  );
});

for (const bits of [3, 4, 6, 8]) {
  test(`MLX of ${bits} bits: a stream of bits along each row, scale and bias a group`, async () => {
    const rows = Array.from({ length: outputs }, () => codesOf(inputs, bits));
    const words = rows.flatMap((row) => wordsOf(row, bits));
    const scales = scalesOf(outputs * 2);
    const biases = scalesOf(outputs * 2);
    const shape = [outputs, inputs];
    const about = { scheme: "mlx-affine", shape, bits, groupSize: 32 } as const;
    const values = await unpacked(about, [
      { role: "weight", type: "U32", shape: [outputs, (inputs * bits) / 32], bytes: i32(words) },
      { role: "scales", type: "F32", shape: [outputs, 2], bytes: f32(scales) },
      { role: "biases", type: "F32", shape: [outputs, 2], bytes: f32(biases) },
    ]);
    const expected = rows.flatMap((row, r) =>
      row.map((code, i) => code * scales[2 * r + (i >> 5)]! + biases[2 * r + (i >> 5)]!),
    );
    close(values, expected);
  });
}

test("compressed-tensors: offset codes along the row, a scale a group", async () => {
  const rows = Array.from({ length: outputs }, () => codesOf(inputs, 4));
  const scales = scalesOf(outputs * 2);
  const shape = [outputs, inputs];
  const about = { scheme: "compressed-tensors-int", shape, bits: 4, groupSize: 32 } as const;
  const bytes = i32(rows.flatMap((row) => wordsOf(row, 4)));
  const values = await unpacked(about, [
    { role: "weight", type: "I32", shape: [outputs, inputs / 8], bytes },
    { role: "scales", type: "F32", shape: [outputs, 2], bytes: f32(scales) },
  ]);
  const expected = rows.flatMap((row, r) =>
    row.map((code, i) => (code - 8) * scales[2 * r + (i >> 5)]!),
  );
  close(values, expected);
});

test("a value beyond its tensor is not a number, and nothing outside is read", async () => {
  const about = { scheme: "bnb-int8", shape: [4, 8], bits: 8, groupSize: 0 } as const;
  const values = await unpacked(about, [
    { role: "weight", type: "I8", shape: [2, 8], bytes: new Uint8Array(16).fill(1) },
    { role: "scales", type: "F32", shape: [4], bytes: f32([127, 127, 127, 127]) },
  ]);
  assert.deepEqual(values.slice(14, 18), [1, 1, Number.NaN, Number.NaN]);
});
