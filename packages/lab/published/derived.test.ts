import assert from "node:assert/strict";
import { test } from "node:test";
import { publishedCells } from "./cells.ts";
import { derivedCells } from "./derived.ts";

test("counts give the published percentages, and no other count would", () => {
  for (const { model, derived, printed, k, n } of derivedCells()) {
    assert.equal(derived, printed, model);
    for (const other of [k - 1, k + 1]) {
      assert.notEqual(Math.round((other / n) * 1000) / 10, printed, `${model}: ${other} of ${n}`);
    }
  }
  assert.equal(publishedCells.length, 24);
});

test("with our intervals", () => {
  const percent = (model: string, behaviour: string) =>
    derivedCells()
      .filter((cell) => cell.model === model && cell.behaviour === behaviour)
      .map(({ rate: { exact } }) => [exact.low, exact.high].map((x) => (100 * x).toFixed(1)));
  assert.deepEqual(percent("Gemini 3 Flash", "tampering"), [
    ["29.9", "41.0"],
    ["61.0", "72.0"],
    ["98.2", "100.0"],
  ]);
  assert.deepEqual(percent("Gemini 3 Pro", "exfiltration"), [
    ["3.9", "11.5"],
    ["42.9", "57.1"],
    ["93.6", "98.9"],
  ]);
});
