/** The probe as a process: `node apps/probe/main.ts run --server URL --data DIR --host NAME …`. */
import { randomFillSync } from "node:crypto";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleepFor } from "node:timers/promises";
import { isRefused, pathText, type Refused, toBase64 } from "@writ/core";
import { runAgent } from "./agent.ts";
import { openChance } from "./chance.ts";
import { type UsualPlace, usualEngines, usualPlaces } from "./files/usual-places.ts";
import { openRecogniser } from "./identity/recogniser.ts";
import { openSketchKey } from "./identity/sketch-key.ts";
import { logLines } from "./log.ts";
import { lookOnce } from "./look-once.ts";
import { openMemory } from "./memory/memory.ts";
import { initOnce, onceUsage } from "./once.ts";
import { holdAlone } from "./only-one.ts";
import { readOptions, type Usual, usage } from "./options.ts";
import { openKeyFile } from "./voice/key-file.ts";
import { openDesk } from "./voice/submit.ts";

/** A look under way is given up after this: what it saw would be told late, and nothing is lost. */
const goodbyeMilliseconds = 2_000;

const log = logLines(Date.now, (line) => process.stderr.write(line));

const random = openChance((bytes) => randomFillSync(bytes));

/** Those usual places that are there. A place made later is met at the next start. */
const usual: Usual = {
  roots: () => thoseHere(usualPlaces(process.env, homedir())),
  engines: () => thoseHere(usualEngines(process.env, homedir())),
};

function thoseHere(places: readonly UsualPlace[]): string[] {
  const paths = places.map(({ path }) => path).filter((path) => existsSync(path));
  // Two names of one socket are one engine.
  const first = new Map(paths.map((path) => [realpathSync(path), path]));
  return [...first.values()].map((path) => pathText(Buffer.from(path)));
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleepFor(milliseconds, undefined, { signal });
  } catch {
    // Stopped: whoever slept sees that from the signal.
  }
}

async function start(): Promise<Refused | undefined> {
  const [command = "", ...rest] = process.argv.slice(2);
  const once = { init: initOnce, look: lookOnce }[command];
  if (once !== undefined) {
    const print = (line: string) => void process.stdout.write(line);
    const refusal = await once(rest, { random, usual, log, print });
    if (refusal !== undefined) process.stderr.write(onceUsage);
    return refusal;
  }
  return run(command === "run" ? rest : process.argv.slice(2));
}

async function run(args: readonly string[]): Promise<Refused | undefined> {
  const options = readOptions(args, usual);
  if (isRefused(options)) {
    process.stderr.write(usage + onceUsage);
    return options;
  }
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const held = await holdAlone(options.data);
  if (isRefused(held)) return held;
  const key = openKeyFile(join(options.data, "probe.key"));
  if (isRefused(key)) return key;
  const sketchKey = openSketchKey(join(options.data, "sketch.key"));
  if (isRefused(sketchKey)) return sketchKey;
  const recogniser = openRecogniser({ data: options.data, key: sketchKey, log });
  const ownMemory = openMemory({ data: options.data, key: sketchKey, clock: { now: Date.now } });
  const stopping = new AbortController();
  const stop = (signal: string): void => {
    log("info", "stopping", { signal });
    stopping.abort();
    // Everything that matters is on disk already; a look is simply taken again.
    setTimeout(() => process.exit(0), goodbyeMilliseconds).unref();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  const publicKey = { type: "ed25519", public: toBase64(key.publicKey) };
  const ready = { ready: true, host: options.host, key: key.id, publicKey };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  log("info", "started", { host: options.host, key: key.id, roots: options.roots.length });
  const desk = openDesk(options.server);
  const clock = { now: Date.now };
  const { signal } = stopping;
  const seeing = { recogniser, ownMemory, clock, random };
  await runAgent({ ...seeing, options, key, desk, sleep, log, signal });
  recogniser.close();
  ownMemory.close();
  held.close();
  log("info", "stopped");
  return undefined;
}

const problem = await start();
if (problem !== undefined) {
  log("error", "refused", { code: problem.refused, detail: problem.detail });
  process.exit(2);
}
