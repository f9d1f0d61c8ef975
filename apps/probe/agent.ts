/**
 * The probe's round: ask what else to look at, look, tell; again after the interval, or at once
 * when a fresh look is asked for or the watch noticed a change. A server that is away, or that asks
 * for nothing, changes none of it: the probe looks at all of its roots all the same.
 */

import { join, resolve } from "node:path";
import {
  type Assignment,
  type Census,
  type Digest,
  digestOf,
  encodeCanonical,
  isRefused,
  type Json,
  pathText,
} from "@writ/core";
import type { BehindSeen } from "./behind/behind.ts";
import { openDigestCache } from "./files/digest-cache.ts";
import { placeOf } from "./files/place.ts";
import { identified } from "./identity/identified.ts";
import type { Recogniser } from "./identity/recogniser.ts";
import type { Log } from "./log.ts";
import { look, rereadChanceUsual } from "./look.ts";
import { type LookMemory, openLookMemory } from "./look-memory.ts";
import type { MemoryVantage } from "./memory/memory.ts";
import type { Options } from "./options.ts";
import { keepAssignment, storedAssignment } from "./voice/assignment-file.ts";
import { readIfThere, writeDurably } from "./voice/durable-file.ts";
import type { ProbeKey } from "./voice/key-file.ts";
import { openSpool, type Spool } from "./voice/spool.ts";
import type { Desk, Since } from "./voice/submit.ts";
import { openVoice, type Voice } from "./voice/voice.ts";
import type { Folders } from "./watch/folder-watch.ts";
import { withPassed } from "./watch/registered-watch.ts";
import { openWatch, type Watch } from "./watch/watch.ts";

/** Silence is a finding; this is well below any limit that a trust root would set. */
const heartbeatMilliseconds = 15_000;
/** While a server is away, and while a look that was asked for awaits its witness. */
const pauseMilliseconds = 1_000;
const pauseMillisecondsMax = 15_000;
/** Below the idle limits of ordinary proxies. */
const waitSecondsMax = 10;
/** A look that is due for a change waits no longer for the newest witnessed state. */
const hurryMilliseconds = 200;
/** Between log lines on the progress of a long look. */
const progressMilliseconds = 1_000;

export type AgentParts = {
  readonly options: Options;
  readonly key: ProbeKey;
  readonly recogniser: Recogniser;
  readonly ownMemory: MemoryVantage;
  readonly desk: Desk;
  readonly clock: { now(): number };
  readonly random: () => number;
  /** Resolves after so long, or when stopped. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
};

type Round = AgentParts & {
  readonly spool: Spool;
  readonly voice: Voice;
  readonly cache: ReturnType<typeof openDigestCache>;
  readonly memory: LookMemory;
  readonly watch: Watch;
  /** Ends the waiting for news that is under way. */
  wake: () => void;
  assignment: Assignment;
  tag: string;
  since: Since;
  lookedAt: number;
  lookedSince: number;
  spokeAt: number;
  failures: number;
  /** Ends when nothing is being sent. */
  speaking: Promise<unknown>;
};

/** Runs until stopped. */
export async function runAgent(parts: AgentParts): Promise<void> {
  const { options, key, desk, log, signal } = parts;
  const spool = openSpool(options.data);
  const voice = openVoice({ key, spool, desk, log, estate: () => estateOf(parts) });
  const round: Round = {
    ...parts,
    spool,
    voice,
    cache: openDigestCache(options.data),
    memory: openLookMemory(() => parts.clock.now(), signal),
    watch: openWatch({
      now: () => parts.clock.now(),
      onNews: () => round.wake(),
      own: placeOf(pathText(Buffer.from(resolve(options.data)))),
    }),
    wake: () => {},
    assignment: storedAssignment(options),
    tag: "",
    since: { size: 0, root: "0".repeat(64) },
    lookedAt: Number.NEGATIVE_INFINITY,
    lookedSince: -1,
    spokeAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    speaking: Promise.resolve(),
  };
  round.watch.adopt(round.assignment);
  await learn(round);
  while (!signal.aborted) {
    if (await isDue(round)) await lookOnce(round);
    await speak(round);
    await waitForNews(round);
  }
  round.watch.close();
}

/**
 * True if the interval is over, something changed, or a look was asked for and its witnessed state
 * is there.
 */
async function isDue(round: Round): Promise<boolean> {
  const { clock, options, assignment, watch, sleep, signal } = round;
  if (clock.now() - round.lookedAt >= options.intervalMilliseconds) {
    // With the shortest intervals there is no time to wait for news: it is asked for here.
    await learn(round);
    await learnSince(round);
    return true;
  }
  if (watch.dueIn() <= 0) {
    await Promise.race([learnSince(round), sleep(hurryMilliseconds, signal)]);
    return true;
  }
  if (assignment.lookSince <= round.lookedSince) return false;
  await learnSince(round);
  return round.since.size >= assignment.lookSince;
}

