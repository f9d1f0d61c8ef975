/** The server put together: store, journal, fold, loops, HTTP; opened and closed in order. */
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import {
  type Digest,
  equalBytes,
  isRefused,
  type Refused,
  readCosigned,
  refused,
  toHex,
} from "@writ/core";
import {
  type Clock,
  Journal,
  type JournalStore,
  type Log,
  openPostgresStore,
  openSqliteStore,
  ordinaryLimits,
  verifyNative,
} from "@writ/node";
import { openCensusReader } from "./census-reader.ts";
import { certificateFile } from "./certificate-file.ts";
import { Certifier } from "./certifier.ts";
import { Checkpointer } from "./checkpointer.ts";
import { Chronicle } from "./chronicle.ts";
import { Door } from "./door.ts";
import { Events } from "./events.ts";
import { EstateFold } from "./fold.ts";
import { History } from "./history.ts";
import { serverApp } from "./http/app.ts";
import type { ServerKeys } from "./keys.ts";
import type { Options } from "./options.ts";
import { Projector } from "./projector.ts";
import { RefusalBook } from "./refusal-book.ts";
import { Voice } from "./voice.ts";
import { witnessClient } from "./witness-client.ts";

/** A census of 60 MB on a slow line takes this long to arrive. */
const requestMillisecondsMax = 120_000;
/** Headers are small: a client that dribbles them holds the connection on purpose. */
const headersMillisecondsMax = 10_000;
const connectionsMax = 4096;
/** How often other nodes' entries are looked for; a batch of our own finds them at once. */
const refreshMilliseconds = 500;
/** Between lines on the progress of the first fold. */
const progressMilliseconds = 2_000;

export type RunningServer = {
  readonly address: string;
  stop(): Promise<void>;
};

export type ServerParts = {
  readonly options: Options;
  readonly keys: ServerKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Told if the journal breaks: nothing more can be decided by this process. */
  readonly onBroken: (error: unknown) => void;
};

/** Opens the server and listens; refuses if the store is not what witnesses saw. */
export async function openServer(parts: ServerParts): Promise<RunningServer | Refused> {
  const { options, keys, clock, log } = parts;
  const store = await openStore(options, clock);
  const opened = await openJournal(store, parts);
  if (isRefused(opened)) {
    await store.close();
    return opened;
  }
  const { fold, journal, chronicle } = opened;
  const voice = new Voice({ key: keys.server, fold, journal, store, clock });
  const book = new RefusalBook({ voice, clock, log });
  const reader = openCensusReader();
  const door = new Door({
    reader,
    fold,
    journal,
    store,
    book,
    checkpointKey: keys.checkpoint,
    serverKey: keys.server,
    onBroken: parts.onBroken,
  });
  const events = new Events(fold);
  const witnesses = options.witnesses.map((url) => witnessClient(url, journal.tree));
  const checkpointer = new Checkpointer({
    key: keys.checkpoint,
    fold,
    journal,
    store,
    voice,
    witnesses,
    clock,
    log,
  });
  const keepFile = (writ: Digest) => certificateFile({ fold, journal, store }, writ);
  const certifier = new Certifier({ fold, voice, keepFile, log });
  const projector = new Projector({ fold, store, clock, log });
  const { hostNames } = options;
  const read = { fold, chronicle, history: new History(store, fold), store };
  const app = serverApp({ ...read, clock, events, door, journal, log, hostNames });
  const http = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      requestTimeout: requestMillisecondsMax,
      headersTimeout: headersMillisecondsMax,
    },
  });
  http.maxConnections = connectionsMax;
  const address = await listen(http, options);
  const refreshing = new AbortController();
  const refresher = options.store === "sqlite" ? undefined : follow(parts, journal, refreshing);
  book.start();
  checkpointer.start();
  certifier.start();
  projector.start();
  return {
    address,
    stop: async () => {
      await close(http, events);
      refreshing.abort();
      await refresher;
      await book.stop();
      await certifier.stop();
      await checkpointer.stop();
      await projector.stop();
      await reader.close();
      await journal.close();
    },
  };
}

function openStore({ store, data }: Options, clock: Clock): Promise<JournalStore> {
  return store === "sqlite" ? openSqliteStore(data, clock) : openPostgresStore(store);
}

type Opened = {
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly chronicle: Chronicle;
};

/** Folds the journal from its first entry, and holds it against what witnesses cosigned last. */
async function openJournal(
  store: JournalStore,
  { clock, log, keys }: ServerParts,
): Promise<Opened | Refused> {
  const published = await store.latestCheckpoint();
  const trustedSize = published?.size ?? 0;
  const size = await store.size();
  log("info", "folding the journal", { size, trusted: trustedSize });
  const began = clock.elapsed();
  let told = began;
  const onProgress = (folded: number) => {
    if (clock.elapsed() - told < progressMilliseconds) return;
    told = clock.elapsed();
    log("info", "folding", { folded, size });
  };
  const fold = new EstateFold({ store, trustedSize, onProgress });
  const chronicle = new Chronicle();
  fold.listen((admitted, index, estate) => chronicle.hear(admitted, index, estate));
  const journal = await Journal.open({
    store,
    foldedSize: 0,
    decide: (batch, at) => fold.decide(batch, at),
    onEntries: (entries, from) => fold.take(entries, from),
    limits: ordinaryLimits,
  });
  const milliseconds = Math.round(clock.elapsed() - began);
  log("info", "journal folded", { size: journal.size, milliseconds });
  if (published === undefined) return { fold, journal, chronicle };
  const { root } = fold.estate;
  if (root === undefined) return refused("fork", "a checkpoint, and no trust root in the journal");
  // Our own key's signature is in it: whoever writes to the disk alone cannot make another.
  if (!equalBytes(root.journalKey.bytes, keys.checkpoint.publicKey)) {
    return refused("bad-trust-root", "the trust root names another checkpoint key than ours");
  }
  const cosigned = readCosigned(root, published.text, verifyNative);
  if (isRefused(cosigned)) return cosigned;
  const hash = await journal.tree.root(cosigned.size);
  // Entries below it were not verified again: they are the very ones that witnesses saw, or none.
  if (isRefused(hash) || toHex(hash) !== cosigned.root) {
    return refused("fork", `the store's first ${cosigned.size} entries are not those witnessed`);
  }
  return { fold, journal, chronicle };
}

/** Reads what other nodes append, until told to stop. */
async function follow(
  { clock, log, onBroken }: ServerParts,
  journal: Journal,
  { signal }: AbortController,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(refreshMilliseconds, signal).catch(() => undefined);
    if (signal.aborted) return;
    await journal.refresh().catch((error: Error) => {
      if (error.message.startsWith("assertion failed")) onBroken(error);
      else log("warning", "the store cannot be read", { detail: error.message });
    });
  }
}

function listen(http: ServerType, { host, port }: Options): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, () => {
      const { address, family, port: taken } = http.address() as AddressInfo;
      resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${taken}`);
    });
  });
}

/** How long requests in work may take to end when the server is told to stop. */
const goodbyeMilliseconds = 3_000;

function close(http: ServerType, events: Events): Promise<void> {
  events.stop();
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      if ("closeAllConnections" in http) http.closeAllConnections();
    }, goodbyeMilliseconds);
    http.close(() => {
      clearTimeout(late);
      resolve();
    });
    if ("closeIdleConnections" in http) http.closeIdleConnections();
  });
}
