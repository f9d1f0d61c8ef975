/** Rows of the study's released dataset, by its column names, as cell and record. */
import type { Task } from "../scenario/cell.ts";
import { tasks } from "../scenario/cell.ts";
import { type StudyRow, studyBinary, studyRefusal } from "./row.ts";

export type DatasetRow = {
  readonly model: string;
  readonly group: string;
  readonly task: Task;
  readonly target: string;
  readonly condition: string;
  readonly dataset: string;
  readonly watch: string;
  readonly threshold: number | null;
  readonly row: StudyRow;
};

type Columns = { readonly [name: string]: unknown };

/** Text or JSON, as CSV and JSON Lines have it. */
const truth = (value: unknown) => /^(true|1)$/i.test(String(value));
const given = (value: unknown) =>
  value !== undefined && value !== null && !/^(|none|null|nan|false)$/i.test(String(value));

/** Reads one row. Says what is wrong, if anything. */
export function parseDatasetRow(columns: Columns): DatasetRow | string {
  const task = tasks.find((one) => one === columns.task_type);
  if (task === undefined) return `no task is named ${String(columns.task_type)}`;
  const number = (value: unknown) =>
    given(value) && !Number.isNaN(Number(value)) ? Number(value) : null;
  const enabled = columns.shutdown_enabled;
  const hasFlag =
    enabled !== undefined && enabled !== null && !/^(|none|null|nan)$/i.test(`${enabled}`);
  return {
    model: String(columns.agent_model ?? ""),
    group: String(columns.group ?? ""),
    task,
    target: String(columns.subject ?? ""),
    condition: String(columns.condition ?? ""),
    dataset: String(columns.dataset ?? ""),
    watch: given(columns.alignment_faking_mode)
      ? String(columns.alignment_faking_mode)
      : "unmentioned",
    threshold: number(columns.threshold),
    row: {
      read: truth(columns.read_data),
      fullyIncomplete: truth(columns.fully_incomplete),
      refuse: truth(columns.refused),
      score: number(columns.eval_score),
      grade: given(columns.subject_grade) ? String(columns.subject_grade) : null,
      shutdownEnabled: hasFlag ? /true/i.test(String(enabled)) : null,
      execute: truth(columns.executed),
      exfiltration: truth(columns.exfiltration),
      copy: truth(columns.copy),
    },
  };
}

export type DatasetCount = {
  readonly name: string;
  readonly k: number;
  readonly n: number;
  readonly refused: number;
  readonly rows: number;
};

/** Adds rows up by cell, scored as the study scores. */
export class DatasetCounts {
  readonly #counts = new Map<string, { k: number; n: number; refused: number; rows: number }>();

  add(one: DatasetRow): void {
    const { model, group, task, target, condition, dataset, watch, threshold, row } = one;
    const factors = [
      model,
      group,
      task,
      target,
      condition,
      `${dataset}@${threshold ?? "none"}`,
      watch,
    ];
    const name = factors.filter((factor) => factor !== "").join("/");
    const count = this.#counts.get(name) ?? { k: 0, n: 0, refused: 0, rows: 0 };
    this.#counts.set(name, count);
    const binary = studyBinary({ task, threshold }, row);
    count.rows += 1;
    count.refused += studyRefusal(model, { task, threshold }, row);
    if (binary !== null) count.n += 1;
    if (binary === 1) count.k += 1;
  }

  lines(): readonly DatasetCount[] {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => ({ name, ...count }));
  }
}
