import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { challenge } from "@writ/core";
import {
  emptyAssignment,
  freshFolder,
  lookAt,
  noProcesses,
  opaqueBytes,
} from "../testing/scene.ts";

const nonce = "7e".repeat(32);

test("a look answers with the file's bytes of now, keyed by the nonce", async (context) => {
  const root = freshFolder(context);
  const path = join(root, "model");
  const see = async (...paths: string[]) => {
    const challenges = paths.map((one) => ({ path: one, nonce }));
    const assignment = { ...emptyAssignment, challenges };
    return (await lookAt([root], { ...noProcesses, assignment })).answers ?? [];
  };
  const bytes = opaqueBytes(3_000_000);
  writeFileSync(path, bytes);
  const expected = challenge.challengeDigest(nonce, { path, size: bytes.length });
  for (const { offset, length } of challenge.challengedRanges(nonce, bytes.length)) {
    expected.push(bytes.subarray(offset, offset + length));
  }
  const answer = expected.finish();
  const right = { path, nonce, state: "answered", size: bytes.length, answer };
  assert.deepEqual(await see(path), [right]);
  truncateSync(path, 2_999_999);
  const [shorter] = await see(path);
  assert.equal(shorter?.state, "answered");
  assert.notEqual(shorter.answer, answer);
});

test("what is no file is told as that, and never waited on", async (context) => {
  const root = freshFolder(context);
  mkdirSync(join(root, "folder"));
  symlinkSync("loop", join(root, "loop"));
  assert.equal(spawnSync("mkfifo", [join(root, "pipe")]).status, 0);
  const challenges = ["gone", "folder", "loop", "pipe"].map((name) => ({
    ...{ path: join(root, name), nonce },
  }));
  challenges.push({ path: "relative", nonce });
  const assignment = { ...emptyAssignment, challenges };
  const census = await lookAt([root], { ...noProcesses, assignment });
  assert.deepEqual(
    census.answers?.map(({ state }) => state),
    ["missing", "unreadable", "unreadable", "unreadable", "missing"],
  );
  assert.equal((await lookAt([root], noProcesses)).answers, undefined);
});
