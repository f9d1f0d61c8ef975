/**
 * Durable appends through the journal, against raw batched SQLite inserts of the same bytes, in
 * transactions of the same sizes, with the same pragmas, in the same run:
 * `node bench/append/main.ts [--json] [--postgres]`. Five rounds of each, by turns; medians.
 *
 * A round is a closed loop (1,024 submitters, each with one entry under way) for the throughput
 * and for the ratio. Then there are rounds of an open loop, whose entries come at a fixed pace
 * whatever becomes of those before: an entry's wait counts from when it was due.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
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
/** The pace of the open loop: a fifth over the target of 10,000. */
const pacePerSecond = 12_000;

type Round = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Processor time of all threads for one entry. */
  readonly cpuMicroseconds: number;
  /** Entries of each commit. */
  readonly batches: readonly number[];
};

/** The entries of all rounds, in the same memory for each: what is measured is the journal's. */
const entries = Array.from({ length: entriesPerRound }, (_, i) => {
  const bytes = new Uint8Array(entryBytes);
  const view = new DataView(bytes.buffer);
  for (let at = 4; at < entryBytes; at += 4) view.setUint32(at, Math.imul(i + 1, at + 0x9e37));
  return bytes;
});

/** Makes new entries of the old ones: no two rounds have one in common. */
function renewEntries(round: number): void {
  for (const bytes of entries) new DataView(bytes.buffer).setUint32(0, round);
}

/** Seconds and microseconds of processor time that some work took. */
async function timed(work: () => unknown): Promise<{ seconds: number; cpuMicroseconds: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuMicroseconds: (user + system) / entriesPerRound };
}

/** Many submitters, each of which submits its next entry when its last one is acknowledged. */
async function appendRound(journal: Journal, batches: number[]): Promise<Round> {
  const latencies = new Float64Array(entriesPerRound);
  batches.length = 0;
  let next = 0;
  const submitter = async (name: string) => {
    while (next < entries.length) {
      const at = next++;
      const from = performance.now();
      const outcome = await journal.submit(entries[at]!, name);
      if ("refused" in outcome || outcome.duplicate) throw new Error("not appended");
      latencies[at] = performance.now() - from;
    }
  };
  const { seconds, cpuMicroseconds } = await timed(() =>
    Promise.all(Array.from({ length: submitters }, (_, i) => submitter(`submitter ${i}`))),
  );
  const perSecond = entriesPerRound / seconds;
  return { perSecond, ...quantiles(latencies), cpuMicroseconds, batches: [...batches] };
}

