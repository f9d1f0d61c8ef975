/** A store whose n-th write fails, before it happens or after: the two ways a write can be lost. */
import type { JournalStore } from "../journal-store.ts";

export type FailingStore = JournalStore & { readonly writes: () => number };

/**
 * Wraps a store. The write number `failAt` (from 1) fails once: `before` it reaches the disk, or
 * `after`, when it is there and only its acknowledgement is lost.
 */
export function failingStore(
  store: JournalStore,
  failAt: number,
  moment: "before" | "after",
): FailingStore {
  let writes = 0;
  const failing =
    <A extends unknown[], T>(write: (...parts: A) => Promise<T>) =>
    async (...parts: A): Promise<T> => {
      writes += 1;
      const fails = writes === failAt;
      if (fails && moment === "before") throw new Error("the disk is full");
      const result = await write(...parts);
      if (fails) throw new Error("the connection is lost");
      return result;
    };
  return {
    ...store,
    append: failing(store.append),
    putBlob: failing(store.putBlob),
    putProjection: failing(store.putProjection),
    publishCheckpoint: failing(store.publishCheckpoint),
    writes: () => writes,
  };
}
