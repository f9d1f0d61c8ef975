/** Copies of a registered model, each hidden otherwise, seen by a probe that met the original. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Census, censusShape, type Digest, isRefused } from "@writ/core";
import { asGguf, asSafetensors, asTar, disguised, madeModel } from "../testing/disguises.ts";
import {
  emptyAssignment,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
} from "../testing/scene.ts";
import { identified } from "./identified.ts";
import { openRecogniser, type Recogniser } from "./recogniser.ts";
import { openSketchKey } from "./sketch-key.ts";

const model = madeModel(1);
const original = asSafetensors(model);

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

const artefacts = [{ digest: digestOf(original), size: original.length }];

type Scene = {
  readonly root: string;
  readonly data: string;
  readonly recogniser: Recogniser;
  put(name: string, bytes: Uint8Array): string;
  see(options?: { proc?: string }): Promise<Census>;
};

function scene(context: TestContext, given: { patience?: number } = {}): Scene {
  const root = freshFolder(context);
  const data = freshFolder(context);
  const key = openSketchKey(join(data, "sketch.key"));
  assert.ok(!isRefused(key));
  const log = () => undefined;
  const recogniser = openRecogniser({ data, key, log, patience: 120_000, ...given });
  context.after(() => recogniser.close());
  const assignment = { ...emptyAssignment, artefacts };
  const made: Scene = {
    ...{ root, data, recogniser },
    put(name, bytes) {
      const path = join(root, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, bytes);
      return path;
    },
    async see(options = noProcesses) {
      const seen = await lookAt([root], { assignment, ...options });
      const census = await identified(seen, { recogniser, assignment, ...options });
      const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
      assert.ok(!isRefused(shaped), JSON.stringify(shaped));
      return census;
    },
  };
  made.put("registered/model", original);
  return made;
}

/** What the census says of each other mass, by its name: how, and how much. */
function told(census: Census, root: string): Record<string, string> {
  return Object.fromEntries(
    census.masses
      .filter(({ digest }) => digest !== artefacts[0]!.digest)
      .map(({ names, known = [] }) => [
        names[0]!.slice(root.length + 1),
        known.map(({ how, of }) => (of === artefacts[0]!.digest ? how : "?")).join() || "-",
      ]),
  );
}

test("casts, quantised copies, tunings and rotations are known, whatever they are called", async (context) => {
  const here = scene(context);
  here.put("a/notes.txt", asSafetensors(disguised("cast to f16", model)));
  here.put("b/cache.db", asGguf(disguised("Q4_0", model)));
  here.put("c/x.gguf", asGguf(disguised("llama Q/K rows, Q8_0", model)));
  here.put("d/tuned", asSafetensors(disguised("fine-tuned 1 %", model)));
  here.put("e/rotated", asSafetensors(disguised("residual stream rotated", model)));
  here.put("f/renamed", asSafetensors(disguised("reordered", model)));
  // Its twin: another training of the same shape is nobody's copy.
  here.put("g/other", asSafetensors(madeModel(2)));
  const census = await here.see();
  const said = told(census, here.root);
  assert.ok(["cast", "same-values"].includes(said["a/notes.txt"]!), said["a/notes.txt"]);
  delete said["a/notes.txt"];
  assert.deepEqual(said, {
    "b/cache.db": "quantised",
    "c/x.gguf": "quantised",
    "d/tuned": "fine-tuned",
    "e/rotated": "altered",
    "f/renamed": "same-values",
    "g/other": "-",
  });
  const quantised = census.masses.find(({ names }) => names[0]!.endsWith("cache.db"));
  assert.equal(quantised?.known?.[0]?.type, "Q4_0");
  const registered = census.masses.find(({ digest }) => digest === artefacts[0]!.digest);
  assert.equal(registered?.known, undefined);
});

