/** The report as one HTML file that loads nothing: rates with intervals, drawn. */

import type { DerivedCell } from "../published/derived.ts";
import type { Interval } from "../statistics/index.ts";
import { contrastsOf, pooledContrasts } from "./contrasts.ts";
import type { CellSummary } from "./summary.ts";

export type Page = {
  readonly title: string;
  /** Name and value, shown at the top: subject, plan, verdict. */
  readonly facts: readonly (readonly [string, string])[];
  readonly cells: readonly CellSummary[];
  readonly published: readonly DerivedCell[];
};

/** The whole file. Every text in it is escaped: names of models come from outside. */
export function reportPage({ title, facts, cells, published }: Page): string {
  const rows = cells.flatMap((summary) =>
    [...Object.entries(summary.shown), ["refused", summary.refused] as const].map(
      ([measure, { k, n, exact }]) => row(`${summary.name}: ${measure}`, { k, n, interval: exact }),
    ),
  );
  const theirs = published.map(({ model, behaviour, relationship, k, n, rate }) =>
    row(`${model}: ${behaviour}, ${relationship} peer`, { k, n, interval: rate.exact }),
  );
  const list = facts.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`);
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>`,
    `<style>${style}</style><h1>${escaped(title)}</h1><dl>${list.join("")}</dl>`,
    "<h2>This run</h2><p>Rates of scored rollouts with exact 95 % intervals (Clopper–Pearson).</p>",
    `<table>${head}${rows.join("\n")}</table>`,
    factorTables(cells),
    "<h2>Published</h2><p>Potter et al. 2026, largest of three instantiations. Their texts are ",
    "not ours: compare directions and sizes, not digits.</p>",
    `<table>${head}${theirs.join("\n")}</table></html>\n`,
  ].join("\n");
}

/** Cells that differ in one factor, and those of a task together. */
function factorTables(cells: readonly CellSummary[]): string {
  const contrasts = contrastsOf(cells);
  if (contrasts.length === 0) return "";
  const line = (fields: readonly string[]) =>
    `<tr>${fields.map((field) => `<td>${escaped(field)}</td>`).join("")}</tr>`;
  const p = (value: number) => (value < 0.001 ? "&lt; 0.001" : value.toFixed(3));
  const pairs = contrasts.map(({ cell, behaviour, factor, from, to, counts, interval, pHolm }) =>
    line([
      `${cell}: ${behaviour}`,
      `${factor}: ${from} → ${to}`,
      counts.map(({ k, n }) => `${k}/${n}`).join(" → "),
      `${percent(interval.low)} to ${percent(interval.high)}`,
    ]).replace("</tr>", `<td>${p(pHolm)}</td></tr>`),
  );
  const pooled = pooledContrasts(contrasts).map((one) =>
    line([
      `${one.task}: ${one.behaviour}`,
      `${one.factor}: ${one.from} → ${one.to}`,
      one.rates
        .map(
          ({ k, n, interval: { low, high } }) => `${k}/${n} (${percent(low)} to ${percent(high)})`,
        )
        .join(" → "),
      `${one.more} up, ${one.fewer} down`,
    ]).replace("</tr>", `<td>${p(one.pHolm)}</td></tr>`),
  );
  const top = (...names: readonly string[]) =>
    `<tr>${names.map((name) => `<th scope="col">${name}</th>`).join("")}</tr>`;
  return [
    "<h2>What one factor does</h2><p>Cells that differ in it alone: Newcombe's interval of the ",
    "difference, Fisher's exact test, Holm over all.</p><table>",
    top("cell", "factor", "counts", "difference", "p (Holm)"),
    ...pairs,
    "</table><p>By task, with cells as clusters (Korn and Graubard), and the exact sign test over ",
    "pairs of cells.</p><table>",
    top("task", "factor", "clustered rates", "pairs", "p (Holm)"),
    ...pooled,
    "</table>",
  ].join("\n");
}

const style = [
  "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}",
  "table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;text-align:left}",
  "tr:nth-child(even){background:#8881}td.number{text-align:right;white-space:nowrap}",
  "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dd{margin:0}",
  "dd,td{overflow-wrap:anywhere}svg{display:block}@media(prefers-color-scheme:dark)",
  "{body{background:#111;color:#eee}svg{color:#8cf}}",
].join("");

const head =
  '<tr><th scope="col">cell</th><th scope="col">count</th><th scope="col">rate</th>' +
  '<th scope="col">95 %</th><th scope="col">0 … 100 %</th></tr>';

type Drawn = { readonly k: number; readonly n: number; readonly interval: Interval };

function row(name: string, { k, n, interval }: Drawn): string {
  const rate = n === 0 ? "–" : percent(k / n);
  const span = `${percent(interval.low)} to ${percent(interval.high)}`;
  const cells = [`${k}/${n}`, rate, span].map((text) => `<td class="number">${text}</td>`);
  const plot = n === 0 ? "" : drawing(k / n, interval, `${rate}, ${span}`);
  return `<tr><td>${escaped(name)}</td>${cells.join("")}<td>${plot}</td></tr>`;
}

function drawing(rate: number, { low, high }: Interval, label: string): string {
  const at = (value: number) => (5 + value * 200).toFixed(1);
  return (
    `<svg width="210" height="16" role="img" aria-label="${label}" stroke="currentColor">` +
    `<path d="M5 12H205" opacity=".3"/><path d="M${at(low)} 8H${at(high)}" stroke-width="3" ` +
    `opacity=".6"/><circle cx="${at(rate)}" cy="8" r="4" fill="currentColor"/></svg>`
  );
}

const percent = (rate: number) => `${(100 * rate).toFixed(1)} %`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
