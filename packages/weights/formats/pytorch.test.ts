import assert from "node:assert/strict";
import { test } from "node:test";
import { zipSync } from "fflate/browser";
import { memoryReader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import { vectorBytes } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";
import { unpickle } from "./pickle.ts";
import { Stop } from "./stop.ts";

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

async function openPickle(pickle: Uint8Array, storage = new Uint8Array(64)): Promise<Model> {
  const files = { "m/data.pkl": pickle, "m/data/0": storage, "m/byteorder": latin("little") };
  const model = await openModel(memoryReader(zipSync(files, { level: 0 })), {});
  assert(!("refused" in model), JSON.stringify(model));
  return model;
}

/** `{"w": torch._utils._rebuild_tensor_v2(storage 0 of floats, OFFSET, SIZE, STRIDE, …)}` */
function tensorPickle(offset: string, size: string, stride: string): Uint8Array {
  return latin(
    "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(" +
      "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x10tQ" +
      `${offset}(${size}t(${stride}t\x89ccollections\nOrderedDict\n)RtRs.`,
  );
}

test("a tensor is placed in its storage", async () => {
  const model = await openPickle(tensorPickle("K\x02", "K\x02K\x03", "K\x03K\x01"));
  assert.equal(model.tensors.length, 1);
  assert.deepEqual(model.tensors[0]!.shape, [2, 3]);
  assert.equal(model.tensors[0]!.data.length, 24);
  assert.deepEqual(model.warnings, []);
});

test("a view past its storage, negative or absurd, is told and left out", async () => {
  const bad: [string, string, string][] = [
    ["K\x0c", "K\x02K\x03", "K\x03K\x01"],
    ["J\xff\xff\xff\xff", "K\x02", "K\x01"],
    ["K\x00", "K\x02", "J\xff\xff\xff\xff"],
    ["K\x00", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", "K\x01"],
    ["K\x00", "J\xff\xff\xff\x7fJ\xff\xff\xff\x7f", "K\x00K\x01"],
  ];
  for (const facts of bad) {
    const model = await openPickle(tensorPickle(...facts));
    assert.deepEqual(model.tensors, []);
    assert.equal(model.warnings[0]?.code, "wrong-length");
  }
});

test("a payload is not run: it is named", async () => {
  const payloads = [
    "cos\nsystem\n(X\x08\x00\x00\x00touch /xtR.",
    "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x01x\x85R.",
    "(X\x01\x00\x00\x00xios\nsystem\n.",
    "(cos\nsystem\nX\x01\x00\x00\x00xo.",
    "cbuiltins\neval\nX\x01\x00\x00\x00x\x85R.",
    "ctorch._utils\nos.system\n(tR.",
    "ctorch.storage\n_load_from_bytes\n(tR.",
  ];
  const wanted = ["os.system", "posix.system", "os.system", "os.system", "builtins.eval"];
  wanted.push("torch._utils.os.system", "torch.storage._load_from_bytes");
  for (const [index, payload] of payloads.entries()) {
    const model = await openPickle(latin(payload));
    assert.deepEqual(model.warnings[0], { code: "unsafe-global", detail: wanted[index] });
  }
});

test("a payload beside tensors is told and the tensors are still found", async () => {
  const tensor = tensorPickle("K\x00", "K\x04", "K\x01");
  const inside = Buffer.concat([
    tensor.subarray(0, -1),
    latin("X\x01\x00\x00\x00ecos\nsystem\n)Rs."),
  ]);
  const model = await openPickle(new Uint8Array(inside));
  assert.equal(model.tensors.length, 1);
  assert.deepEqual(
    model.warnings.map(({ detail }) => detail),
    ["os.system"],
  );
});

test("nesting a million deep neither recurses nor hangs", () => {
  const deep = new Uint8Array(2_000_002);
  deep.fill(0x5d, 0, 1_000_001);
  deep.fill(0x61, 1_000_001, 2_000_001);
  deep[2_000_001] = 0x2e;
  assert.equal(unpickle(deep, 0).end, deep.length);
});

test("lists that hold each other twice, forty deep, are walked once each", async () => {
  let pickle = "]q\x00";
  for (let level = 0; level < 40; level += 1) {
    const before = String.fromCharCode(level);
    pickle += `]q${String.fromCharCode(level + 1)}(h${before}h${before}e`;
  }
  const model = await openPickle(latin(`${pickle}.`));
  assert.deepEqual(model.tensors, []);
});

test("a pickle that only eats memory is refused", () => {
  const hungry = new Uint8Array(5_000_000).fill(0x5d);
  assert.throws(() => unpickle(hungry, 0), Stop);
  const marks = new Uint8Array(5_000_000).fill(0x28);
  assert.throws(() => unpickle(marks, 0), Stop);
});

test("a zip whose local header disagrees with its directory is refused", async () => {
  const bytes = vectorBytes("views.pt").slice();
  // The first member's name in its local header, at byte 30.
  bytes[30] = bytes[30]! ^ 1;
  const model = await openModel(memoryReader(bytes), {});
  assert("refused" in model);
  assert.equal(model.refused, "malformed");
});

test("a module pickled whole is read, its classes told", async () => {
  const model = await openModel(memoryReader(vectorBytes("whole-module.pt")), {});
  assert(!("refused" in model));
  assert.deepEqual(model.tensors.map(({ name }) => name).sort(), [
    ...["0.bias", "0.weight", "2.bias", "2.weight"],
  ]);
  const told = model.warnings.filter(({ code }) => code === "unsafe-global");
  assert(told.some(({ detail }) => detail === "torch.nn.modules.linear.Linear"));
});