function quantiles(latencies: Float64Array) {
  latencies.sort();
  const quantile = (q: number) => latencies[Math.floor((latencies.length - 1) * q)]!;
  return { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

/** Entries at a fixed pace; answers how long after each was due it was acknowledged. */
async function pacedRound(journal: Journal): Promise<Float64Array> {
  const latencies = new Float64Array(entriesPerRound);
  const answers: Promise<void>[] = [];
  const began = performance.now();
  while (answers.length < entriesPerRound) {
    const due = ((performance.now() - began) / 1000) * pacePerSecond;
    while (answers.length < Math.min(due, entriesPerRound)) {
      const at = answers.length;
      const answer = journal.submit(entries[at]!, `submitter ${at % submitters}`);
      answers.push(
        answer.then((outcome) => {
          if ("refused" in outcome || outcome.duplicate) throw new Error("not appended");
          latencies[at] = performance.now() - began - (at * 1000) / pacePerSecond;
        }),
      );
    }
    await sleep(1);
  }
  await Promise.all(answers);
  return latencies;
}

/** The same bytes by plain inserts, in transactions of these sizes. */
async function rawRound(database: DatabaseSync, batches: readonly number[]) {
  const insert = database.prepare("INSERT INTO entry (bytes) VALUES (?)");
  const { seconds, cpuMicroseconds } = await timed(() => {
    let next = 0;
    for (const batch of batches) {
      database.exec("BEGIN IMMEDIATE");
      for (const end = next + batch; next < end; next += 1) insert.run(entries[next]!);
      database.exec("COMMIT");
    }
  });
  return { perSecond: entriesPerRound / seconds, cpuMicroseconds };
}

/** What the journal's store has: the same pages, log, syncs, and log size at a checkpoint. */
function openRaw(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, "raw.sqlite"));
  database.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 1024;
    CREATE TABLE entry (position INTEGER PRIMARY KEY, bytes BLOB)`);
  return database;
}

async function openJournal(store: JournalStore, batches: number[]): Promise<Journal> {
  const append: JournalStore["append"] = (batch) => {
    batches.push(batch.entries.length);
    return store.append(batch);
  };
  return Journal.open({
    store: { ...store, append },
    foldedSize: 0,
    decide: (batch) => batch.map(() => undefined),
    onEntries: () => undefined,
    limits: ordinaryLimits,
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

async function measure(store: JournalStore, besideRound?: (round: Round) => Promise<void>) {
  const batches: number[] = [];
  const journal = await openJournal(store, batches);
  const results: Round[] = [];
  let residentAfterFirst = 0;
  for (let round = 0; round < rounds; round += 1) {
    renewEntries(round);
    const result = await appendRound(journal, batches);
    await besideRound?.(result);
    results.push(result);
    if (round === 0) residentAfterFirst = process.memoryUsage().rss;
  }
  const paced: number[] = [];
  for (let round = rounds; round < 2 * rounds; round += 1) {
    renewEntries(round);
    for (const latency of await pacedRound(journal)) paced.push(latency);
  }
  const { p50, p99, max } = quantiles(Float64Array.from(paced));
  const milliseconds = (value: number) => Number(value.toFixed(1));
  const residentGrowth = process.memoryUsage().rss - residentAfterFirst;
  await journal.close();
  const middle = (of: (round: Round) => number) => Number(median(results.map(of)).toFixed(1));
  return {
    entriesPerSecond: Math.round(median(results.map(({ perSecond }) => perSecond))),
    p50Milliseconds: middle(({ p50 }) => p50),
    p99Milliseconds: middle(({ p99 }) => p99),
    maxMilliseconds: Math.max(...results.map(({ max }) => Math.round(max))),
    paced: {
      perSecond: pacePerSecond,
      p50Milliseconds: milliseconds(p50),
      p99Milliseconds: milliseconds(p99),
      maxMilliseconds: milliseconds(max),
    },
    cpuMicrosecondsPerEntry: middle(({ cpuMicroseconds }) => cpuMicroseconds),
    entriesPerCommit: middle((round) => entriesPerRound / round.batches.length),
    residentGrowthMiB: Math.round(residentGrowth / 2 ** 20),
  };
}

async function measureSqlite() {
  const folder = await mkdtemp(join(tmpdir(), "writ-bench-"));
  const raw = openRaw(folder);
  const rates: number[] = [];
  const ratios: number[] = [];
  const cpu: number[] = [];
  const store = await openSqliteStore(join(folder, "store"), systemClock);
  const journal = await measure(store, async ({ perSecond, batches }) => {
    const round = await rawRound(raw, batches);
    rates.push(round.perSecond);
    ratios.push(perSecond / round.perSecond);
    cpu.push(round.cpuMicroseconds);
  });
  raw.close();
  await rm(folder, { recursive: true });
  return {
    ...journal,
    rawPerSecond: Math.round(median(rates)),
    rawCpuMicrosecondsPerEntry: Number(median(cpu).toFixed(1)),
    ratio: Number(median(ratios).toFixed(2)),
  };
}

const load = () => Number(loadavg()[0]!.toFixed(1));
const loadBefore = load();
const report: Record<string, unknown> = {
  setting: { entriesPerRound, entryBytes, submitters, rounds, node: process.version },
  sqlite: await measureSqlite(),
};
if (process.argv.includes("--postgres")) {
  const { startPostgres } = await import("../../packages/node/testing/postgres.ts");
  const postgres = await startPostgres();
  report.postgres = await measure(await openPostgresStore(await postgres.freshDatabase()));
  await postgres.stop();
}
report.load = [loadBefore, load()];
console.log(JSON.stringify(report, null, process.argv.includes("--json") ? 0 : 2));
