/** Files made to break whoever parses them: refused or reported, and the look goes on. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Digest, isRefused } from "@writ/core";
import { identified } from "./identity/identified.ts";
import { openRecogniser } from "./identity/recogniser.ts";
import { openSketchKey } from "./identity/sketch-key.ts";
import { asGguf, asSafetensors, asTar, disguised, madeModel } from "./testing/disguises.ts";
import { emptyAssignment, freshFolder, lookAt, noProcesses, opaqueBytes } from "./testing/scene.ts";

const original = asSafetensors(madeModel(1));
const digest: Digest = `sha256:${createHash("sha256").update(original).digest("hex")}`;

function header(length: bigint, text: string, bytes = 4096): Uint8Array {
  const lead = new Uint8Array(8);
  new DataView(lead.buffer).setBigUint64(0, length, true);
  return Buffer.concat([lead, Buffer.from(text), opaqueBytes(bytes)]);
}

function safetensors(tensors: Readonly<Record<string, unknown>>, bytes = 4096): Uint8Array {
  const text = JSON.stringify(tensors);
  return header(BigInt(text.length), text, bytes);
}

const tensor = (from: number, to: number, ...shape: readonly number[]) => ({
  dtype: "F32",
  shape,
  data_offsets: [from, to],
});

/** GGUF that says it has so many tensors and pairs. */
function gguf(tensors: bigint, pairs: bigint): Uint8Array {
  const lead = Buffer.alloc(24);
  lead.write("GGUF");
  lead.writeUInt32LE(3, 4);
  lead.writeBigUInt64LE(tensors, 8);
  lead.writeBigUInt64LE(pairs, 16);
  return Buffer.concat([lead, opaqueBytes(4096)]);
}

const bomb = gzipSync(Buffer.alloc(66 * 1024 * 1024));

/** A small file counts if the register names its size. */
const artefacts = [
  { digest, size: original.length },
  { digest: `sha256:${"0".repeat(64)}`, size: bomb.length },
] as const;
const assignment = { ...emptyAssignment, artefacts };

const hostile: Readonly<Record<string, Uint8Array>> = {
  "header of an exabyte": header(2n ** 60n, "{}"),
  "shape of a yottabyte": safetensors({ w: tensor(0, 4096, 2 ** 40, 2 ** 40) }),
  "overlapping tensors": safetensors({ a: tensor(0, 4096, 1024), b: tensor(0, 4096, 1024) }),
  "offsets that go back": safetensors({ w: tensor(4096, 0, 1024) }),
  "a tensor of no values": safetensors({ w: tensor(0, 0, 0) }),
  "exabytes of tensors": gguf(2n ** 63n, 0n),
  "exabytes of pairs": gguf(1n, 2n ** 63n),
  "weights that are not numbers": safetensors({ w: tensor(0, 4096, 32, 32) }),
  "a bomb": bomb,
};

test("hostile files end no look, and hide nothing that lies beside them", async (context) => {
  const root = freshFolder(context);
  const data = freshFolder(context);
  const put = (name: string, bytes: Uint8Array) => {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), bytes);
  };
  put("registered", original);
  for (const [name, bytes] of Object.entries(hostile)) put(`hostile/${name}`, bytes);
  put("copy", asGguf(disguised("Q8_0", madeModel(1))));
  put("packed.tar", asTar({ ...hostile, "a bomb": new Uint8Array(), weights: original }));
  const key = openSketchKey(join(data, "sketch.key"));
  assert.ok(!isRefused(key));
  const recogniser = openRecogniser({ data, key, log: () => undefined, patience: 300_000 });
  context.after(() => recogniser.close());
  const seen = await lookAt([root], { assignment, ...noProcesses });
  const census = await identified(seen, { recogniser, assignment });
  const known = (name: string) =>
    census.masses
      .find(({ names }) => names.includes(join(root, name)))
      ?.known?.map(({ how }) => how);
  assert.deepEqual(known("copy"), ["quantised"]);
  assert.deepEqual(known("packed.tar"), ["identical"]);
  for (const name of Object.keys(hostile)) assert.equal(known(`hostile/${name}`), undefined, name);
  // What a bomb hides behind it is not known: that is told, as a gap.
  const gaps = census.coverage.find(({ vantage }) => vantage === "files")?.gaps ?? [];
  const told = gaps.filter(({ why }) => why === "limit").map(({ where }) => where);
  assert.ok(told.includes(join(root, "hostile/a bomb")), JSON.stringify(gaps));
});
