/** A clock that goes when it is told to. */
import type { Clock } from "@writ/node";

export type HandClock = Clock & {
  /** Lets time pass, a second at a time, with all that waits for it. */
  pass(milliseconds: number): Promise<void>;
};

export function handClock(): HandClock {
  let now = 0;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    elapsed: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ until: now + milliseconds, wake: resolve });
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
    pass: async (milliseconds) => {
      for (const end = now + milliseconds; now < end; ) {
        now += Math.min(1000, end - now);
        const due = sleepers.filter(({ until }) => until <= now);
        sleepers = sleepers.filter(({ until }) => until > now);
        for (const { wake } of due) wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
