/** Weights in memory whose file is gone, seen by a probe that met the original. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Census, censusShape, isRefused, type SeenProcess } from "@writ/core";
import { fileReader } from "../files/file-reader.ts";
import { enrolFile } from "../identity/enrolled.ts";
import { openSketchKey } from "../identity/sketch-key.ts";
import { asSafetensors, madeModel } from "../testing/disguises.ts";
import { coverageOf, freshFolder, lookAt, opaqueBytes } from "../testing/scene.ts";
import { openMemory } from "./memory.ts";

const model = asSafetensors(madeModel(1));
const digest = `sha256:${createHash("sha256").update(model).digest("hex")}` as const;

/** Whether this user may read another process's memory: root, or a kernel without Yama. */
function mayRead(pid: number): boolean {
  try {
    closeSync(openSync(`/proc/${pid}/mem`, "r"));
    return true;
  } catch {
    return false;
  }
}

const other = spawn("sleep", ["60"], { stdio: "ignore" });
const isLinux = process.platform === "linux";
const isOpen = isLinux && mayRead(other.pid!);
other.kill("SIGKILL");
const asked = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], {
  encoding: "utf8",
});
const python = asked.status === 0 ? asked.stdout.trim() : "";
const needs = isOpen ? {} : { skip: "this user may not read the memory of other processes" };
const needsPython = python === "" ? { skip: "python3 is not here" } : needs;

async function run(context: TestContext, program: string, ...args: string[]) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

type Scene = {
  see(...children: ChildProcess[]): Promise<Census>;
  put(name: string, bytes: Uint8Array): string;
};

/** A probe that has met the model, on this very host. */
async function scene(context: TestContext): Promise<Scene> {
  const root = freshFolder(context);
  const data = freshFolder(context);
  const key = openSketchKey(join(data, "sketch.key"));
  assert.ok(!isRefused(key));
  const put = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(root, name), bytes);
    return join(root, name);
  };
  const file = openSync(put("registered", model), "r");
  const enrolled = await enrolFile(fileReader(file, model.length), digest, { data, key });
  closeSync(file);
  assert.ok(enrolled !== undefined);
  // The processes of this test alone, by the kernel's own folders.
  const proc = freshFolder(context);
  const link = (name: string): void => {
    if (!existsSync(join(proc, name))) symlinkSync(`/proc/${name}`, join(proc, name));
  };
  for (const name of ["self", "sys"]) link(name);
  const vantage = openMemory({ data, key, clock: Date, proc, patience: 120_000 });
  context.after(() => vantage.close());
  return {
    put,
    async see(...children) {
      for (const { pid } of children) link(String(pid));
      const census = await vantage.seen(await lookAt([root], { proc }));
      const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
      assert.ok(!isRefused(shaped), JSON.stringify(shaped));
      return census;
    },
  };
}

function seenOf(census: Census, child: ChildProcess): SeenProcess {
  const found = census.processes.find(({ pid }) => pid === child.pid);
  assert.ok(found !== undefined, "the process is in the census");
  return found;
}

function inMemory({ holds }: SeenProcess) {
  return holds.filter(({ how }) => how === "memory");
}

const reading = `
import os, sys, time
kept = open(sys.argv[1], "rb").read()
os.unlink(sys.argv[1])
print("ready", flush=True)
time.sleep(600)
`;

test(
  "a file read into memory, closed and deleted, is known by its chunks",
  needsPython,
  async (context) => {
    const { see, put } = await scene(context);
    const path = put("copy", model);
    const child = await run(context, python, "-c", reading, path);
    assert.ok(!existsSync(path));
    const [hold, ...more] = inMemory(seenOf(await see(child), child));
    assert.deepEqual(more, []);
    const [known] = hold?.known ?? [];
    assert.equal(known?.of, digest);
    assert.equal(known.how, "fragment");
    assert.ok(known.completeness >= 900, `${known.completeness} of 1000`);
  },
);

test(
  "in the memory of a Node process, among all else that it has there",
  needs,
  async (context) => {
    const { see, put } = await scene(context);
    const script = `
    const fs = require("node:fs");
    globalThis.kept = fs.readFileSync(process.argv[1]);
    fs.unlinkSync(process.argv[1]);
    console.log("ready");
    setInterval(() => kept, 1000);`;
    const child = await run(context, process.execPath, "-e", script, put("copy", model));
    const [hold] = inMemory(seenOf(await see(child), child));
    assert.equal(hold?.known?.[0]?.of, digest);
    // A later look reads less of it, and what was found does not go away with that.
    const [again] = inMemory(seenOf(await see(child), child));
    assert.equal(again?.known?.[0]?.of, digest);
  },
);

test(
  "its twins: another model, noise, a reader with a small buffer",
  needsPython,
  async (context) => {
    const { see, put } = await scene(context);
    const children = [
      await run(context, python, "-c", reading, put("other", asSafetensors(madeModel(2)))),
      await run(context, python, "-c", reading, put("noise", opaqueBytes(4_000_000))),
      await run(context, python, "-c", reader, put("backup", model)),
    ];
    const census = await see(...children);
    for (const child of children) assert.deepEqual(inMemory(seenOf(census, child)), []);
  },
);

const reader = `
import sys, time
with open(sys.argv[1], "rb") as source:
    while source.read(65536): pass
print("ready", flush=True)
time.sleep(600)
`;

const filling = `
import array, random, sys, time
chance = random.Random(int(sys.argv[2]))
if sys.argv[1] == "weights":
    piece = array.array("f", (chance.gauss(0, 0.02) for _ in range(1 << 16)))
else:
    piece = array.array("d", (chance.random() * 1000 for _ in range(1 << 15)))
kept = piece * 400
print("ready", flush=True)
time.sleep(600)
`;

test(
  "numbers like weights are told by how many they are; a table of others is not",
  needsPython,
  async (context) => {
    const { see } = await scene(context);
    const weights = await run(context, python, "-c", filling, "weights", "1");
    const table = await run(context, python, "-c", filling, "table", "1");
    const census = await see(weights, table);
    const { memory } = seenOf(census, weights);
    assert.ok(memory !== undefined && memory.weights > 90_000_000, JSON.stringify(memory));
    assert.ok(memory.weights <= memory.resident);
    assert.deepEqual(memory.earlier, []);
    assert.equal(seenOf(census, table).memory, undefined);
    const { entries, bytes } = coverageOf(census, "memory");
    assert.ok(entries >= 2 && bytes > 0);
  },
);
