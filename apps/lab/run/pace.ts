/**
 * How many rollouts go on at once: more while all is well, fewer when the provider says no
 * (additive increase, multiplicative decrease). Figures are Inspect's.
 */
const startingMost = 20;
const least = 1;
const shrink = 0.8;
const growth = 1.05;
/** One wave of refusals is one reason to slow down, not twenty. */
const quietMilliseconds = 15_000;

export class Pace {
  readonly #most: number;
  readonly #now: () => number;
  #limit: number;
  #clean = 0;
  #shrunk = Number.NEGATIVE_INFINITY;

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
    this.#limit = Math.min(startingMost, most);
  }

  get limit(): number {
    return Math.max(least, Math.floor(this.#limit));
  }

  /** A rollout went well. After a round of them there is room for a few more. */
  good(): void {
    this.#clean += 1;
    if (this.#clean < this.limit) return;
    this.#clean = 0;
    this.#limit = Math.min(this.#most, Math.max(this.#limit * growth, this.#limit + 1));
  }

  /** The provider asked for fewer requests. */
  refused(): void {
    this.#clean = 0;
    if (this.#now() - this.#shrunk < quietMilliseconds) return;
    this.#shrunk = this.#now();
    this.#limit = Math.max(least, this.#limit * shrink);
  }
}
