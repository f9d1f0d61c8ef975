/**
 * Compares what a look met with what the register names, once for each content. The work is done by
 * a thread that may be slow, run out of memory or hang on a hostile file: then it is ended, and
 * what it was looking at stays open, which the census tells.
 */
import { closeSync } from "node:fs";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Assignment, Digest, Identity } from "@writ/core";
import type { ReadRange } from "../behind/ranged-reader.ts";
import type { Log } from "../log.ts";
import { serveRanges } from "./distant-reader.ts";
import { enrolledDigests } from "./enrolled.ts";
import { comparisonName, type IdentityCache, openIdentityCache } from "./identity-cache.ts";
import type { Answer, Question, WorkerSetting } from "./recognition-worker.ts";

/** Heap of the thread; its buffers come on top, and are bounded by what it reads at a time. */
const heapMegabytes = 192;
/** A file is given up after this, and longer the larger it is: the slowest disk reads so fast. */
const patienceMilliseconds = 60_000;
const slowestBytesPerMillisecond = 10_000;
/** A look is told after this with what is known by then; the thread goes on. */
const lookMilliseconds = 20_000;
/** Files that failed so often are not tried again before the next start. */
const triesMax = 2;

/** In place of a file, where a question is about distant bytes. */
const noFile = -1;

/** Bytes that are elsewhere: read by ranges, each on its own. */
export type Distant = { readonly readRange: ReadRange };

/** Bytes that can be opened: a name, a link of a process, or an object in a store. */
export type Candidate = {
  readonly digest: Digest;
  readonly size: number;
  /** Whether the register names this content, and whether it may hold weights. */
  readonly isRegistered: boolean;
  /** An open file with these bytes, or `undefined` if they are not there any more. */
  open(): number | Distant | undefined;
};

export type Recognition = {
  readonly known: ReadonlyMap<Digest, readonly Identity[]>;
  /** Contents that could not be compared to the end, or not yet. */
  readonly open: ReadonlySet<Digest>;
};

export type Recogniser = {
  recognise(
    candidates: readonly Candidate[],
    artefacts: Assignment["artefacts"],
  ): Promise<Recognition>;
  close(): void;
};

export type RecogniserParts = {
  readonly data: string;
  readonly key: Uint8Array;
  readonly log: Log;
  /** Milliseconds after which a look is told with what is known by then. */
  readonly patience?: number;
};

/** Opens the recogniser of a probe. */
export function openRecogniser(parts: RecogniserParts): Recogniser {
  const desk: RecognitionDesk = {
    log: parts.log,
    cache: openIdentityCache(parts.data),
    enrolled: new Set(enrolledDigests(parts.data, parts.key)),
    tries: new Map(),
    partial: new Map(),
    thread: openThread(parts),
  };
  // One look's questions are through, or given up, before the next one's are asked.
  let working: Promise<unknown> = Promise.resolve();
  return {
    async recognise(candidates, named) {
      if (named.length === 0) return { known: new Map(), open: new Set() };
      const ends = Date.now() + (parts.patience ?? lookMilliseconds);
      const look = { candidates, named, ends };
      working = working.then(() => workOn(desk, look));
      const late = new Promise((done) => setTimeout(done, ends - Date.now()).unref());
      await Promise.race([working, late]);
      return recognitionOf(desk, look);
    },
    close: () => desk.thread.close(),
  };
}

type RecognitionDesk = {
  readonly log: Log;
  readonly cache: IdentityCache;
  readonly enrolled: Set<Digest>;
  readonly tries: Map<string, number>;
  /** What was found before a comparison stopped short: it is told, and the rest stays open. */
  readonly partial: Map<Digest, readonly Identity[]>;
  readonly thread: Thread;
};

type LookAsked = {
  readonly candidates: readonly Candidate[];
  readonly named: Assignment["artefacts"];
  /** Milliseconds since the epoch: no question is asked from then on. */
  readonly ends: number;
};

function againstOf({ enrolled }: RecognitionDesk, { named }: LookAsked): string {
  return comparisonName(
    [...enrolled],
    named.map(({ digest }) => digest),
  );
}

/** Enrols first: what is compared after that is compared with all of it. */
async function workOn(desk: RecognitionDesk, look: LookAsked): Promise<void> {
  const artefacts = bySize(look.named);
  const isOver = () => Date.now() >= look.ends || desk.thread.closed;
  for (const candidate of look.candidates) {
    if (isOver()) return;
    if (!candidate.isRegistered || desk.enrolled.has(candidate.digest)) continue;
    const answer = await answerAbout(desk, { candidate, ask: "enrol", artefacts, against: "" });
    if (answer !== undefined) desk.enrolled.add(candidate.digest);
  }
  const against = againstOf(desk, look);
  for (const candidate of look.candidates) {
    if (isOver()) return;
    const { digest, isRegistered } = candidate;
    if (isRegistered || desk.cache.get(digest, against) !== undefined) continue;
    const answer = await answerAbout(desk, { candidate, ask: "compare", artefacts, against });
    if (answer !== undefined) desk.cache.set(digest, against, answer.known);
  }
}

