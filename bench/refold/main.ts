/**
 * `node bench/refold/main.ts [--entries 1000000] [--verified 100000] [--json]`: writes a journal to
 * disk, then folds it anew from its bytes, each time in a process of its own: once trusting the
 * signatures (they were checked when the entries came in), once checking every one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  blobsNamed,
  type Digest,
  digestOf,
  emptyEstate,
  emptyFrontier,
  type Frontier,
  hashLeaf,
  isRefused,
  parseEntry,
  replay,
} from "@writ/core";
import {
  batchEntriesMax,
  growTree,
  type JournalStore,
  openSqliteStore,
  type StoredEntry,
  systemClock,
  verifyNative,
} from "@writ/node";
import { writeJournal } from "./journal.ts";

type Fold = {
  readonly seconds: number;
  readonly perSecond: number;
  readonly peakMegabytes: number;
};

/** Appends entries in batches as the journal does, so that what is read back is a real journal. */
class Writer {
  readonly #store: JournalStore;
  #frontier: Frontier = emptyFrontier();
  #waiting: StoredEntry[] = [];
  #done: Promise<unknown> = Promise.resolve();

  constructor(store: JournalStore) {
    this.#store = store;
  }

  take(bytes: Uint8Array): void {
    this.#waiting.push({ bytes, leafHash: hashLeaf(bytes) });
    if (this.#waiting.length === batchEntriesMax) this.#commit();
  }

  async end(): Promise<void> {
    this.#commit();
    await this.#done;
  }

  #commit(): void {
    const entries = this.#waiting.splice(0);
    if (entries.length === 0) return;
    const expectedSize = this.#frontier.size;
    const { frontier, tileRoots } = growTree(this.#frontier, entries);
    this.#frontier = frontier;
    this.#done = this.#done.then(() => this.#store.append({ expectedSize, entries, tileRoots }));
  }
}

async function write(folder: string, count: number): Promise<void> {
  const store = await openSqliteStore(folder, systemClock);
  const writer = new Writer(store);
  const blobs = await writeJournal(count, (entry) => writer.take(entry));
  await writer.end();
  for (const bytes of blobs.values()) await store.putBlob(digestOf(bytes), bytes);
  await store.close();
}

/** What the process of its own does. */
async function foldHere(folder: string, checked: boolean): Promise<Fold> {
  const store = await openSqliteStore(folder, systemClock);
  const estate = emptyEstate();
  const blobs = new Map<Digest, Uint8Array>();
  const size = await store.size();
  const start = performance.now();
  const verify = checked ? verifyNative : () => true;
  for (let from = 0; from < size; ) {
    const page = await store.readPage(from, size);
    await bringBlobs(store, blobs, page);
    const ports = { reading: "whole" as const, verify, blob: (name: Digest) => blobs.get(name) };
    const entries = page.map(({ bytes }) => bytes);
    const problem = replay(estate, entries, ports);
    if (isRefused(problem)) throw new Error(`${problem.refused}: ${problem.detail}`);
    from += page.length;
  }
  const seconds = (performance.now() - start) / 1000;
  await store.close();
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  return { seconds, perSecond: Math.round(size / seconds), peakMegabytes };
}

async function bringBlobs(
  store: JournalStore,
  blobs: Map<Digest, Uint8Array>,
  page: readonly StoredEntry[],
): Promise<void> {
  for (const { bytes } of page) {
    const entry = parseEntry(bytes);
    if (isRefused(entry)) continue;
    for (const name of blobsNamed(entry.body)) {
      if (blobs.has(name)) continue;
      const blob = await store.getBlob(name);
      if (!isRefused(blob)) blobs.set(name, blob);
    }
  }
}

function foldApart(folder: string, checked: boolean): Fold {
  const script = fileURLToPath(import.meta.url);
  const args = [script, "--fold", folder, ...(checked ? ["--check"] : [])];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", 2] });
  if (run.status !== 0) throw new Error("the fold failed");
  return JSON.parse(run.stdout);
}

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    verified: { type: "string", default: "100000" },
    json: { type: "boolean", default: false },
    fold: { type: "string" },
    check: { type: "boolean", default: false },
  },
});

if (values.fold !== undefined) {
  console.log(JSON.stringify(await foldHere(values.fold, values.check)));
} else {
  const folder = mkdtempSync(join(tmpdir(), "writ-refold-"));
  try {
    await write(join(folder, "all"), Number(values.entries));
    await write(join(folder, "few"), Number(values.verified));
    const result = {
      trusted: { entries: Number(values.entries), ...foldApart(join(folder, "all"), false) },
      checked: { entries: Number(values.verified), ...foldApart(join(folder, "few"), true) },
    };
    if (values.json) console.log(JSON.stringify(result));
    else console.table(result);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
