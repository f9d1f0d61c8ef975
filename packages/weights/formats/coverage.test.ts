import assert from "node:assert/strict";
import { test } from "node:test";
import { zipSync } from "fflate/browser";
import { memoryReader } from "../reader.ts";
import { vectorBytes, vectorNames, vectorOptions } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";

const stash = new Uint8Array(50_000).map((_, at) => (at * 40_503) >>> 5);

function joined(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part as string, "latin1"))));
}

/** Unexplained bytes in runs long enough to be told. */
async function unexplained(bytes: Uint8Array, name = ""): Promise<number> {
  const model = await openModel(memoryReader(bytes), name === "" ? {} : vectorOptions(name));
  assert(!("refused" in model), JSON.stringify(model));
  return model.coverage.holes.reduce((sum, { length }) => sum + length, 0);
}

test("honest files have no hole that could hold a stash", async () => {
  for (const name of vectorNames()) {
    const holes = await unexplained(vectorBytes(name), name);
    // HDF5 keeps back a block or two of 2 to 4 KB.
    assert(holes < 10_000, `${name}: ${holes}`);
  }
});

const appendable = ["plain.gguf", "torch-types.safetensors", "views-legacy.pt", "latest.h5"];
for (const name of [...appendable, "column-major.npy", "int8.tflite"]) {
  test(`bytes after the end of ${name} are a hole`, async () => {
    const pad = name === "int8.tflite" ? new Uint8Array(300_000) : new Uint8Array(0);
    assert((await unexplained(joined(vectorBytes(name), stash, pad))) >= stash.length);
  });
}

test("another member of a zip is a hole; in a PyTorch one too", async () => {
  const npz = zipSync({ "w.npy": vectorBytes("column-major.npy"), x: stash }, { level: 0 });
  assert((await unexplained(npz)) >= stash.length);
  const pickle = joined("\x80\x02}.");
  const torch = zipSync({ "a/data.pkl": pickle, "a/data/0": stash }, { level: 0 });
  assert((await unexplained(torch)) >= stash.length);
});

test("a long text or bytes in a pickle are a hole", async () => {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, stash.length, true);
  for (const instruction of ["B", "T"]) {
    const pickle = joined("\x80\x03}X\x01\x00\x00\x00x", instruction, size, stash, "s.");
    const files = { "a/data.pkl": pickle };
    assert((await unexplained(zipSync(files, { level: 0 }))) >= stash.length, instruction);
  }
});

test("an attribute, a document or an unknown field of an ONNX graph is a hole", async () => {
  const length = Uint8Array.of(0xd0, 0x86, 0x03);
  for (const tag of ["\x32", "\xf2\x3f"]) {
    const field = joined(Buffer.from(tag, "latin1"), length, stash);
    assert((await unexplained(joined(vectorBytes("raw.onnx"), field))) >= stash.length);
  }
});
