/** Waits for the first census of this host, and tells what it found. */
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type BlindSpot,
  type Census,
  censusShape,
  isRefused,
  type JsonObject,
  shape,
} from "@writ/core";
import { acceptedOn } from "../blind-spots.ts";
import { type Known, knownContents } from "../census-table.ts";
import { type Problem, refusalProblem } from "../outcome.ts";
import type { Progress } from "../progress.ts";
import type { EstateRun } from "./estate-run.ts";
import type { Layout, Setup } from "./layout.ts";
import { lookedText } from "./look-log.ts";

const pollMilliseconds = 250;
/** The probe's last lines hold its newest word on how far it is. */
const logTailBytes = 8192;

export type Survey = {
  readonly census: Census;
  readonly known: Known;
  /** Blind spots of this host that people accepted. */
  readonly accepted: readonly BlindSpot[];
};

/** The newest census of this host; `undefined` if it was given up while waiting. */
export async function survey(
  run: EstateRun,
  parts: {
    readonly layout: Layout;
    readonly setup: Setup;
    readonly progress: Progress;
    readonly signal: AbortSignal;
  },
): Promise<Survey | Problem | undefined> {
  const { layout, setup, progress, signal } = parts;
  const { openApi } = await import("@writ/node/api");
  const api = openApi(run.estate.url);
  progress.stage(`looking at ${setup.host}`);
  while (!signal.aborted) {
    const hosts = await api.hosts();
    const seen = isRefused(hosts) ? undefined : hosts.find(({ host }) => host === setup.host);
    if (seen?.census !== undefined) break;
    const text = await newestProgress(layout.log("probe"));
    if (text !== undefined) progress.update(text);
    await sleep(pollMilliseconds);
  }
  if (signal.aborted) return undefined;
  const document = await api.census(setup.host);
  if (isRefused(document)) return refusalProblem(document);
  const census = shape.read(censusShape, document as JsonObject, "census");
  if (isRefused(census)) return refusalProblem(census);
  const register = await api.register();
  if (isRefused(register)) return refusalProblem(register);
  const known = knownContents(register.releases.map(({ document: one }) => one));
  return { census, known, accepted: acceptedOn(setup.host, register.hosts) };
}

async function newestProgress(path: string): Promise<string | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, logTailBytes));
    await file.read(buffer, 0, buffer.length, Math.max(0, size - buffer.length));
    for (const line of buffer.toString("utf8").split("\n").reverse()) {
      const text = lookedText(line);
      if (text !== undefined) return text;
    }
    return undefined;
  } finally {
    await file.close();
  }
}
