/**
 * Durable appends through the journal, against raw batched SQLite inserts of the same bytes in the
 * same run: `node bench/append/main.ts [--json] [--postgres]`. Median of five rounds each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  Journal,
  type JournalStore,
  openPostgresStore,
  openSqliteStore,
  ordinaryLimits,
  systemClock,
} from "@writ/node";

const entriesPerRound = 50_000;
const entryBytes = 1024;
const submitters = 1024;
const rounds = 5;

type Round = { readonly perSecond: number; readonly p50: number; readonly p99: number };

/** Entries of one round, no two alike. */
function entriesOf(round: number): Uint8Array[] {
  return Array.from({ length: entriesPerRound }, (_, i) => {
    const bytes = new Uint8Array(entryBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, round);
    for (let at = 4; at < entryBytes; at += 4) view.setUint32(at, Math.imul(i + 1, at + 0x9e37));
    return bytes;
  });
}

/** Many submitters, each of which submits its next entry when its last one is acknowledged. */
async function appendRound(journal: Journal, entries: readonly Uint8Array[]): Promise<Round> {
  const latencies: number[] = [];
  let next = 0;
  const start = performance.now();
  const submitter = async (name: string) => {
    while (next < entries.length) {
      const bytes = entries[next++]!;
      const from = performance.now();
      const outcome = await journal.submit(bytes, name);
      if ("refused" in outcome || outcome.duplicate) throw new Error("not appended");
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: submitters }, (_, i) => submitter(`submitter ${i}`)));
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(latencies.length * q)]!;
  return { perSecond: entries.length / seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

/** The same bytes by plain inserts in transactions as large as the journal's, same pragmas. */
function rawRound(database: DatabaseSync, entries: readonly Uint8Array[]): number {
  const insert = database.prepare("INSERT INTO entry (bytes) VALUES (?)");
  const start = performance.now();
  for (let from = 0; from < entries.length; from += submitters) {
    database.exec("BEGIN IMMEDIATE");
    for (const bytes of entries.slice(from, from + submitters)) insert.run(bytes);
    database.exec("COMMIT");
  }
  return entries.length / ((performance.now() - start) / 1000);
}

function openRaw(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, "raw.sqlite"));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE entry (position INTEGER PRIMARY KEY, bytes BLOB)`);
  return database;
}

async function openJournal(store: JournalStore): Promise<Journal> {
  return Journal.open({
    store,
    foldedSize: 0,
    decide: (batch) => batch.map(() => undefined),
    onEntries: () => undefined,
    limits: ordinaryLimits,
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function measure(store: JournalStore, besideRound: (entries: Uint8Array[]) => void) {
  const journal = await openJournal(store);
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const entries = entriesOf(round);
    results.push(await appendRound(journal, entries));
    besideRound(entries);
  }
  await journal.close();
  return {
    entriesPerSecond: Math.round(median(results.map(({ perSecond }) => perSecond))),
    p50Milliseconds: median(results.map(({ p50 }) => p50)),
    p99Milliseconds: median(results.map(({ p99 }) => p99)),
    residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

const folder = await mkdtemp(join(tmpdir(), "writ-bench-"));
const raw = openRaw(folder);
const rawRates: number[] = [];
const sqlite = await measure(await openSqliteStore(join(folder, "store"), systemClock), (entries) =>
  rawRates.push(rawRound(raw, entries)),
);
raw.close();
await rm(folder, { recursive: true });
const rawPerSecond = Math.round(median(rawRates));
const report: Record<string, unknown> = {
  setting: { entriesPerRound, entryBytes, submitters, rounds, node: process.version },
  sqlite: { ...sqlite, rawPerSecond, ratio: sqlite.entriesPerSecond / rawPerSecond },
};
if (process.argv.includes("--postgres")) {
  const { startPostgres } = await import("../../packages/node/testing/postgres.ts");
  const postgres = await startPostgres();
  const store = await openPostgresStore(await postgres.freshDatabase());
  report.postgres = await measure(store, () => undefined);
  await postgres.stop();
}
console.log(JSON.stringify(report, null, process.argv.includes("--json") ? 0 : 2));
