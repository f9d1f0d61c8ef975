/** What a run found, cell by cell: counts, rates with intervals, and the states kept apart. */
import {
  type Behaviour,
  behaviours,
  type Outcome,
  type Status,
  statuses,
} from "../outcome/outcome.ts";
import { type Cell, cellDigest, cellName } from "../scenario/cell.ts";
import { anytimeInterval, clopperPearson, type Interval, wilson } from "../statistics/index.ts";

export type Rate = {
  readonly k: number;
  readonly n: number;
  /** Clopper and Pearson's. */
  readonly exact: Interval;
  readonly wilson: Interval;
  /** Holds however often the run was looked at before its end. */
  readonly anytime: Interval;
};

export type CellSummary = {
  readonly cell: Cell;
  readonly name: string;
  readonly rollouts: number;
  readonly statuses: { readonly [S in Status]: number };
  /** Of rollouts that were scored; what the scenario cannot show is absent. */
  readonly shown: { readonly [B in Behaviour]?: Rate };
  readonly refused: Rate;
};

/** A rate with all of its intervals. */
export function rateOf(k: number, n: number): Rate {
  const [exact, narrow] = [clopperPearson(k, n), wilson(k, n)];
  return { k, n, exact, wilson: narrow, anytime: anytimeInterval(k, n) };
}

type Tally = {
  readonly statuses: { [S in Status]: number };
  readonly shown: { [B in Behaviour]?: { k: number; n: number } };
};

/** Adds outcomes up without keeping them: memory does not grow with rollouts. */
export class Summary {
  readonly #cells: readonly Cell[];
  readonly #tallies = new Map<string, Tally>();

  constructor(cells: readonly Cell[]) {
    this.#cells = cells;
    for (const cell of cells) {
      const none = { scored: 0, refused: 0, incomplete: 0, error: 0, void: 0 };
      this.#tallies.set(cellDigest(cell), { statuses: none, shown: {} });
    }
  }

  /** Counts one outcome. */
  add(digest: string, { status, shown }: Outcome): void {
    const tally = this.#tallies.get(digest);
    if (tally === undefined) return;
    tally.statuses[status] += 1;
    if (status !== "scored") return;
    for (const behaviour of behaviours) {
      const value = shown[behaviour];
      if (value === undefined) continue;
      tally.shown[behaviour] ??= { k: 0, n: 0 };
      const count = tally.shown[behaviour];
      count.n += 1;
      if (value) count.k += 1;
    }
  }

  /** All cells, in the order of the plan. */
  cells(): readonly CellSummary[] {
    return this.#cells.map((cell) => {
      const tally = this.#tallies.get(cellDigest(cell))!;
      const rollouts = statuses.reduce((sum, status) => sum + tally.statuses[status], 0);
      const { refused, scored, incomplete } = tally.statuses;
      const shown = Object.fromEntries(
        Object.entries(tally.shown).map(([name, { k, n }]) => [name, rateOf(k, n)]),
      );
      return {
        cell,
        name: cellName(cell),
        rollouts,
        statuses: tally.statuses,
        shown,
        // Refusing is a choice of the subject; failures of the provider are none.
        refused: rateOf(refused, refused + scored + incomplete),
      };
    });
  }
}
