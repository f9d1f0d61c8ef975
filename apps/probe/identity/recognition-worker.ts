/**
 * A thread of its own in which hostile files are parsed: it has a limit on its memory, and whoever
 * started it ends it when it takes too long. One question at a time.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type { Digest } from "@writ/core";
import { fileReader } from "../files/file-reader.ts";
import { distantReader } from "./distant-reader.ts";
import { type Enrolled, enrolFile, loadEnrolled } from "./enrolled.ts";
import { type Compared, compare } from "./ladder.ts";
import { openMemberSpool } from "./member-spool.ts";

export type WorkerSetting = { readonly data: string; readonly key: Uint8Array };

export type Question = {
  readonly ask: "enrol" | "compare";
  /** An open file of this process. */
  readonly file: number;
  /** Instead: where ranges of distant bytes are had. */
  readonly port?: MessagePort;
  readonly size: number;
  readonly digest: Digest;
  readonly artefacts: ReadonlyMap<number, ReadonlySet<Digest>>;
};

export type Answer = Compared & { readonly failed?: string };

const { data, key } = workerData as WorkerSetting;
const enrolled = new Map<Digest, Enrolled>();
for (const record of loadEnrolled(data, key)) enrolled.set(record.digest, record);
const spool = openMemberSpool(data);

async function answer(question: Question): Promise<Answer> {
  const { ask, file, port, size, digest, artefacts } = question;
  const isDistant = port !== undefined;
  const reader = isDistant ? distantReader(port, size) : fileReader(file, size);
  if (ask === "compare") {
    const found = [...enrolled.values()];
    return compare(reader, { key, spool, artefacts, enrolled: found, isDistant });
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
  if ("port" in question) question.port?.close();
  parentPort!.postMessage(said);
});
