/**
 * The estate as it was: the journal folded again up to a moment. It is the same fold over the same
 * entries, so it gives what was shown then. One such fold at a time; it goes on from where it is
 * when a later moment is asked for.
 */
import { type Estate, type Finding, type Refused, refused } from "@writ/core";
import type { JournalStore } from "@writ/node";
import { EstateFold } from "./fold.ts";

/** Entries read at once. */
const pageEntries = 256;
/** Who asks when so many wait is told to come again: a fold of all there is takes minutes. */
const waitingMax = 4;

export type Past = { readonly estate: Estate; readonly findings: readonly Finding[] };

export class History {
  readonly #store: JournalStore;
  readonly #now: EstateFold;
  #past: EstateFold;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(store: JournalStore, now: EstateFold) {
    this.#store = store;
    this.#now = now;
    this.#past = this.#begin();
  }

  /** What `use` makes of the estate at a moment; it must not keep the estate. */
  async at<T>(moment: string, use: (past: Past) => T): Promise<T | Refused> {
    const size = sizeAt(this.#now.estate, moment);
    if (typeof size !== "number") return size;
    if (this.#waiting >= waitingMax) {
      return refused("overloaded", "others are looking at the past; try again");
    }
    this.#waiting += 1;
    const turn = this.#turn.then(() => this.#fold(size, use));
    this.#turn = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #fold<T>(size: number, use: (past: Past) => T): Promise<T> {
    if (this.#past.estate.size > size) this.#past = this.#begin();
    while (this.#past.estate.size < size) {
      const from = this.#past.estate.size;
      const page = await this.#store.readPage(from, Math.min(size, from + pageEntries));
      if (page.length === 0) throw new Error(`entry ${from} is not in the store`);
      await this.#past.take(page, from);
    }
    const findings = await this.#past.findings();
    return use({ estate: this.#past.estate, findings });
  }

  /** What the store holds was checked when it was folded the first time. */
  #begin(): EstateFold {
    const store = this.#store;
    return new EstateFold({ store, trustedSize: Number.POSITIVE_INFINITY, onProgress: () => {} });
  }
}

/**
 * How many entries there were at a moment: after an entry, by its index; or by witnessed time, what
 * witnesses had seen by then.
 */
export function sizeAt({ size, times }: Estate, moment: string): number | Refused {
  if (/^\d{1,15}$/.test(moment)) {
    const index = Number(moment);
    if (index < size) return index + 1;
    return refused("unknown-reference", `the journal has no entry ${index} yet`);
  }
  const time = Date.parse(moment);
  if (!/^\d{4}-\d\d-\d\d/.test(moment) || Number.isNaN(time)) {
    return refused(
      "malformed",
      "a moment is an entry's index, or a time such as 2026-11-25T02:00Z",
    );
  }
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]!.time <= time) low = middle + 1;
    else high = middle;
  }
  return low === 0
    ? refused("unknown-reference", "nothing was witnessed before that time")
    : times[low - 1]!.size;
}
