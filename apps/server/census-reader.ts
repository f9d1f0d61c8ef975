/** Reads censuses on a thread of their own, one at a time, so that the server answers meanwhile. */
import { setImmediate as othersFirst } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Census, Refused } from "@writ/core";
import type { Asked, Portion } from "./census-worker.ts";

/** Smaller ones are read where they are: it takes less than handing them over. */
const bytesMin = 64 * 1024;
/** A census of the largest size allowed, and what parsing it takes. */
const heapMegabytes = 2048;

export type CensusReader = {
  /** What the bytes say; `undefined` if it is left to admission to read them. */
  read(bytes: Uint8Array): Promise<Census | Refused | undefined>;
  close(): Promise<void>;
};

/** Opens a reader; its thread starts with the first large census. */
export function openCensusReader(): CensusReader {
  let worker: Worker | undefined;
  let before: Promise<unknown> = Promise.resolve();
  const start = (): Worker => {
    const path = new URL("./census-worker.ts", import.meta.url);
    const made = new Worker(path, { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } });
    made.unref();
    // An error that comes when nobody waits must not end the server.
    return made.on("error", () => undefined);
  };
  return {
    async read(bytes) {
      if (bytes.length < bytesMin) return undefined;
      const mine = before.then(async () => {
        worker ??= start();
        const census = await readWith(worker, bytes);
        if (census === "ended") worker = undefined;
        return census === "ended" ? undefined : census;
      });
      before = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}

/** `ended`: the thread did, and admission has to read for itself. */
async function readWith(worker: Worker, bytes: Uint8Array): Promise<Census | Refused | "ended"> {
  let portion = await answerOf(worker, { ask: "read", bytes });
  if (portion?.is === "refused") return portion.refused;
  if (portion?.is !== "head") return "ended";
  const { census } = portion;
  const lists = census as unknown as { readonly [name: string]: unknown[] };
  for (;;) {
    await othersFirst();
    portion = await answerOf(worker, { ask: "next" });
    if (portion?.is === "end") return census;
    if (portion?.is !== "rows") return "ended";
    lists[portion.of]!.push(...portion.rows);
  }
}

function answerOf(worker: Worker, asked: Asked): Promise<Portion | undefined> {
  return new Promise((resolve) => {
    const settle = (portion: Portion | undefined): void => {
      worker.off("message", settle);
      worker.off("exit", onEnd);
      resolve(portion);
    };
    const onEnd = (): void => settle(undefined);
    worker.on("message", settle);
    worker.on("exit", onEnd);
    worker.postMessage(asked);
  });
}
