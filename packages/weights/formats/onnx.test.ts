import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../reader.ts";
import { vectorBytes } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

type Part = string | Uint8Array;

function field(number: number, ...parts: readonly Part[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return new Uint8Array(Buffer.concat([varint(number * 8 + 2), varint(body.length), body]));
}

function number(field: number, value: number): Uint8Array {
  return new Uint8Array(Buffer.concat([varint(field * 8), varint(value)]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

function modelOf(...graph: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([number(1, 8), field(7, ...graph)]));
}

function external(location: string): Uint8Array {
  const entry = (key: string, value: string) => field(13, field(1, key), field(2, value));
  const place = [entry("location", location), entry("offset", "0"), entry("length", "16")];
  return field(5, number(1, 4), number(2, 1), field(8, "w"), ...place, number(14, 1));
}

test("external data is asked for by safe names only", async () => {
  const asked: string[] = [];
  const siblings = (name: string) => {
    asked.push(name);
    return memoryReader(new Uint8Array(16));
  };
  const bad = [
    "../w",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "C:\\w",
    "C:w",
    "\\\\host\\w",
    "",
    "a\0b",
    ".",
  ];
  for (const location of bad) {
    const model = await openModel(memoryReader(modelOf(external(location))), { siblings });
    assert(!("refused" in model), JSON.stringify(model));
    assert.equal(model.warnings[0]?.code, "path-refused", location);
    assert.deepEqual(model.tensors, []);
  }
  assert.deepEqual(asked, []);
  const model = await openModel(memoryReader(modelOf(external("d/w.bin"))), { siblings });
  assert(!("refused" in model));
  assert.equal(model.parts[model.tensors[0]!.data.part]!.name, "d/w.bin");
});

test("messages nested thousands deep are passed over, not followed", async () => {
  let inner: Uint8Array = new Uint8Array(0);
  for (let depth = 0; depth < 3_000; depth += 1) inner = field(1, field(5, field(6, inner)));
  const model = await openModel(memoryReader(modelOf(inner)), {});
  assert(!("refused" in model));
  assert(model.warnings.some(({ code }) => code === "limit-reached"));
});

test("a shape that its values do not fill is told", async () => {
  const tensor = field(5, number(1, 4), number(2, 1), field(8, "w"), field(9, new Uint8Array(8)));
  const model = await openModel(memoryReader(modelOf(tensor)), {});
  assert(!("refused" in model));
  assert.deepEqual(model.tensors, []);
  assert.equal(model.warnings[0]?.code, "wrong-length");
});

test("trees and constants of subgraphs are tensors", async () => {
  const model = await openModel(memoryReader(vectorBytes("constants-and-trees.onnx")), {});
  assert(!("refused" in model));
  assert(model.tensors.some(({ name }) => name === "tr.nodes_values"));
  assert.equal(model.tensors.filter(({ name }) => name === "deep").length, 2);
});
