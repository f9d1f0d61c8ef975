/**
 * The clock as a port: whoever needs the time is given one, so that a test or a simulation can
 * bend it. A local clock only ever makes judgements stricter; time in law is what witnesses cosign.
 */
export type Clock = {
  /** Milliseconds since 1970-01-01T00:00:00Z by the machine's clock, which may jump. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. For durations and time-outs. */
  elapsed(): number;
  /** Resolves after at least so many milliseconds, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
};

import { setTimeout as delay } from "node:timers/promises";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal ? { signal } : {}),
};
