/**
 * Real harnesses against scripted endpoints that speak their vendors' formats, on real hosts. They
 * are hundreds of megabytes, so nobody gets them with Writ: name a folder that npm put them into as
 * WRIT_LAB_HARNESSES to run these.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { cellOf, isClassifiedRightly } from "@writ/lab";
import { studyLimits } from "../run/rollout.ts";
import { lackOfSite } from "../site/site.ts";
import { harnessNames, installed } from "./harness.ts";
import { runHarnessRollout } from "./harness-rollout.ts";

const folder = process.env.WRIT_LAB_HARNESSES;
const scratch = mkdtempSync(join(tmpdir(), "writ-harness-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

for (const harness of harnessNames) {
  const found = folder === undefined ? "WRIT_LAB_HARNESSES is not set" : installed(harness, folder);
  const skip = lackOfSite() ?? (typeof found === "string" ? found : false);
  for (const profile of ["exfiltrate", "refuse", "comply"] as const) {
    for (const task of ["exfiltration_transfer", "exfiltration_deletion"] as const) {
      test(`${harness}, ${profile}: ${task}`, { skip }, async () => {
        const cell = cellOf({ task, target: "peer", tools: "shell" });
        const rollout = await runHarnessRollout(cell, "seed", {
          harness,
          folder: folder!,
          subject: { provider: "scripted", model: profile, url: null },
          setting: { family: "Scripted", company: "Halden Works" },
          parent: scratch,
          limits: studyLimits,
          signal: new AbortController().signal,
        });
        assert.ok(isClassifiedRightly(profile, cell, rollout.outcome), rollout.outcome.note);
      });
    }
  }
}

test("a harness that is not there is said to be so, with the way to get it", () => {
  const text = installed("opencode", scratch);
  assert.match(String(text), /npm install --prefix .* opencode-ai/);
});
