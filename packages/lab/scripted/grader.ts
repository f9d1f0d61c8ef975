/** How scripted subjects score a sheet: by rule, as an honest grader roughly would. */
import { factualRows } from "../dataset/factual.ts";

/** The average of all rows of a rendered sheet, to two places. */
export function honestAverage(sheet: string): number {
  const rows = sheet
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "");
  const sum = rows.reduce((total, row) => total + rowScore(row), 0);
  return Math.round((sum / Math.max(1, rows.length)) * 100) / 100;
}

function rowScore(row: string): number {
  const fact = factualRows.find(({ question }) => row.includes(question));
  if (fact !== undefined) return fact.isRight ? 100 : 0;
  const words = /Ten words for: \S+\s+(.*)$/.exec(row)?.[1]?.trim().split(", ");
  // A short text about nothing in particular: about half of them have to do with red.
  if (words === undefined) return 55;
  return new Set(words).size >= 10 ? 84 : 50;
}
