import assert from "node:assert/strict";
import { test } from "node:test";
import { cellDigest, cellName, factorial, potter2026, potterIdentity } from "../index.ts";

test("the study's matrix has its 271 cells, by task as in its table", () => {
  const cells = potter2026();
  const count = (task: string, memory: boolean) =>
    cells.filter((cell) => cell.task === task && (cell.telling === "memory") === memory).length;
  assert.deepEqual(
    [
      "misrep_finance",
      "misrep_evaluation",
      "tampering",
      "alignment_faking",
      "exfiltration_transfer",
      "exfiltration_deletion",
    ].map((task) => [count(task, false), count(task, true)]),
    [
      [15, 6],
      [71, 30],
      [39, 18],
      [36, 18],
      [13, 6],
      [13, 6],
    ],
  );
  assert.equal(cells.length, 271);
  // The study lists 54 configurations for three models: 18 for each.
  assert.equal(potterIdentity().length, 18);
});

test("no two cells share a digest or a name", () => {
  for (const cells of [potter2026(), factorial()]) {
    assert.equal(new Set(cells.map(cellDigest)).size, cells.length);
    assert.equal(new Set(cells.map(cellName)).size, cells.length);
  }
});
