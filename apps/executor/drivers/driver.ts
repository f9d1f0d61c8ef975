/**
 * A driver knows one kind of step: how its place reads before and after, and how to get from one to
 * the other. It believes nothing but what it reads, so that after a crash at any instant reading
 * tells whether the effect happened. Host-reading code here is the executor's own: the probe that
 * checks its work shares none of it.
 */

export type Reading = {
  /**
   * `before`: the step's pre-image stands, or a state on the way from which it can go on.
   * `after`: the post-image stands. `neither`: something else does. `unreadable`: nobody can tell.
   */
  readonly state: "before" | "after" | "neither" | "unreadable";
  /** What was read, for a person. May hold text that the estate chose. */
  readonly detail: string;
};

export type Driver<S> = {
  /** What the step does, in one line. Pure. */
  describe(step: S): string;
  /**
   * What must be kept, before the first effect, to tell before from after: a restarted service
   * looks like the one it was, but for its process. Empty if the step itself says it all.
   * `sinceMilliseconds` stands in for a moment that has passed: what was there before then.
   */
  remember(step: S, sinceMilliseconds?: number): Promise<string>;
  /** Reads the place. `memory` is absent if no effect was begun. Changes nothing; never rejects. */
  readState(step: S, memory: string | undefined): Promise<Reading>;
  /**
   * Brings the place from before to after; from after, does nothing. Answers why it could not, in
   * words; a failing system call rejects. Either way, only reading tells what came of it.
   */
  carryOut(step: S, memory: string): Promise<string | undefined>;
};

/**
 * Told when a point is reached at which a crash would leave something half done. Production does
 * nothing there; tests kill the process, and that is all that they can do through it.
 */
export type Boundaries = { reached(boundary: string): Promise<void> };

/** The boundaries of production. */
export const noBoundaries: Boundaries = { reached: async () => {} };

/** The reading of a place that could not be read. */
export function unreadable(error: unknown): Reading {
  const detail = error instanceof Error ? error.message : "unknown error";
  return { state: "unreadable", detail };
}
