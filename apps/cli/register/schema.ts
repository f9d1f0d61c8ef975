/**
 * Holds a document against the official schema of its format, in a thread of its own: a schema's
 * patterns and its "no two alike" cost more than the document's size says, and whoever wrote the
 * document may know that. The thread has a bound in memory and one in time.
 */
import { Worker } from "node:worker_threads";
import { type Problem, problem } from "../outcome.ts";
import type { ImportFormat } from "./format.ts";

/** The largest official example takes two seconds, most of which is reading the schema. */
const patienceMilliseconds = 60_000;
const memoryMegabytesMax = 512;

export type SchemaAnswer = { readonly complaints: readonly string[] };

/** `undefined` if the document is what it says it is. */
export async function checkSchema(
  text: string,
  format: ImportFormat,
): Promise<Problem | undefined> {
  const worker = new Worker(new URL("schema-worker.ts", import.meta.url), {
    workerData: { text, format },
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytesMax },
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const answer = await answerOf(worker);
  await worker.terminate();
  if ("problem" in answer) return answer;
  const [first, ...more] = answer.complaints;
  if (first === undefined) return undefined;
  const others = more.length === 0 ? "" : `, and ${more.length} more such places`;
  return problem(
    "malformed",
    `the official schema of ${format} refuses it: ${first}${others}`,
    "correct the document, or have whoever made it do so",
  );
}

function answerOf(worker: Worker): Promise<SchemaAnswer | Problem> {
  return new Promise((resolve) => {
    const tooMuch = (what: string) =>
      resolve(
        problem(
          "oversized",
          `holding it against the schema ${what}`,
          "split the document in parts",
        ),
      );
    const timer = setTimeout(() => {
      tooMuch(`takes over ${patienceMilliseconds / 1000} seconds`);
    }, patienceMilliseconds);
    worker.once("message", (answer: SchemaAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.once("error", (error: Error & { readonly code?: string }) => {
      clearTimeout(timer);
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") {
        tooMuch(`takes over ${memoryMegabytesMax} MB of memory`);
      } else resolve(problem("malformed", `no schema can be held against it: ${error.message}`));
    });
  });
}