type Task = Pick<Question, "ask" | "artefacts"> & {
  readonly candidate: Candidate;
  readonly against: string;
};

/** `undefined` if the question stays open. */
async function answerAbout(desk: RecognitionDesk, task: Task): Promise<Answer | undefined> {
  const { candidate, ask, artefacts, against } = task;
  const { digest, size } = candidate;
  const attempt = `${ask} ${digest} ${against}`;
  const tries = desk.tries.get(attempt) ?? 0;
  const opened = tries < triesMax ? candidate.open() : undefined;
  if (opened === undefined) return undefined;
  const isFile = typeof opened === "number";
  const about = { ask, size, digest, artefacts, file: isFile ? opened : noFile };
  const answer = await desk.thread.ask(about, isFile ? undefined : opened.readRange);
  const why = answer.failed ?? answer.open;
  if (why === undefined) return answer;
  if (answer.known.length > 0) desk.partial.set(digest, answer.known);
  if (!desk.thread.closed) {
    desk.tries.set(attempt, tries + 1);
    desk.log("warning", "not compared", { digest, why });
  }
  return undefined;
}

function recognitionOf(desk: RecognitionDesk, look: LookAsked): Recognition {
  const against = againstOf(desk, look);
  const known = new Map<Digest, readonly Identity[]>();
  const open = new Set<Digest>();
  for (const { digest, isRegistered } of look.candidates) {
    const found = isRegistered ? undefined : desk.cache.get(digest, against);
    const isOpen = isRegistered ? !desk.enrolled.has(digest) : found === undefined;
    if (isOpen) open.add(digest);
    const told = isRegistered ? undefined : (found ?? desk.partial.get(digest));
    if (told !== undefined && told.length > 0) known.set(digest, told);
  }
  desk.cache.settle();
  return { known, open };
}

function bySize(named: Assignment["artefacts"]): Map<number, Set<Digest>> {
  const sizes = new Map<number, Set<Digest>>();
  for (const { size, digest } of named) {
    sizes.set(size, (sizes.get(size) ?? new Set()).add(digest));
  }
  return sizes;
}

type Thread = {
  readonly closed: boolean;
  /** Answers one question; the file is closed by then, or when the thread has ended. */
  ask(question: Question, readRange?: ReadRange): Promise<Answer>;
  close(): void;
};

/** The thread, started when it is first asked, and again when it was ended. */
function openThread({ data, key }: RecogniserParts): Thread {
  let worker: Worker | undefined;
  let closed = false;
  const start = (): Worker => {
    const workerData: WorkerSetting = { data, key };
    const resourceLimits = { maxOldGenerationSizeMb: heapMegabytes };
    const path = new URL("./recognition-worker.ts", import.meta.url);
    const made = new Worker(path, { workerData, resourceLimits });
    // An error that comes when nobody waits for an answer must not end the probe.
    return made.on("error", () => undefined);
  };
  return {
    get closed() {
      return closed;
    },
    async ask(about, readRange) {
      worker ??= start();
      const asked = worker;
      const patience = patienceMilliseconds + about.size / slowestBytesPerMillisecond;
      const channel = readRange === undefined ? undefined : new MessageChannel();
      if (readRange !== undefined) serveRanges(channel!.port1, readRange);
      const question = channel === undefined ? about : { ...about, port: channel.port2 };
      // Alive while it is asked something, and otherwise no reason for the probe to stay.
      asked.ref();
      try {
        const said = await answerOf(asked, question, patience);
        if (said === undefined) {
          worker = undefined;
          await asked.terminate();
          return { known: [], failed: closed ? "stopped" : "took too long, or too much memory" };
        }
        return said;
      } finally {
        asked.unref();
        channel?.port1.close();
        if (about.file !== noFile) closeSync(about.file);
      }
    },
    close() {
      closed = true;
      void worker?.terminate();
    },
  };
}

/** `undefined` if the thread ended, or did not answer in time. */
function answerOf(
  worker: Worker,
  question: Question,
  patience: number,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | undefined): void => {
      clearTimeout(timer);
      worker.off("message", onMessage);
      worker.off("error", onEnd);
      worker.off("exit", onEnd);
      resolve(answer);
    };
    const onMessage = (said: Answer): void => settle(said);
    const onEnd = (): void => settle(undefined);
    const timer = setTimeout(onEnd, patience);
    worker.on("message", onMessage);
    worker.on("error", onEnd);
    worker.on("exit", onEnd);
    const port = "port" in question ? question.port : undefined;
    worker.postMessage(question, port === undefined ? [] : [port]);
  });
}
