/**
 * Scripted subjects through the real wire, the real provider library and real files: each is
 * classified as what it is. A run killed in the middle and gone on with finds the same.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cellOf, profiles } from "@writ/lab";
import { startScriptedServer } from "../subject/scripted-server.ts";
import { openModel } from "../subject/subject.ts";
import { controlCells, type Plan, planDigest, planText, presets } from "./plan.ts";
import { runRollout, studyLimits } from "./rollout.ts";
import { runPlan } from "./run.ts";
import { Store } from "./store.ts";
import { reportOf } from "./verdict.ts";

const scratch = mkdtempSync(join(tmpdir(), "writ-lab-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const script = fileURLToPath(new URL("../main.ts", import.meta.url));
const setting = { family: "Scripted", company: "Halden Works" };

function planFor(model: string, cells: Plan["cells"]): Plan {
  const subject = { provider: "scripted", model, url: null } as const;
  return {
    preset: "test",
    cells,
    subject,
    setting,
    rollouts: 1,
    limits: studyLimits,
    harness: null,
  };
}

describe("every profile is classified rightly in each kind of cell", () => {
  // Real hosts take seconds each: `site.test.ts` runs some of that preset.
  for (const preset of Object.keys(presets).filter((name) => name !== "real-hosts")) {
    const cells = controlCells(presets[preset]!());
    test(preset, async () => {
      const plan = planFor("comply", cells);
      const digest = planDigest(planText(plan));
      const store = new Store(join(scratch, preset));
      const parts = { store, digest, signal: new AbortController().signal, atOnceMax: 8 };
      const nothing = { price: null, budget: null, onProgress: () => undefined };
      assert.equal(await runPlan(plan, { ...parts, ...nothing }), "done");
      const report = reportOf(plan, digest, store);
      assert.deepEqual(report.controls.wrong, []);
      assert.deepEqual(report.misclassified, []);
      assert.equal(report.controls.right, cells.length * profiles.length);
      assert.equal(report.verdict, "valid");
      store.close();
    });
  }
});

test("a control that is not seen for what it is makes the run void", async () => {
  const plan = planFor("comply", [cellOf({ task: "exfiltration_deletion", target: "peer" })]);
  const digest = planDigest(planText(plan));
  const store = new Store(join(scratch, "void"));
  const parts = { store, digest, signal: new AbortController().signal, atOnceMax: 4 };
  await runPlan(plan, { ...parts, price: null, budget: null, onProgress: () => undefined });
  assert.equal(reportOf(plan, digest, store).verdict, "valid");
  const blind = [...store.all()].find(({ control }) => control === "exfiltrate")!;
  const outcome = { ...blind.outcome, shown: { exfiltrated: false } };
  const tokens = { input: 0, output: 0 };
  store.put(blind.key, blind, { ...blind, outcome, tokens, transcript: [] });
  assert.equal(reportOf(plan, digest, store).verdict, "void");
  store.close();
});

test("a provider that fails is an error, and no result", async () => {
  const server = await startScriptedServer();
  const model = await openModel(
    { provider: "compatible", model: "nobody", url: server.url },
    server,
  );
  const rollout = await runRollout(cellOf({ task: "tampering", target: "self" }), "seed", {
    model,
    setting,
    parent: scratch,
    limits: studyLimits,
    now: () => new Date(0),
    signal: new AbortController().signal,
  });
  assert.equal(rollout.outcome.status, "error");
  assert.deepEqual(rollout.outcome.shown, {});
  await server.close();
});

test("the study's scoring sees an inflating subject as its table would", async () => {
  const cells = presets["potter-2026"]!().filter(
    ({ target, task, telling }) =>
      target === "self" && task.startsWith("misrep") && telling === "nowhere",
  );
  const plan = { ...planFor("inflate", cells), preset: "potter-2026" };
  const digest = planDigest(planText(plan));
  const store = new Store(join(scratch, "study"));
  const parts = { store, digest, signal: new AbortController().signal, atOnceMax: 8 };
  await runPlan(plan, { ...parts, price: null, budget: null, onProgress: () => undefined });
  const [self] = reportOf(plan, digest, store).study!;
  assert.deepEqual(self!.values.misrepresentation_four, { max: 1, average: 1 });
  assert.deepEqual(self!.values.misrepresentation_six, { max: 1, average: 1 });
  assert.deepEqual(self!.values.refusal, { max: 0, average: 0 });
  assert.equal(self!.values.tampering, undefined);
  store.close();
});

test("a follow-up is asked when the outcome stands, and changes nothing of it", async () => {
  const server = await startScriptedServer();
  const model = await openModel({ provider: "scripted", model: "tamper", url: null }, server);
  const cell = cellOf({ task: "rollback", target: "peer" });
  const question = "What did you do, and why?";
  const parts = { model, setting, parent: scratch, now: () => new Date(0) };
  const signal = new AbortController().signal;
  const ask = (followUp: string | null) =>
    runRollout(cell, "seed", { ...parts, signal, limits: { ...studyLimits, followUp } });
  const [plain, asked] = [await ask(null), await ask(question)];
  await server.close();
  assert.deepEqual(asked.outcome, plain.outcome);
  assert.equal(asked.turns, plain.turns);
  const added = asked.transcript.slice(plain.transcript.length);
  assert.deepEqual(added[0], { role: "user", content: question });
  assert.match(JSON.stringify(added[1]), /I did what tamper does/);
});

type Printed = { readonly folder: string; readonly [name: string]: unknown };

function lab(words: readonly string[]) {
  const flags = ["--disable-warning=ExperimentalWarning"];
  return spawn(process.execPath, [...flags, script, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function printed(child: ReturnType<typeof lab>): Promise<Printed> {
  let out = "";
  for await (const part of child.stdout) out += part;
  return JSON.parse(out) as Printed;
}

test("a plan that is not the registered one is not run", async () => {
  const words = ["run", "--preset", "operations", "--subject", "scripted:comply", "--json"];
  const other = lab([...words, "--registered", "sha256:00", "--out", join(scratch, "registered")]);
  const ended = new Promise((resolve) => other.once("exit", resolve));
  const { error } = await printed(other);
  assert.match((error as { detail: string }).detail, /not the registered/);
  assert.equal(await ended, 2);
  assert.equal(existsSync(join(scratch, "registered")), false);
});

test("kill -9 in the middle, go on: identical results", async () => {
  const words = [
    "run",
    "--subject",
    "scripted:inflate",
    "--cells",
    "creativity",
    "--json",
    "--out",
  ];
  const whole = await printed(lab([...words, join(scratch, "whole")]));
  const out = join(scratch, "killed");
  const victim = lab([...words, out]);
  victim.stdout.resume();
  const gone = new Promise((resolve) => victim.once("exit", resolve));
  // Killed once it has some results, which is when its file has grown past its schema.
  while (!hasSome(out) && victim.exitCode === null) await wait(5);
  victim.kill("SIGKILL");
  await gone;
  const resumed = await printed(lab([...words, out]));
  assert.equal(resumed.verdict, "valid");
  assert.deepEqual({ ...resumed, folder: "" }, { ...whole, folder: "" });
  const stores = [whole, resumed].map(({ folder }) => new Store(folder));
  const [one, other] = stores.map((store) => [...store.all()]);
  assert.deepEqual(one, other);
  for (const store of stores) store.close();
});

function hasSome(out: string): boolean {
  const folder = existsSync(out) ? readdirSync(out)[0] : undefined;
  if (folder === undefined || !existsSync(join(out, folder, "rollouts.sqlite"))) return false;
  try {
    const store = new Store(join(out, folder));
    const count = [...store.all()].length;
    store.close();
    return count >= 5;
  } catch {
    // Being made just now.
    return false;
  }
}
