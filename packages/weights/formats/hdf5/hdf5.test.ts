import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader } from "../../reader.ts";
import { vectorBytes } from "../../testing/files.ts";
import { openModel } from "../dispatch.ts";

/** The vector with some bytes replaced where a run of bytes is first found. */
function changed(name: string, find: string, change: (at: Buffer) => void): Uint8Array {
  const bytes = Buffer.from(vectorBytes(name));
  const at = bytes.indexOf(find, 0, "latin1");
  assert(at >= 0);
  change(bytes.subarray(at));
  return new Uint8Array(bytes);
}

test("a heap, a node or a header that is not what it should be is refused", async () => {
  for (const signature of ["HEAP", "SNOD", "TREE"]) {
    const bytes = changed("oldest.h5", signature, (at) => at.write("XXXX"));
    const model = await openModel(memoryReader(bytes), {});
    assert("refused" in model, signature);
    assert.equal(model.refused, "malformed");
  }
});

test("a group tree that leads to itself ends", async () => {
  const bytes = Buffer.from(vectorBytes("oldest.h5"));
  const at = bytes.indexOf("TREE");
  // Level 0: signature, type, level, count (2), two siblings (16), then key (8) and child (8).
  bytes.writeBigUInt64LE(BigInt(at), at + 32);
  const model = await openModel(memoryReader(new Uint8Array(bytes)), {});
  assert("refused" in model);
});

test("a broken chunk is found when it is read, and the other datasets are sound", async () => {
  const sound = await openModel(memoryReader(vectorBytes("oldest.h5")), {});
  assert(!("refused" in sound));
  const tensor = sound.tensors.find(({ name }) => name === "gz")!;
  const { reader } = sound.parts[tensor.data.part]!;
  const values = await reader.read(0, tensor.data.length);
  assert.equal(values.length, 10 * 9 * 4);
  const bytes = changed("oldest.h5", "\x78\x5e", (at) => at.fill(0xff, 2, 12));
  const model = await openModel(memoryReader(bytes), {});
  assert(!("refused" in model));
  const broken = model.tensors.find(({ name }) => name === "gz")!;
  const part = model.parts[broken.data.part]!;
  await assert.rejects(async () => part.reader.read(0, broken.data.length));
});
