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

/** The head of {@link rowMarkdown}'s table. */
export const headMarkdown: string = [
  "| row | act | seen as | seconds | false alarms of its twin |",
  "| --- | --- | --- | ---: | --- |",
  "",
].join("\n");

/** One row as lines of a Markdown table; places are left out, for they are scratch folders. */
export function rowMarkdown({ row, acts, twin, falseAlarms }: RowReport): string {
  const alarms = falseAlarms.length === 0 ? "none" : falseAlarms.map(cell).join("; ");
  const lines = acts.map((act, at) => {
    const rules = [...new Set(act.seen.map(({ as }) => as))].join(", ");
    const seen = act.verdict === "detected" ? rules : `**${act.verdict}**: ${act.why ?? ""}`;
    const quiet = at === 0 ? `${alarms}: ${cell(twin)}` : "";
    return `| ${row} | ${cell(act.act)} | ${cell(seen)} | ${secondsOf(act)} | ${quiet} |\n`;
  });
  return lines.join("");
}

function cell(text: string): string {
  return short(text).replaceAll("|", "\\|");
}

function medianSeconds(acts: readonly ActReport[]): string {
  const found = acts
    .filter(({ verdict, seen }) => verdict === "detected" && seen.length > 0)
    .map(({ seen }) => Math.max(...seen.map(({ milliseconds }) => milliseconds)))
    .sort((a, b) => a - b);
  const median = found[Math.floor(found.length / 2)];
  return median === undefined ? "-" : `${(median / 1000).toFixed(2)} s`;
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
  const played = count("detected") + count("missed");
  const rate = played === 0 ? "" : ` (${((100 * count("detected")) / played).toFixed(1)} %)`;
  const median = `median time to detection ${medianSeconds(acts)}`;
  const twins = `${alarms} false alarms of ${reports.length} twins`;
  return `${rows}: ${verdicts}${left}${rate}; ${median}; ${twins}; ${seconds} s\n`;
}
