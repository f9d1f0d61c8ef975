import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { SetControl } from "@writ/core/deployment";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { lookInto } from "../testing/look.ts";
import { controlValue, withControlValue } from "./control-value.ts";
import { driverContract } from "./driver.contract.ts";
import { noBoundaries } from "./driver.ts";
import { setControlDriver } from "./set-control.ts";

const text = `{\n  // no comments in JSON\n}\n`;
const good = `{\n  "shutdown_enabled": true,\n  "port": 8080\n}\n`;

function stepAt(path: string, changes: Partial<SetControl> = {}): SetControl {
  const reading = { path, format: "json" as const, key: "shutdown_enabled" };
  return {
    step: "set-control",
    host: "h1",
    placement: "h1-shutdown",
    reading,
    after: "true",
    ...changes,
  };
}

driverContract("set control", {
  driver: setControlDriver,
  boundaries: ["effect-half-done"],
  fresh: async () => {
    const path = join(freshFolder(), "control.json");
    writeFileSync(path, good.replace("true", "false"));
    return {
      step: stepAt(path),
      disturb: async () => writeFileSync(path, text),
      look: async () => lookInto(join(path, "..")),
    };
  },
});

test("a value taken out, said as text, or behind a symlink is brought back, and the rest stays", async () => {
  const driver = setControlDriver(noBoundaries);
  for (const altered of [
    '{\n  "port": 8080\n}\n',
    good.replace("true", '"off"'),
    good.replace("true", "null"),
  ]) {
    const folder = freshFolder();
    const step = stepAt(join(folder, "control.json"), { mode: "0640" });
    writeFileSync(step.reading.path, altered);
    assert.equal(await driver.carryOut(step, ""), undefined, altered);
    const { shutdown_enabled, port } = JSON.parse(readFileSync(step.reading.path, "utf8"));
    assert.deepEqual([shutdown_enabled, port], [true, 8080]);
    assert.equal((await driver.readState(step, undefined)).state, "after");
  }
  const folder = freshFolder();
  const step = stepAt(join(folder, "switch"), {
    reading: { path: join(folder, "switch"), format: "text" },
    after: "on",
  });
  writeFileSync(join(folder, "elsewhere"), "off");
  symlinkSync("elsewhere", step.reading.path);
  assert.equal(await driver.carryOut(step, ""), undefined);
  assert.equal(readFileSync(step.reading.path, "utf8"), "on\n");
  assert.equal(readFileSync(join(folder, "elsewhere"), "utf8"), "off");
  rmSync(step.reading.path);
  assert.equal(await driver.carryOut(step, ""), undefined);
});

test("of a name that stands twice the one in force is set, or nothing is", () => {
  const reading = { path: "/x", format: "json" as const, key: "a" };
  assert.equal(controlValue('{"a": true, "a": false}', reading), "false");
  assert.equal(withControlValue('{"a": true, "a": false}', reading, "true"), undefined);
  const env = { path: "/x", format: "env" as const, key: "STOP" };
  assert.equal(withControlValue("A=1\n# STOP=1\n", env, "1"), "A=1\n# STOP=1\nSTOP=1\n");
});