async function lookOnce(round: Round): Promise<void> {
  const { clock, log, options, spool, since, watch } = round;
  const began = clock.now();
  round.lookedAt = began;
  round.lookedSince = since.size;
  let told = began;
  const heartbeats = setInterval(() => void beat(round), heartbeatMilliseconds);
  const passed = watch.begin();
  let folders: Folders = new Map();
  let behind: BehindSeen | undefined;
  let census: Census;
  try {
    const seen = await look({
      ...options,
      ...round.memory,
      assignment: round.assignment,
      clock,
      random: round.random,
      cache: round.cache,
      rereadChance: rereadChanceUsual,
      onForged: (path) => log("error", "bytes changed without a change of ctime", { path }),
      onProgress: (progress) => {
        if (clock.now() - told < progressMilliseconds) return;
        told = clock.now();
        log("info", "looking", progress);
      },
      onFolders: (read) => {
        folders = read;
      },
      onBehind: (seen) => {
        behind = seen;
      },
    });
    const { recogniser, assignment } = round;
    const comparable = behind?.comparable ?? [];
    const known = await identified(seen, { recogniser, assignment, comparable });
    census = withPassed(await round.ownMemory.seen(known), passed);
  } finally {
    behind?.close();
    clearInterval(heartbeats);
  }
  watch.end(census, folders);
  const blob = encodeCanonical(census as unknown as Json);
  const dropped = spool.add({
    at: new Date(began).toISOString(),
    body: { kind: "census", host: options.host, census: digestOf(blob), since },
    blobs: [blob],
  });
  if (dropped > 0) log("error", "looks dropped, the server is away too long", { dropped });
  log("info", "looked", {
    masses: census.masses.length,
    processes: census.processes.length,
    gaps: census.coverage.reduce((sum, { gapsTotal }) => sum + gapsTotal, 0),
    milliseconds: clock.now() - began,
    since: since.size,
    ...watch.extent,
  });
}

/** One at a time: a heartbeat during a long look and the look's own telling share one chain. */
function alone<T>(round: Round, work: () => Promise<T>): Promise<T> {
  const mine = round.speaking.then(work);
  round.speaking = mine.catch(() => undefined);
  return mine;
}

async function speak(round: Round): Promise<void> {
  const { spool, voice, clock } = round;
  const hadLooks = spool.waiting > 0;
  const allSent = await alone(round, () => voice.flush());
  round.failures = allSent ? 0 : round.failures + 1;
  if (allSent && hadLooks) round.spokeAt = clock.now();
  else await beat(round);
}

async function beat(round: Round): Promise<void> {
  const { clock, options, spool, voice } = round;
  if (clock.now() - round.spokeAt < heartbeatMilliseconds - 1000) return;
  const message = {
    at: new Date(clock.now()).toISOString(),
    body: { kind: "heartbeat", host: options.host, spooled: spool.waiting } as const,
    blobs: [],
  };
  if (await alone(round, () => voice.sayNow(message))) round.spokeAt = clock.now();
}

/**
 * Waits until the next look or heartbeat is due, or the assignment, or what is watched, changes.
 */
async function waitForNews(round: Round): Promise<void> {
  const { clock, options, desk, sleep, watch } = round;
  if (round.signal.aborted) return;
  const waking = new AbortController();
  round.wake = () => waking.abort();
  const signal = AbortSignal.any([round.signal, waking.signal]);
  const next = round.lookedAt + options.intervalMilliseconds - clock.now();
  const left = Math.min(next, watch.dueIn());
  if (round.failures > 0) {
    const backoff = Math.min(pauseMilliseconds * 2 ** (round.failures - 1), pauseMillisecondsMax);
    // Not all probes of an estate at the same instant, when their server comes back.
    await sleep(Math.max(0, Math.min(left, backoff * (0.5 + round.random()))), signal);
    return learn(round);
  }
  const isAwaitingWitness = round.assignment.lookSince > round.lookedSince;
  if (isAwaitingWitness || left < pauseMilliseconds) {
    return sleep(Math.max(0, Math.min(left, pauseMilliseconds / 2)), signal);
  }
  const seconds = Math.max(1, Math.floor(Math.min(left / 1000, waitSecondsMax)));
  const began = clock.now();
  const news = await desk.assignment(options.host, { seconds, tag: round.tag, signal });
  if (!waking.signal.aborted) adopt(round, news);
  // A server that does not hold the line, or errs at once, is not asked in a circle.
  if (clock.now() - began < pauseMilliseconds / 2) await sleep(pauseMilliseconds / 2, signal);
}

async function learn(round: Round): Promise<void> {
  adopt(round, await round.desk.assignment(round.options.host));
}

function adopt(round: Round, news: Awaited<ReturnType<Desk["assignment"]>>): void {
  if (news === undefined) return;
  if (isRefused(news)) {
    if (!round.signal.aborted) {
      round.log("warning", "no assignment", { code: news.refused, detail: news.detail });
    }
    return;
  }
  const { assignment, tag } = news;
  if (tag === round.tag && tag !== "") return;
  round.assignment = assignment;
  round.tag = tag;
  round.watch.adopt(assignment);
  keepAssignment(round.options.data, assignment);
}

async function learnSince(round: Round): Promise<void> {
  const since = await round.desk.witnessed();
  if (!isRefused(since)) {
    // Never back: what was witnessed once is, and a server that forgets it is not followed.
    if (since.size >= round.since.size) round.since = since;
  } else if (since.refused !== "unavailable") {
    round.log("warning", "no witnessed state", { code: since.refused, detail: since.detail });
  }
}

/** The estate: as told at the start, else the first that the server named, for good. */
async function estateOf({ options, desk, log }: AgentParts): Promise<Digest | undefined> {
  if (options.estate !== undefined) return options.estate;
  const path = join(options.data, "estate");
  const stored = readIfThere(path)?.toString("utf8").trim();
  if (stored !== undefined && stored !== "") return stored as Digest;
  const estate = await desk.estate();
  if (isRefused(estate)) {
    log("warning", "no estate", { code: estate.refused, detail: estate.detail });
    return undefined;
  }
  writeDurably(path, `${estate}\n`);
  return estate;
}
