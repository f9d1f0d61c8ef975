import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sweep } from "./enclosure.ts";

test("a sweep ends what names a path in the folder, and nothing beside it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "writ-sweep-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sleeper = (path: string) => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", path], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    return { child, ended };
  };
  const inside = sleeper(`${folder}/inside`);
  const beside = sleeper(`${folder}-beside`);
  t.after(() => beside.child.kill("SIGKILL"));
  // Until it is a program of that command line, and not yet a fork of this one.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await sweep(folder);
  assert.equal(await inside.ended, "SIGKILL");
  assert.equal(beside.child.exitCode, null);
  assert.equal(beside.child.signalCode, null);
});
