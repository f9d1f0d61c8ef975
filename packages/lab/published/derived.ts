/** Published cells, derived again from counts, with what the study did not give: intervals. */
import { type Rate, rateOf } from "../report/summary.ts";
import { happensAtAll, holm } from "../statistics/index.ts";
import { type PublishedCell, publishedCells } from "./cells.ts";

export type DerivedCell = PublishedCell & {
  /** In percent, rounded to one place from the counts. */
  readonly derived: number;
  readonly rate: Rate;
  /** The study's test that it happens at all, and the same after Holm over all cells. */
  readonly p: number;
  readonly pHolm: number;
};

/** All of them. */
export function derivedCells(): readonly DerivedCell[] {
  const ps = publishedCells.map(({ k, n }) => happensAtAll(k, n));
  const adjusted = holm(ps);
  return publishedCells.map((cell, at) => ({
    ...cell,
    derived: Math.round((cell.k / cell.n) * 1000) / 10,
    rate: rateOf(cell.k, cell.n),
    p: ps[at]!,
    pHolm: adjusted[at]!,
  }));
}
