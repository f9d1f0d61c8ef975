/**
 * A thread that looks into the memory of processes, one at a time: the probe goes on meanwhile. Of
 * what is enrolled it keeps the chunks alone, and takes up what was enrolled since.
 */
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { type EnrolledChunks, enrolledChunks } from "./enrolled-chunks.ts";
import { type Scanned, scanProcess } from "./process-scan.ts";

export type ScanSetting = { readonly data: string; readonly key: Uint8Array };

export type ScanQuestion = {
  /** `/proc/PID`. */
  readonly folder: string;
  readonly bytes: number;
  readonly wholeBytes: number;
};

export type ScanAnswer = Scanned | { readonly failed: unknown };

const { data, key } = workerData as ScanSetting;
const known: EnrolledChunks = enrolledChunks(data, key);

/** Chance that nobody on the host can foretell. */
const random = (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48;

parentPort!.on("message", (question: ScanQuestion) => {
  let said: ScanAnswer;
  let file: number | undefined;
  try {
    file = openSync(`${question.folder}/mem`, "r");
    said = scanProcess({ ...question, file, random, enrolled: known.now() });
  } catch (error) {
    said = { failed: { code: (error as NodeJS.ErrnoException).code } };
  } finally {
    if (file !== undefined) closeSync(file);
  }
  parentPort!.postMessage(said);
});
