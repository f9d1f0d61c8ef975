/**
 * A thread of its own in which hostile files are parsed: it has a limit on its memory, and whoever
 * started it ends it when it takes too long. One question at a time.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Digest } from "@writ/core";
import { fileReader } from "../files/file-reader.ts";
import { type Enrolled, enrolFile, loadEnrolled } from "./enrolled.ts";
import { type Compared, compare } from "./ladder.ts";
import { openMemberSpool } from "./member-spool.ts";

export type WorkerSetting = { readonly data: string; readonly key: Uint8Array };

export type Question = {
  readonly ask: "enrol" | "compare";
  /** An open file of this process. */
  readonly file: number;
  readonly size: number;
  readonly digest: Digest;
  readonly artefacts: ReadonlyMap<number, ReadonlySet<Digest>>;
};

export type Answer = Compared & { readonly failed?: string };

const { data, key } = workerData as WorkerSetting;
const enrolled = new Map<Digest, Enrolled>();
for (const record of loadEnrolled(data, key)) enrolled.set(record.digest, record);
const spool = openMemberSpool(data);

async function answer({ ask, file, size, digest, artefacts }: Question): Promise<Answer> {
  const reader = fileReader(file, size);
  if (ask === "compare") {
    return compare(reader, { key, spool, artefacts, enrolled: [...enrolled.values()] });
  }
  const record = await enrolFile(reader, digest, { data, key });
  if (record === undefined) return { known: [], failed: "its bytes have changed" };
  enrolled.set(digest, { ...record, fingerprint: { ...record.fingerprint, name: digest } });
  return { known: [] };
}

parentPort!.on("message", async (question: Question) => {
  let said: Answer;
  try {
    said = await answer(question);
  } catch (error) {
    said = { known: [], failed: String((error as Error).message).slice(0, 200) };
  }
  parentPort!.postMessage(said);
});
