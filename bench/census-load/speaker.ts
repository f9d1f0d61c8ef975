/** Says one small thing after another to a server, and how long each took to be durable. */
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type Digest, encodeStatement, isRefused, parseEntry } from "@writ/core";
import { openApi } from "@writ/node/api";
import { signEntry, testKey } from "../../packages/core/testing/estate-kit.ts";

export type Asked = { readonly seconds: number } | { readonly untilTold: true } | { stop: true };
export type Measured = { readonly milliseconds: readonly number[] };

const pauseMilliseconds = 10;
const { url, estate } = workerData as { readonly url: string; readonly estate: Digest };
const api = openApi(url);
const speaker = testKey("butler");
let head: { sequence: number; previous?: Digest } = { sequence: 0 };
let told = false;

async function sayOne(): Promise<number> {
  const body = { kind: "claim", says: "note", note: "all is well" } as const;
  const at = new Date().toISOString();
  const payload = encodeStatement({ version: 1, estate, at, chain: head, body });
  const bytes = signEntry(payload, [speaker]);
  const began = performance.now();
  const said = await api.submit(bytes, []);
  const took = performance.now() - began;
  const entry = parseEntry(bytes);
  if (isRefused(said)) throw new Error(`${said.refused}: ${said.detail}`);
  if (isRefused(entry)) throw new Error(entry.detail);
  head = { sequence: head.sequence + 1, previous: entry.digest };
  return took;
}

async function measured(seconds: number): Promise<Measured> {
  const milliseconds: number[] = [];
  told = false;
  const ends = performance.now() + seconds * 1000;
  while (!told && performance.now() < ends) {
    milliseconds.push(await sayOne());
    await sleep(pauseMilliseconds);
  }
  return { milliseconds };
}

parentPort?.on("message", async (asked: Asked) => {
  if ("stop" in asked) told = true;
  else parentPort?.postMessage(await measured("seconds" in asked ? asked.seconds : 600));
});
