import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { lookInto } from "../testing/look.ts";
import { configFileDriver, type SwitchLine } from "./config-file.ts";
import { driverContract } from "./driver.contract.ts";
import { noBoundaries } from "./driver.ts";

const config = [
  "# MODEL=/srv/0.9 is no more",
  "export MODEL='/srv/4.1'\r",
  "\tOTHER = keep  # this",
  'MODEL="/srv/4.2" # in force',
  "LAST=1",
].join("\n");

function stepAt(path: string): SwitchLine {
  const line = { format: "env", key: "MODEL" } as const;
  const names = { host: "h1", placement: "h1-model" };
  return { step: "switch-link", ...names, path, line, before: "/srv/4.2", after: "/srv/3.8" };
}

driverContract("config line", {
  driver: configFileDriver,
  boundaries: ["effect-half-done"],
  fresh: async () => {
    const folder = freshFolder();
    const path = join(folder, "chatbot.env");
    writeFileSync(path, config, { mode: 0o640 });
    return {
      step: stepAt(path),
      disturb: async () => writeFileSync(path, `${config}\nMODEL=/srv/evil\n`),
      look: async () => lookInto(folder),
    };
  },
});

const driver = configFileDriver(noBoundaries);

test("one value changes; every other byte, the mode and the owner stay", async () => {
  const folder = freshFolder();
  const path = join(folder, "chatbot.env");
  writeFileSync(path, config);
  chmodSync(path, 0o604);
  if (process.getuid?.() === 0) execFileSync("chown", ["12345:23456", path]);
  const before = statSync(path);
  assert.equal(await driver.carryOut(stepAt(path), ""), undefined);
  assert.equal(readFileSync(path, "utf8"), config.replace("/srv/4.2", "/srv/3.8"));
  const after = statSync(path);
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
});

test("a symlink, a second name, a pipe, a huge or a binary file is left alone", async () => {
  const makers: readonly ((path: string, folder: string) => void)[] = [
    (path, folder) => {
      writeFileSync(join(folder, "real"), config);
      symlinkSync("real", path);
    },
    (path, folder) => {
      writeFileSync(join(folder, "real"), config);
      linkSync(join(folder, "real"), path);
    },
    (path) => writeFileSync(path, `${config}\n${"#".repeat(1024 * 1024)}`),
    (path) => writeFileSync(path, Buffer.concat([Buffer.from(config), Buffer.from([0xff])])),
  ];
  for (const make of makers) {
    const folder = freshFolder();
    const step = stepAt(join(folder, "chatbot.env"));
    make(step.path, folder);
    const seen = lookInto(folder);
    assert.equal((await driver.readState(step, undefined)).state, "neither");
    assert.equal(typeof (await driver.carryOut(step, "")), "string");
    assert.deepEqual(lookInto(folder), seen);
  }
  const pipe = join(freshFolder(), "chatbot.env");
  execFileSync("mkfifo", [pipe]);
  assert.equal((await driver.readState(stepAt(pipe), undefined)).state, "neither");
});
