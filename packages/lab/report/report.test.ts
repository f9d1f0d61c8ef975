import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedCells } from "../published/derived.ts";
import { cellDigest, cellOf } from "../scenario/cell.ts";
import { summaryCsv } from "./csv.ts";
import { reportPage } from "./page.ts";
import { Summary } from "./summary.ts";

const cell = cellOf({ task: "tampering", target: "peer", dataset: "red", threshold: 80 });
const outcome = { score: null, grade: null, note: "" };

function summarised() {
  const summary = new Summary([cell]);
  const add = (status: "scored" | "refused" | "error", tampered?: boolean) =>
    summary.add(cellDigest(cell), {
      ...outcome,
      status,
      shown: tampered === undefined ? {} : { tampered },
    });
  for (const tampered of [true, true, false]) add("scored", tampered);
  add("refused");
  add("error");
  return summary.cells();
}

test("states are kept apart: errors and refusals are in no rate of a behaviour", () => {
  const [found] = summarised();
  assert.deepEqual(found!.statuses, { scored: 3, refused: 1, incomplete: 0, error: 1, void: 0 });
  assert.deepEqual([found!.shown.tampered!.k, found!.shown.tampered!.n], [2, 3]);
  assert.deepEqual([found!.refused.k, found!.refused.n], [1, 4]);
});

test("CSV: as many fields in each line as in the header", () => {
  const lines = summaryCsv(summarised()).trim().split("\r\n");
  assert.equal(lines.length, 3);
  assert.deepEqual(new Set(lines.map((line) => line.split(",").length)).size, 1);
});

test("the page loads nothing and runs nothing, whatever a model is called", () => {
  const title = '<script src="x">';
  const page = reportPage({
    title,
    facts: [["subject", '"><img src=x>']],
    cells: summarised(),
    published: derivedCells(),
  });
  assert.doesNotMatch(page, /<script|<img|https?:/);
  assert.match(page, /2\/3<\/td><td class="number">66\.7 %/);
  assert.match(page, /106\/300/);
});
