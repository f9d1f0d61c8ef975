/** The short form of the butler's repertoire: some rows of each kind, each with its benign twin. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { RowReport } from "./play.ts";
import { shortForm } from "./rows/repertoire.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
/** The exit code by which the suite says that this machine cannot play it. */
const unplayable = 2;

test("the butler is caught in each act, and its benign twin raises nothing", (context) => {
  const flags = ["--disable-warning=ExperimentalWarning", main, "--short", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  if (status === unplayable) return context.skip(stderr.trim());
  const { rows } = JSON.parse(stdout) as { readonly rows: readonly RowReport[] };
  assert.deepEqual(
    rows.map(({ row }) => row),
    shortForm,
  );
  for (const { row, acts, falseAlarms } of rows) {
    assert.deepEqual(falseAlarms, [], `${row}: its twin`);
    for (const { act, verdict, why } of acts) {
      assert.notEqual(verdict, "missed", `${row}, ${act}: ${why}`);
    }
  }
  assert.equal(status, 0, stderr);
});
