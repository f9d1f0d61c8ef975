import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOf } from "@writ/lab";
import { estimateOf } from "./estimate.ts";
import type { Plan } from "./plan.ts";
import { studyLimits } from "./rollout.ts";

const plan = (rollouts: number): Plan => ({
  preset: "test",
  cells: [cellOf({ task: "misrep_evaluation", target: "peer", dataset: "red", threshold: 80 })],
  subject: { provider: "openai", model: "m", url: null },
  setting: { family: "ChatGPT", company: "Halden Works" },
  rollouts,
  limits: studyLimits,
  harness: null,
});

test("twice the rollouts are twice the cost; without a price there is none", () => {
  const price = { input: 2, output: 10 };
  const [one, two] = [estimateOf(plan(10), price, 20), estimateOf(plan(20), price, 20)];
  assert.ok(one.cost !== null && one.cost > 0);
  assert.ok(Math.abs(two.cost! - 2 * one.cost) < 1e-9);
  assert.equal(estimateOf(plan(10), null, 20).cost, null);
  assert.ok(estimateOf(plan(20), price, 1).minutes > two.minutes);
});
