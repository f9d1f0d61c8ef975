import assert from "node:assert/strict";
import { mkdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SwitchLink } from "@writ/core";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { lookInto } from "../testing/look.ts";
import { driverContract } from "./driver.contract.ts";
import { noBoundaries } from "./driver.ts";
import { symlinkDriver } from "./symlink.ts";

function stepAt(path: string, changes: Partial<SwitchLink> = {}): SwitchLink {
  const names = { host: "h1", placement: "h1-current" };
  return { step: "switch-link", ...names, path, before: "4.2", after: "3.8", ...changes };
}

driverContract("symlink", {
  driver: symlinkDriver,
  boundaries: ["effect-half-done"],
  fresh: async () => {
    const folder = freshFolder();
    symlinkSync("4.2", join(folder, "current"));
    writeFileSync(join(folder, "bystander"), "left alone");
    return {
      step: stepAt(join(folder, "current")),
      disturb: async () => {
        rmSync(join(folder, "current"));
        symlinkSync("/somewhere/else", join(folder, "current"));
      },
      look: async () => lookInto(folder),
    };
  },
});

const driver = symlinkDriver(noBoundaries);

test("a file, a folder or nothing in the link's place is neither, and stays", async () => {
  for (const make of [
    (path: string) => writeFileSync(path, "4.2"),
    (path: string) => mkdirSync(path),
    () => {},
  ]) {
    const folder = freshFolder();
    const step = stepAt(join(folder, "current"));
    make(step.path);
    const seen = lookInto(folder);
    assert.equal((await driver.readState(step, undefined)).state, "neither");
    assert.equal(typeof (await driver.carryOut(step, "")), "string");
    assert.deepEqual(lookInto(folder), seen);
  }
});

test("a folder that is itself reached by a symlink is followed; one that is gone is said", async () => {
  const folder = freshFolder();
  mkdirSync(join(folder, "real"));
  symlinkSync("4.2", join(folder, "real", "current"));
  symlinkSync("real", join(folder, "alias"));
  const step = stepAt(join(folder, "alias", "current"));
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.equal(readlinkSync(join(folder, "real", "current")), "3.8");
  const gone = stepAt(join(folder, "nowhere", "current"));
  assert.equal((await driver.readState(gone, undefined)).state, "neither");
});

test("names of odd bytes are the names that the register's text stands for", async () => {
  const folder = freshFolder();
  const odd = Buffer.concat([Buffer.from(`${folder}/a\\b`), Buffer.from([0xff])]);
  symlinkSync("4.2", odd);
  const step = stepAt(`${folder}/a\\\\b\\xff`);
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.equal(readlinkSync(odd), "3.8");
});
