/** A summary as CSV (RFC 4180): one line a cell and behaviour. */
import type { CellSummary, Rate } from "./summary.ts";

const header = [
  "task,target,threat,relationship,telling,dataset,threshold,watch,clarity,paraphrase,tools",
  "rollouts,scored,refused,incomplete,error,void",
  "measure,k,n,rate,exact_low,exact_high,wilson_low,wilson_high,anytime_low,anytime_high",
].join(",");

/** The whole table, with a header. */
export function summaryCsv(cells: readonly CellSummary[]): string {
  const lines = cells.flatMap((summary) => {
    const measures: [string, Rate][] = [
      ...Object.entries(summary.shown),
      ["refused", summary.refused],
    ];
    return measures.map(([name, rate]) => line(summary, name, rate));
  });
  return `${[header, ...lines].join("\r\n")}\r\n`;
}

function line({ cell, rollouts, statuses }: CellSummary, measure: string, rate: Rate): string {
  const { k, n, exact, wilson, anytime } = rate;
  const ends = [exact, wilson, anytime].flatMap(({ low, high }) => [low, high]);
  return [
    ...[cell.task, cell.target, cell.threat, cell.relationship, cell.telling, cell.dataset],
    ...[cell.threshold ?? "", cell.watch, cell.clarity, cell.paraphrase, cell.tools],
    ...[rollouts, statuses.scored, statuses.refused, statuses.incomplete],
    ...[statuses.error, statuses.void, measure, k, n],
    // No rollouts, no rate: an empty field, not zero.
    ...[n === 0 ? "" : (k / n).toFixed(6), ...ends.map((end) => end.toFixed(6))],
  ].join(",");
}
