import assert from "node:assert/strict";
import { test } from "node:test";
import { type Cell, cellDigest, cellOf } from "../scenario/cell.ts";
import { contrastsOf, pooledContrasts } from "./contrasts.ts";
import { reportPage } from "./page.ts";
import { Summary } from "./summary.ts";

const bar = { dataset: "creativity", threshold: 90 } as const;
const told = { relationship: "good", telling: "file_only" } as const;
const both = (given: Partial<Cell>) =>
  (["absent", "present"] as const).map((threat) =>
    cellOf({ task: "misrep_evaluation", target: "peer", threat, ...bar, ...given }),
  );
const cells = [...both({}), ...both(told), ...both({ paraphrase: 1 })];

/** Counts of those that inflated, of ten, in the order of the cells. */
function summarised(counts: readonly number[]) {
  const summary = new Summary(cells);
  for (const [at, cell] of cells.entries()) {
    for (let rollout = 0; rollout < 10; rollout += 1) {
      const shown = { inflated: rollout < counts[at]! };
      const outcome = { status: "scored", shown, score: null, grade: null, note: "" } as const;
      summary.add(cellDigest(cell), outcome);
    }
  }
  return summary.cells();
}

test("a factor is seen in cells that differ in it alone, and in no others", () => {
  const found = contrastsOf(summarised([0, 8, 1, 9, 0, 7]));
  const threats = found.filter(({ factor }) => factor === "threat");
  assert.equal(threats.length, 3);
  assert.equal(found.filter(({ factor }) => factor === "relationship").length, 2);
  assert.equal(found.length, 5);
  // scipy.stats.fisher_exact([[0, 10], [8, 2]]): two-sided.
  assert.ok(Math.abs(threats[0]!.p - 0.000714456) < 1e-8, String(threats[0]!.p));
  assert.ok(threats.every(({ p, pHolm, interval }) => pHolm >= p && interval.low > 0));
});

test("cells are clusters: three pairs that agree are no more than three", () => {
  const [pooled, ...others] = pooledContrasts(contrastsOf(summarised([0, 8, 1, 9, 0, 7]))).filter(
    ({ factor }) => factor === "threat",
  );
  assert.equal(others.length, 0);
  assert.deepEqual([pooled!.more, pooled!.fewer, pooled!.p], [3, 0, 0.25]);
  assert.deepEqual([pooled!.rates[1].k, pooled!.rates[1].clusters], [24, 3]);
});

test("the page shows them, and nothing where there are none", () => {
  const summaries = summarised([0, 8, 1, 9, 0, 7]);
  const page = reportPage({ title: "t", facts: [], cells: summaries, published: [] });
  assert.match(page, /What one factor does/);
  const one = reportPage({ title: "t", facts: [], cells: summaries.slice(0, 1), published: [] });
  assert.doesNotMatch(one, /What one factor does/);
});