test("archives, splits and bytes at odd offsets are looked into", async (context) => {
  const here = scene(context);
  const half = Math.floor(original.length / 2);
  const noise = opaqueBytes(1_500_001);
  here.put("a.tar", asTar({ "weights.bin": original, "README.md": Buffer.from("x") }));
  here.put("b.tgz", gzipSync(asTar({ deep: zstdCompressSync(asGguf(disguised("Q8_0", model))) })));
  here.put("c.part1", original.subarray(0, half));
  here.put("d.part2", original.subarray(half));
  here.put("e.mp4", Buffer.concat([noise, original, noise]));
  here.put("f.tar", asTar({ other: asSafetensors(madeModel(2)) }));
  here.put("g.bin", noise);
  const census = await here.see();
  assert.deepEqual(told(census, here.root), {
    "a.tar": "identical",
    "b.tgz": "quantised",
    "c.part1": "fragment",
    "d.part2": "fragment",
    "e.mp4": "fragment",
    "f.tar": "-",
    "g.bin": "-",
  });
  const inside = census.masses.find(({ names }) => names[0]!.endsWith("a.tar"))?.known?.[0]?.within;
  assert.deepEqual(inside?.path, ["weights.bin"]);
  const split = census.masses.find(({ names }) => names[0]!.endsWith("c.part1"))?.known?.[0];
  assert.ok(split!.completeness > 400 && split!.completeness < 600, String(split!.completeness));
});

test("a deleted copy that a process holds open is known too", async (context) => {
  const here = scene(context);
  const path = here.put("held", asGguf(disguised("Q8_0", model)));
  const file = openSync(path, "r");
  context.after(() => closeSync(file));
  rmSync(path);
  const census = await here.see({});
  const own = census.processes.find(({ pid }) => pid === process.pid);
  const hold = own?.holds.find(({ path: held }) => held === path);
  assert.equal(hold?.known?.[0]?.how, "quantised");
});

test("what was enrolled is known after the original is gone and the probe started again", async (context) => {
  const here = scene(context);
  await here.see();
  here.recogniser.close();
  rmSync(join(here.root, "registered"), { recursive: true });
  here.put("copy", asGguf(disguised("Q4_0", model)));
  const key = openSketchKey(join(here.data, "sketch.key"));
  assert.ok(!isRefused(key));
  const again = openRecogniser({ data: here.data, key, log: () => undefined, patience: 120_000 });
  context.after(() => again.close());
  const assignment = { ...emptyAssignment, artefacts };
  const seen = await lookAt([here.root], { assignment, ...noProcesses });
  const census = await identified(seen, { recogniser: again, assignment });
  assert.deepEqual(told(census, here.root), { copy: "quantised" });
});

test("what was not compared in time is a gap, and not called unrelated", async (context) => {
  const here = scene(context, { patience: 0 });
  const copy = here.put("copy", asGguf(disguised("Q4_0", model)));
  const first = await here.see();
  const files = first.coverage.find(({ vantage }) => vantage === "files");
  assert.ok(files?.gaps.some(({ where, why }) => where === copy && why === "limit"));
});

test("a copy in a packed layer is known there, and by the path that it has in it", async (context) => {
  const here = scene(context);
  const weights = asGguf(disguised("Q4_0", model));
  const packed = gzipSync(asTar({ "srv/cache.db": weights, "srv/noise": opaqueBytes(1_500_000) }));
  const config = Buffer.from("{}");
  const blob = (bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    here.put(`layout/blobs/${digest.replace(":", "/")}`, bytes);
    return { digest, size: bytes.length };
  };
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: blob(config), layers: [blob(packed)] }),
  );
  here.put("layout/oci-layout", Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  const index = { schemaVersion: 2, manifests: [blob(manifest)] };
  here.put("layout/index.json", Buffer.from(JSON.stringify(index)));
  const { stored = [] } = await here.see();
  assert.deepEqual(
    stored.map(({ path, copies = [] }) => [path, ...copies.map(({ how, of }) => [how, of])]),
    [["srv/cache.db", ["quantised", artefacts[0]!.digest]], ["srv/noise"]],
  );
});
