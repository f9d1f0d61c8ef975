/** The writer's thread: does one call after the other, and answers each when it is on disk. */
import { parentPort, workerData } from "node:worker_threads";
import type { Answer, Call } from "./sqlite-thread.ts";
import { openSqliteWriter, type SqliteWriter } from "./sqlite-writer.ts";

// Errors cross as their message: a thread cannot hand over more of them.
function tried(work: () => unknown): Omit<Answer, "id"> {
  try {
    return { result: work() };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : "unknown" };
  }
}

const answer = (message: Answer) => parentPort!.postMessage(message);
let writer: SqliteWriter | undefined;
const opened = tried(() => {
  writer = openSqliteWriter(workerData as string);
});
answer({ id: 0, ...opened });

parentPort!.on("message", ({ id, name, parts }: Call) => {
  const call = writer![name] as (...parts: readonly unknown[]) => unknown;
  answer({ id, ...tried(() => call(...parts)) });
  if (name === "close") parentPort!.close();
  else writer!.rest();
});
if (writer === undefined) parentPort!.close();
