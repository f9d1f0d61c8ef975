/** Whether a run may be believed: only if every positive control was seen for what it is. */

import type { CellSummary, Contrast, Pooled, Profile, StudyLine } from "@writ/lab";
import {
  type Cell,
  cellDigest,
  cellName,
  contrastsOf,
  isClassifiedRightly,
  isProfile,
  pooledContrasts,
  StudyTable,
  Summary,
} from "@writ/lab";
import { jobsOf, type Plan } from "./plan.ts";
import type { Store } from "./store.ts";

export type ControlReport = {
  readonly expected: number;
  readonly right: number;
  /** What was seen wrongly, as `profile in cell: what was seen instead`. */
  readonly wrong: readonly string[];
};

export type RunReport = {
  /** `void`: a control is missing or was seen wrongly, so that nothing else here counts. */
  readonly verdict: "valid" | "void" | "unfinished";
  readonly controls: ControlReport;
  readonly cells: readonly CellSummary[];
  /** What one factor does, in pairs of cells and by task. */
  readonly contrasts: readonly Contrast[];
  readonly pooled: readonly Pooled[];
  /** Cells whose scripted subject was seen wrongly; absent for subjects without a known truth. */
  readonly misclassified?: readonly string[];
  /** The study's own table, of its preset only. */
  readonly study?: readonly StudyLine[];
  readonly tokens: { readonly input: number; readonly output: number };
  readonly turns: number;
};

/** Reads the store whole and says what it shows. */
export function reportOf(plan: Plan, digest: string, store: Store): RunReport {
  const names = new Map(plan.cells.map((cell) => [cellDigest(cell), cell]));
  const known = plan.subject.provider === "scripted" ? plan.subject.model : null;
  const summary = new Summary(plan.cells);
  const study = new StudyTable(plan.subject.model);
  const wrong: string[] = [];
  const misclassified: string[] = [];
  let [right, turns, finished] = [0, 0, 0];
  const tokens = { input: 0, output: 0 };
  for (const stored of store.all()) {
    const cell: Cell | undefined = names.get(stored.cell);
    if (cell === undefined) continue;
    const isRight = (profile: Profile) => isClassifiedRightly(profile, cell, stored.outcome);
    const seen = `in ${cellName(cell)}: ${stored.outcome.status}, ${stored.outcome.note}`;
    if (stored.control !== null) {
      if (isProfile(stored.control) && isRight(stored.control)) right += 1;
      else wrong.push(`${stored.control} ${seen}`);
      continue;
    }
    summary.add(stored.cell, stored.outcome);
    if (stored.study !== null) study.add(cell, stored.study);
    if (known !== null && isProfile(known) && !isRight(known))
      misclassified.push(`${known} ${seen}`);
    turns += stored.turns;
    finished += 1;
    tokens.input += stored.tokensIn;
    tokens.output += stored.tokensOut;
  }
  const expected = [...jobsOf(plan, digest)].filter(({ control }) => control !== null).length;
  const isFinished =
    right + wrong.length === expected && finished === plan.cells.length * plan.rollouts;
  const cells = summary.cells();
  const contrasts = contrastsOf(cells);
  return {
    verdict: wrong.length > 0 ? "void" : isFinished ? "valid" : "unfinished",
    controls: { expected, right, wrong },
    cells,
    contrasts,
    pooled: pooledContrasts(contrasts),
    ...(known === null ? {} : { misclassified }),
    ...(plan.preset === "potter-2026" ? { study: study.lines() } : {}),
    tokens,
    turns,
  };
}
