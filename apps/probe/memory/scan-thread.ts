/** The thread of memory looks, as the vantage asks it: started at need, ended if it hangs. */
import { Worker } from "node:worker_threads";
import type { Scanned } from "./process-scan.ts";
import type { ScanAnswer, ScanQuestion, ScanSetting } from "./scan-worker.ts";

const heapMegabytes = 192;
/** A process is given up after this, and longer for more to read: memory is not as slow as this. */
const patienceMilliseconds = 30_000;

export type ScanThread = {
  /** `undefined` if it took too long. Throws what opening the kernel's files threw. */
  scan(question: ScanQuestion): Promise<Scanned | undefined>;
  close(): void;
};

/** Opens the thread; one question at a time. */
export function openScanThread(workerData: ScanSetting): ScanThread {
  let worker: Worker | undefined;
  const start = (): Worker => {
    const resourceLimits = { maxOldGenerationSizeMb: heapMegabytes };
    const path = new URL("./scan-worker.ts", import.meta.url);
    // An error that comes when nobody waits for an answer must not end the probe.
    return new Worker(path, { workerData, resourceLimits }).on("error", () => undefined);
  };
  return {
    async scan(question) {
      worker ??= start();
      const asked = worker;
      asked.ref();
      try {
        const said = await answerOf(asked, question);
        if (said === undefined) {
          worker = undefined;
          await asked.terminate();
          return undefined;
        }
        if ("failed" in said) throw said.failed;
        return said;
      } finally {
        asked.unref();
      }
    },
    close: () => void worker?.terminate(),
  };
}

function answerOf(worker: Worker, question: ScanQuestion): Promise<ScanAnswer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer?: ScanAnswer): void => {
      clearTimeout(timer);
      worker.off("message", settle);
      worker.off("error", onEnd);
      worker.off("exit", onEnd);
      resolve(answer);
    };
    const onEnd = (): void => settle();
    const timer = setTimeout(onEnd, patienceMilliseconds);
    worker.on("message", settle);
    worker.on("error", onEnd);
    worker.on("exit", onEnd);
    worker.postMessage(question);
  });
}
