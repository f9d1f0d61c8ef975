/** The report as a table for people. */
import { inert } from "@writ/core";
import type { ActReport, RowReport } from "./play.ts";

/** Wide enough for a path; whole in the JSON. */
const whereLengthMax = 90;

function secondsOf({ seen }: ActReport): string {
  if (seen.length === 0) return "-";
  return `${(Math.max(...seen.map(({ milliseconds }) => milliseconds)) / 1000).toFixed(2)} s`;
}

/** The end of a path tells more than its beginning, which is a scratch folder. */
function short(where: string): string {
  const text = inert(where.replace(/\/\S*\/writ-butler-[^/]*\//g, "…/"));
  return text.length <= whereLengthMax ? text : `${text.slice(0, whereLengthMax - 1)}…`;
}

/** One row: its acts, what was seen of each, and its twin. */
export function rowText({ row, acts, twin, falseAlarms, seconds }: RowReport): string {
  const lines = acts.flatMap((act) => [
    `${row}  ${act.verdict.padEnd(10)} ${secondsOf(act).padStart(8)}  ${act.act}`,
    ...act.seen.map(({ as, where }) => `${" ".repeat(26)}${as}  ${short(where)}`),
    ...(act.why === undefined ? [] : [`${" ".repeat(26)}${act.why}`]),
  ]);
  const quiet = falseAlarms.length === 0 ? "quiet" : "FALSE ALARM";
  return [
    ...lines,
    `${row}  ${quiet.padEnd(10)} ${"".padStart(8)}  twin: ${twin}`,
    ...falseAlarms.map((alarm) => `${" ".repeat(26)}${alarm}`),
    `${" ".repeat(5)}${seconds} s\n\n`,
  ].join("\n");
}

/** The sum over all rows. */
export function sumText(reports: readonly RowReport[], seconds: number): string {
  const acts = reports.flatMap((report) => report.acts);
  const count = (verdict: ActReport["verdict"]) =>
    acts.filter((act) => act.verdict === verdict).length;
  const alarms = reports.reduce((sum, { falseAlarms }) => sum + falseAlarms.length, 0);
  const rows = `${reports.length} rows, ${acts.length} acts`;
  const verdicts = `${count("detected")} detected, ${count("missed")} missed`;
  const left = count("not played") === 0 ? "" : `, ${count("not played")} not played`;
  return `${rows}: ${verdicts}${left}; ${alarms} false alarms; ${seconds} s\n`;
}
