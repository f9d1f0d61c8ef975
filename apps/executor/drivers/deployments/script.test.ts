import assert from "node:assert/strict";
import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf } from "@writ/core";
import { freshFolder } from "../../../../packages/node/testing/folder.ts";
import { lookInto } from "../../testing/look.ts";
import { driverContract } from "../driver.contract.ts";
import { type ScriptStep, scriptDriver } from "./script.ts";

/** Keeps which release runs in a file beside it. */
const source = (folder: string) => `#!/bin/sh
state=${folder}/state
now=$(cat "$state")
case "$1 $2" in
"read switch-deployment")
  if [ "$now" = "$4" ]; then echo before; elif [ "$now" = "$5" ]; then echo after
  else echo neither; fi
  echo "it is $now" ;;
"carry-out switch-deployment") printf %s "$5" > "$state" ;;
*) exit 9 ;;
esac
`;

function furnish(): { readonly folder: string; readonly step: ScriptStep } {
  const folder = freshFolder();
  const path = join(folder, "switch.sh");
  writeFileSync(path, source(folder));
  writeFileSync(join(folder, "state"), "4.2");
  const digest = digestOf(readFileSync(path));
  const deployment = { system: "script" as const, path, digest, seconds: 20 };
  const names = { host: "h1", placement: "h1-script" };
  return {
    folder,
    step: { step: "switch-deployment", ...names, deployment, before: "4.2", after: "3.8" },
  };
}

driverContract("script", {
  driver: scriptDriver,
  boundaries: [],
  fresh: async () => {
    const { folder, step } = furnish();
    return {
      step,
      disturb: async () => writeFileSync(join(folder, "state"), "5.0"),
      look: async () => lookInto(folder),
    };
  },
});

const driver = scriptDriver();

test("a script of other bytes, or behind a symlink, is never run", async () => {
  const { folder, step } = furnish();
  const { path } = step.deployment;
  renameSync(path, `${path}.kept`);
  writeFileSync(path, `#!/bin/sh\necho MUTATED > ${folder}/state\necho before\n`);
  assert.match((await driver.readState(step, undefined)).detail, /not as signed/);
  await assert.rejects(driver.carryOut(step, ""), /not as signed/);
  renameSync(path, `${path}.other`);
  symlinkSync(`${path}.kept`, path);
  assert.equal((await driver.readState(step, undefined)).state, "unreadable");
  assert.equal(readFileSync(join(folder, "state"), "utf8"), "4.2");
});

test("one that rewrites its own path while it runs changes nothing of what runs", async () => {
  const { folder, step } = furnish();
  const path = join(folder, "self.sh");
  writeFileSync(path, `#!/bin/sh\necho 'echo after' > ${path}\nsleep 0.1\necho before\n`);
  const deployment = { ...step.deployment, path, digest: digestOf(readFileSync(path)) };
  const reading = await driver.readState({ ...step, deployment }, undefined);
  assert.equal(reading.state, "before");
  const again = await driver.readState({ ...step, deployment }, undefined);
  assert.match(again.detail, /not as signed/);
});

test("one that hangs, or says nothing known, is unreadable", async () => {
  const { folder, step } = furnish();
  for (const text of ["#!/bin/sh\nsleep 60\n", "#!/bin/sh\necho yes\n", "#!/bin/sh\nexit 3\n"]) {
    const path = join(folder, "odd.sh");
    writeFileSync(path, text);
    const digest = digestOf(readFileSync(path));
    const deployment = { ...step.deployment, path, digest, seconds: 1 };
    const { state } = await driver.readState({ ...step, deployment }, undefined);
    assert.equal(state, "unreadable", text);
  }
});
