import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../reader.ts";
import type { Opened } from "../tensor.ts";
import { vectorBytes } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

function header(version: number, tensors: bigint, keys: bigint, rest = 0): Uint8Array {
  const bytes = new Uint8Array(24 + rest);
  bytes.set(Buffer.from("GGUF"));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, version, true);
  view.setBigUint64(8, tensors, true);
  view.setBigUint64(16, keys, true);
  return bytes;
}

async function open(bytes: Uint8Array): Promise<Opened> {
  return openModel(memoryReader(bytes), {});
}

test("counts that cannot be are refused before anything is made for them", async () => {
  const counts: [bigint, bigint][] = [
    [2n ** 63n, 0n],
    [0n, 2n ** 64n - 1n],
    [1_000_000n, 0n],
    [0n, 60_000n],
    [200_000n, 0n],
  ];
  for (const [tensors, keys] of counts) {
    const opened = await open(header(3, tensors, keys, 1_000));
    assert("refused" in opened, String([tensors, keys]));
  }
});

test("version 1 and versions to come are refused by their number", async () => {
  for (const version of [0, 1, 4, 0x0100_0000]) {
    const opened = await open(header(version, 0n, 0n));
    assert("refused" in opened);
    assert.equal(opened.refused, "unknown-version");
  }
});

test("big endian is told by the version and kept with each tensor", async () => {
  const opened = await open(vectorBytes("big-endian.gguf"));
  assert(!("refused" in opened));
  assert(opened.tensors.every(({ byteOrder }) => byteOrder === "big"));
});

test("metadata is kept as inert text, arrays by their length", async () => {
  const opened = await open(vectorBytes("plain.gguf"));
  assert(!("refused" in opened));
  assert.equal(opened.metadata.get("general.architecture"), "llama");
  assert.equal(opened.metadata.get("tokenizer.ggml.tokens"), "array of 3 strings");
  assert.equal(opened.metadata.get("x.u"), String(2n ** 60n));
});

test("a type that is not known is told, the others are read", async () => {
  const bytes = vectorBytes("plain.gguf").slice();
  const at = Buffer.from(bytes).indexOf("f16") + 3;
  // After the name: dimensions (4), two sizes (16), then the type.
  bytes[at + 4 + 16] = 200;
  const opened = await open(bytes);
  assert(!("refused" in opened));
  assert(opened.warnings.some(({ code, detail }) => code === "unknown-type" && /200/.test(detail)));
  assert(opened.tensors.some(({ name }) => name === "f32"));
});
