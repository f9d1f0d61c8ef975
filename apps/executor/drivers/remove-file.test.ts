import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { digestOf, type RemoveFile } from "@writ/core";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { lookInto } from "../testing/look.ts";
import { driverContract } from "./driver.contract.ts";
import { noBoundaries } from "./driver.ts";
import { removeFileDriver } from "./remove-file.ts";

const weights = Buffer.alloc(9_000_000, "weights of 4.2 ");

function stepAt(path: string): RemoveFile {
  const names = { host: "h1", placement: "h1-file" };
  const digest = digestOf(weights);
  return { step: "remove-file", ...names, path, digest, size: weights.length };
}

driverContract("remove file", {
  driver: removeFileDriver,
  boundaries: ["effect-half-done"],
  fresh: async () => {
    const folder = freshFolder();
    const path = join(folder, "model.gguf");
    writeFileSync(path, weights);
    writeFileSync(join(folder, "model.gguf.bak"), "left alone");
    return {
      step: stepAt(path),
      disturb: async () => {
        const altered = Buffer.from(weights);
        altered[5_000_000]! ^= 1;
        writeFileSync(path, altered);
      },
      look: async () => lookInto(folder),
    };
  },
});

const driver = removeFileDriver(noBoundaries);

test("a symlink anywhere in the path is refused, and what it leads to stays", async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, "real"));
  writeFileSync(join(folder, "real", "model.gguf"), weights);
  symlinkSync("real", join(folder, "alias"));
  symlinkSync("real/model.gguf", join(folder, "link.gguf"));
  for (const path of ["alias/model.gguf", "link.gguf"]) {
    const step = stepAt(join(folder, path));
    const reading = await driver.readState(step, undefined);
    assert.equal(reading.state, "neither", path);
    assert.match(reading.detail, /symlink/);
    assert.match((await driver.carryOut(step, ""))!, /symlink/);
  }
  assert.ok(existsSync(join(folder, "real", "model.gguf")));
});

test("longer, shorter, a folder or a pipe: altered, and left alone", async () => {
  const folder = freshFolder();
  const step = stepAt(join(folder, "model.gguf"));
  writeFileSync(step.path, weights);
  appendFileSync(step.path, "x");
  assert.match((await driver.readState(step, undefined)).detail, /altered/);
  assert.match((await driver.carryOut(step, ""))!, /altered/);
  renameSync(step.path, `${step.path}.long`);
  execFileSync("mkfifo", [step.path]);
  assert.equal((await driver.readState(step, undefined)).state, "neither");
  renameSync(step.path, `${step.path}.pipe`);
  mkdirSync(step.path);
  assert.equal((await driver.readState(step, undefined)).state, "neither");
  assert.ok(existsSync(step.path));
});

test("a file swapped in while the old one was read keeps its name", async () => {
  const folder = freshFolder();
  const step = stepAt(join(folder, "model.gguf"));
  writeFileSync(step.path, weights);
  writeFileSync(join(folder, "innocent"), "another file");
  const swapping = driver.carryOut(step, "");
  while (!isOpen(step.path)) await nextTurn();
  renameSync(join(folder, "innocent"), step.path);
  assert.match((await swapping)!, /another file/);
  assert.ok(existsSync(step.path), "what was not read was not removed");
});

/** True once this process has the file open: the driver is reading it. */
function isOpen(path: string): boolean {
  return readdirSync("/proc/self/fd").some((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === path;
    } catch {
      return false;
    }
  });
}

test("a folder that is gone took its file along", async () => {
  const step = stepAt(join(freshFolder(), "gone", "model.gguf"));
  assert.equal((await driver.readState(step, undefined)).state, "after");
  assert.equal(await driver.carryOut(step, ""), undefined);
});
