/**
 * When a look is due after something changed: as soon as it may be, and never so often that looking
 * is all that the host does. Nothing that stirred is forgotten: a noisy folder is only looked at
 * later, at the latest with the next look by interval. Pure: the time is an argument.
 */
import type { Place } from "../files/place.ts";

/** A file under way comes in many writes: the look waits until they pause, but not for ever. */
const quietMilliseconds = 150;
const patienceMilliseconds = 600;
/** Between the end of a look and the next, which is also at least as long as the look took. */
const restMilliseconds = 100;
/** Looks for folders in a burst, and how fast that allowance comes back. */
const creditMax = 30;
const creditMilliseconds = 2_000;
/** How long a folder whose stir came to nothing has to wait: doubled each time, up to a minute. */
const muteMilliseconds = 300;
const muteMillisecondsMax = 60_000;

export type Pace = {
  /** A registered control or link changed. */
  urge(now: number): void;
  /** Something changed in a watched folder. */
  stir(folder: Place, now: number): void;
  /** A look begins: what changed until now is its business. */
  begin(now: number): void;
  /** It ended. Folders that stirred and in which it met nothing new are trusted less. */
  end(now: number, news: ReadonlySet<Place>): void;
  /** Milliseconds until a look is due; Infinity if nothing changed. */
  dueIn(now: number): number;
};

type Mute = { readonly until: number; readonly length: number };

type State = {
  urged: boolean;
  /** Folders that stirred since the last look began, first and last time. */
  readonly stirred: Map<Place, { readonly first: number; last: number }>;
  /** Folders whose stir the look under way answers. */
  answered: readonly Place[];
  readonly mutes: Map<Place, Mute>;
  began: number;
  ended: number;
  credit: number;
  creditAt: number;
};

/** A fresh pace. */
export function openPace(): Pace {
  const state: State = {
    urged: false,
    stirred: new Map(),
    answered: [],
    mutes: new Map(),
    began: Number.NEGATIVE_INFINITY,
    ended: Number.NEGATIVE_INFINITY,
    credit: creditMax,
    creditAt: 0,
  };
  return {
    urge() {
      state.urged = true;
    },
    stir(folder, now) {
      const known = state.stirred.get(folder);
      if (known === undefined) state.stirred.set(folder, { first: now, last: now });
      else known.last = now;
    },
    begin(now) {
      if (dueIn(state, now) <= 0 && !state.urged) spend(state, now);
      state.urged = false;
      state.answered = [...state.stirred.keys()];
      state.stirred.clear();
      state.began = now;
    },
    end: (now, news) => end(state, now, news),
    dueIn: (now) => dueIn(state, now),
  };
}

function dueIn(state: State, now: number): number {
  if (!state.urged && state.stirred.size === 0) return Number.POSITIVE_INFINITY;
  const took = Number.isFinite(state.ended) ? state.ended - state.began : 0;
  const rested = state.ended + Math.max(restMilliseconds, took);
  if (state.urged) return Math.max(0, rested - now);
  let at = Number.POSITIVE_INFINITY;
  for (const [folder, { first, last }] of state.stirred) {
    const settled = Math.min(last + quietMilliseconds, first + patienceMilliseconds);
    at = Math.min(at, Math.max(settled, state.mutes.get(folder)?.until ?? 0));
  }
  const credit = creditNow(state, now);
  const allowed = credit >= 1 ? now : now + (1 - credit) * creditMilliseconds;
  return Math.max(0, at - now, rested - now, allowed - now);
}

function creditNow({ credit, creditAt }: State, now: number): number {
  return Math.min(creditMax, credit + Math.max(0, now - creditAt) / creditMilliseconds);
}

function spend(state: State, now: number): void {
  state.credit = creditNow(state, now) - 1;
  state.creditAt = now;
}

function end(state: State, now: number, news: ReadonlySet<Place>): void {
  state.ended = now;
  for (const folder of state.answered) {
    if (news.has(folder)) {
      state.mutes.delete(folder);
      continue;
    }
    const before = state.mutes.get(folder)?.length ?? muteMilliseconds / 2;
    const length = Math.min(before * 2, muteMillisecondsMax);
    state.mutes.set(folder, { until: now + length, length });
  }
  // What has been at peace for some time is trusted anew, and does not fill the memory.
  for (const [folder, { until, length }] of state.mutes) {
    if (until + 4 * length < now) state.mutes.delete(folder);
  }
}
