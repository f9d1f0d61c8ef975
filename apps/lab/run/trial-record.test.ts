import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isRefused, type JsonObject } from "@writ/core";
import { cellOf, Summary } from "@writ/lab";
import { createKeyFile } from "@writ/node/key-file";
import { type Plan, subjectOf } from "./plan.ts";
import { studyLimits } from "./rollout.ts";
import { isAbout, openTrial, sealTrial } from "./trial-record.ts";
import type { RunReport } from "./verdict.ts";

const folder = mkdtempSync(join(tmpdir(), "writ-trial-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const cells = [cellOf({ task: "tampering", target: "peer" })];
const plan: Plan = {
  preset: "factorial",
  cells,
  subject: { provider: "openai", model: "gpt-5.2-2026-01-01", url: null },
  setting: { family: "ChatGPT", company: "Halden Works" },
  rollouts: 1,
  limits: studyLimits,
  harness: null,
};
const report: RunReport = {
  verdict: "valid",
  controls: { expected: 6, right: 6, wrong: [] },
  cells: new Summary(cells).cells(),
  contrasts: [],
  pooled: [],
  tokens: { input: 0, output: 0 },
  turns: 0,
};
const facts = { digest: "sha256:00", report, at: "2026-11-25T09:00:00.000Z" };

test("a record is signed, and its subject's update makes it stale", async () => {
  const key = await createKeyFile(join(folder, "lab.pem"));
  const other = await createKeyFile(join(folder, "other.pem"));
  const bytes = await sealTrial(plan, facts, key);
  assert.ok(!isRefused(bytes));
  const record = openTrial(bytes, key.publicKey) as JsonObject;
  assert.equal(record.kind, "trial");
  assert.equal(isAbout(record, subjectOf(plan)), true);
  const updated = { ...plan, subject: { ...plan.subject, model: "gpt-5.2-2026-02-01" } };
  assert.equal(isAbout(record, subjectOf(updated)), false);
  const elsewhere = openTrial(bytes, other.publicKey);
  assert.ok(isRefused(elsewhere) && elsewhere.refused === "unknown-signer");
  const forged = Buffer.from(
    Buffer.from(bytes)
      .toString()
      .replace(/"payload":"ey/, '"payload":"eY'),
  );
  assert.ok(isRefused(openTrial(forged, key.publicKey)));
});

test("a run that is void has no record", async () => {
  const key = await createKeyFile(join(folder, "void.pem"));
  const sealed = await sealTrial(plan, { ...facts, report: { ...report, verdict: "void" } }, key);
  assert.ok(isRefused(sealed) && sealed.refused === "undeserved");
});
