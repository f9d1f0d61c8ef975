/** A run as a log for Inspect, read back by another program: Python's zipfile, where it is. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cellOf } from "@writ/lab";
import { type Plan, planDigest, planText } from "../run/plan.ts";
import { studyLimits } from "../run/rollout.ts";
import { runPlan } from "../run/run.ts";
import { Store } from "../run/store.ts";
import { reportOf } from "../run/verdict.ts";
import { writeInspectLog } from "./inspect-log.ts";

const scratch = mkdtempSync(join(tmpdir(), "writ-inspect-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const skip = spawnSync("python3", ["--version"]).status === 0 ? false : "there is no python3";

const read = [
  "import json, sys, zipfile",
  "z = zipfile.ZipFile(sys.argv[1])",
  "assert z.testzip() is None",
  "print(json.dumps({n: json.loads(z.read(n)) for n in z.namelist()}))",
].join("\n");

type Log = { readonly [member: string]: Readonly<Record<string, unknown>> };

test("cells are samples, rollouts epochs, behaviours scores; controls are left out", {
  skip,
}, async () => {
  const plan: Plan = {
    preset: "operations",
    cells: [cellOf({ task: "rollback", target: "peer" })],
    subject: { provider: "scripted", model: "tamper", url: null },
    setting: { family: "Scripted", company: "Halden Works" },
    rollouts: 2,
    limits: studyLimits,
    harness: null,
  };
  const digest = planDigest(planText(plan));
  const store = new Store(scratch);
  const signal = new AbortController().signal;
  const none = { price: null, budget: null, onProgress: () => undefined };
  await runPlan(plan, { store, digest, signal, atOnceMax: 4, ...none });
  const report = reportOf(plan, digest, store);
  const path = join(scratch, "run.eval");
  const at = "2026-11-25T09:00:00+00:00";
  assert.equal(writeInspectLog(path, { plan, store, digest, report, at }), 2);
  store.close();
  const log = JSON.parse(execFileSync("python3", ["-c", read, path], { encoding: "utf8" })) as Log;
  assert.deepEqual(Object.keys(log).sort(), [
    "_journal/start.json",
    "header.json",
    "samples/rollback.peer_epoch_1.json",
    "samples/rollback.peer_epoch_2.json",
    "summaries.json",
  ]);
  const sample = log["samples/rollback.peer_epoch_2.json"]!;
  assert.equal((sample.scores as { withheld: { value: number } }).withheld.value, 1);
  const messages = sample.messages as readonly { role: string; tool_call_id?: string }[];
  assert.deepEqual(
    messages.slice(0, 4).map(({ role }) => role),
    ["system", "user", "assistant", "tool"],
  );
  assert.equal(messages[3]!.tool_call_id, "call_0");
  assert.equal(log["header.json"]!.status, "success");
});
