/** A look that is killed goes on where it was; what is no mass is remembered, and never believed. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
  safetensorsBytes,
} from "../testing/scene.ts";
import { openDigestCache } from "./digest-cache.ts";
import { openNothingMemory } from "./nothing-memory.ts";

const probe = fileURLToPath(new URL("../main.ts", import.meta.url));
/** ctime within this of now may be of a file that is still written: see inspector.ts. */
const settledMilliseconds = 2_100;

test("a look that was killed does not read again what it had read", async (context) => {
  const root = freshFolder(context);
  const data = freshFolder(context);
  const models = 1200;
  const size = safetensorsBytes(64).length;
  for (let at = 0; at < models; at += 1) {
    writeFileSync(join(root, `model-${at}`), safetensorsBytes(64, at + 1));
  }
  await sleep(settledMilliseconds);
  const child = spawn(process.execPath, [probe, "look", "--root", root, "--data", data], {
    stdio: "ignore",
  });
  const ended = once(child, "exit");
  const kept = join(data, "digests.jsonl");
  const written = () => statSync(kept, { throwIfNoEntry: false })?.size ?? 0;
  while (written() < 20_000 && child.exitCode === null) await sleep(5);
  child.kill("SIGKILL");
  await ended;
  // What was being written when it was killed is cut off anywhere.
  const before = readFileSync(kept);
  truncateSync(kept, before.length - 7);
  // Without what the look met in processes, and the line that is cut off.
  const lines = before.toString("utf8").split("\n").slice(0, -2);
  const rows = lines.filter((line) => line.includes(`:${size}:`)).length;
  assert.ok(rows >= 100, `${rows} rows`);
  const census = await lookAt([root], { cache: openDigestCache(data), ...noProcesses });
  assert.equal(census.masses.length, models);
  assert.equal(coverageOf(census, "files").bytes, (models - rows) * size);
});

test("what is no mass is not opened again until its state changes, its size is registered, or by lot", async (context) => {
  const root = freshFolder(context);
  const data = freshFolder(context);
  const path = join(root, "notes");
  writeFileSync(path, "nothing but a few words\n".repeat(40));
  await sleep(settledMilliseconds);
  const forged: string[] = [];
  const see = (more: object = {}) =>
    lookAt([root], {
      cache: openDigestCache(data),
      onForged: (name: string) => void forged.push(name),
      ...noProcesses,
      ...more,
    });
  assert.equal((await see()).masses.length, 0);
  assert.equal(openNothingMemory(data).has(lstatSync(path, { bigint: true })), true);
  const size = lstatSync(path).size;
  const digest = `sha256:${"0".repeat(64)}` as const;
  const registered = await see({ assignment: { artefacts: [{ digest, size }] } });
  assert.equal(registered.masses.length, 1, "of a registered size: digested");
  // Who can set the clock can give other bytes the old state; here the memory is told of it instead.
  const model = safetensorsBytes(size - 70);
  writeFileSync(path, model);
  await sleep(settledMilliseconds);
  const memory = openNothingMemory(data);
  memory.add(lstatSync(path, { bigint: true }));
  memory.settle();
  assert.equal((await see()).masses.length, 0);
  const reread = await see({ rereadChance: 1 });
  assert.equal(reread.masses.length, 1);
  assert.deepEqual(forged, [path]);
});

test("a memory that is damaged, or of another probe, is no memory", (context) => {
  const root = freshFolder(context);
  const folders = [freshFolder(context), freshFolder(context)] as const;
  const stats = Array.from({ length: 3000 }, (_, at) => {
    const path = join(root, String(at % 3));
    if (at < 3) writeFileSync(path, "x");
    return Object.assign(lstatSync(path, { bigint: true }), { ino: BigInt(at) });
  });
  const memory = openNothingMemory(folders[0]);
  for (const stat of stats) memory.add(stat);
  assert.equal(memory.size, 3000);
  memory.settle();
  const again = openNothingMemory(folders[0]);
  assert.ok(stats.every((stat) => again.has(stat)));
  const other = lstatSync(join(root, "0"), { bigint: true });
  assert.equal(again.has(Object.assign(other, { ino: 9_999n })), false);
  // Half an entry at its end, as a killed probe leaves it.
  const file = join(folders[0], "nothing.bin");
  truncateSync(file, lstatSync(file).size - 3);
  const cut = openNothingMemory(folders[0]);
  assert.equal(stats.filter((stat) => cut.has(stat)).length, 2999);
  writeFileSync(join(folders[1], "nothing.bin"), opaqueBytes(4096));
  const garbled = openNothingMemory(folders[1]);
  assert.ok(!stats.some((stat) => garbled.has(stat)));
});
