/**
 * `node bench/refold/main.ts [--entries 1000000] [--folder DIR] [--only PART] [--json]`: writes a
 * journal to disk, then reads it in three ways, each in a process of its own, so that its peak of
 * memory is its own:
 * - `trusted`: every entry parsed, admitted and folded, on the word of whoever checked signatures;
 * - `checked`: the same with every signature checked, on other threads, as an audit does;
 * - `restart`: the real server on that store, from its start until it answers.
 * `--only write|trusted|checked|restart` does one of these; a folder that is named is kept.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  admit,
  blobsNamed,
  type Digest,
  digestOf,
  type Entry,
  emptyEstate,
  emptyFrontier,
  evolve,
  type Frontier,
  hashLeaf,
  isRefused,
  parseEntry,
  type VerifyEd25519,
} from "@writ/core";
import {
  batchEntriesMax,
  checkSignatures,
  growTree,
  type JournalStore,
  openSqliteStore,
  type StoredEntry,
  systemClock,
  verifierOf,
} from "@writ/node";
import { privateKeyPem, writeJournal } from "./journal.ts";

type Fold = {
  readonly entries: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly peakMegabytes: number;
};

/** Appends entries in batches as the journal does, so that what is read back is a real journal. */
class Writer {
  readonly #store: JournalStore;
  #frontier: Frontier = emptyFrontier();
  #waiting: StoredEntry[] = [];

  constructor(store: JournalStore) {
    this.#store = store;
  }

  /** Takes an entry; a promise is to be awaited before the next one. */
  take(bytes: Uint8Array): Promise<void> | undefined {
    this.#waiting.push({ bytes, leafHash: hashLeaf(bytes) });
    return this.#waiting.length === batchEntriesMax ? this.commit() : undefined;
  }

  async commit(): Promise<void> {
    const entries = this.#waiting.splice(0);
    if (entries.length === 0) return;
    const expectedSize = this.#frontier.size;
    const { frontier, tileRoots } = growTree(this.#frontier, entries);
    this.#frontier = frontier;
    await this.#store.append({ expectedSize, entries, tileRoots });
  }
}

async function write(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "journal.key"), privateKeyPem("checkpoint"), { mode: 0o600 });
  writeFileSync(join(folder, "server.key"), privateKeyPem("journal"), { mode: 0o600 });
  const store = await openSqliteStore(folder, systemClock);
  const writer = new Writer(store);
  const { blobs, checkpoint } = await writeJournal(count, (entry) => writer.take(entry));
  await writer.commit();
  for (const bytes of blobs.values()) await store.putBlob(digestOf(bytes), bytes);
  await store.publishCheckpoint(checkpoint);
  await store.close();
}

/** What the process of its own does. */
async function foldHere(folder: string, isChecked: boolean): Promise<Fold> {
  const store = await openSqliteStore(folder, systemClock);
  const estate = emptyEstate();
  const blobs = new Map<Digest, Uint8Array>();
  const size = await store.size();
  const start = performance.now();
  while (estate.size < size) {
    const { root } = estate;
    const page = (await store.readPage(estate.size, size)).map(({ bytes }) => {
      const entry = must(parseEntry(bytes));
      const checked = isChecked ? checkSignatures(root, entry).then(verifierOf) : () => true;
      return { entry, checked };
    });
    for (const { entry, checked } of page) {
      await bringBlobs(store, blobs, entry);
      const verify: VerifyEd25519 = isChecked ? await checked : () => true;
      const ports = { reading: "whole" as const, verify, blob: (name: Digest) => blobs.get(name) };
      evolve(estate, must(admit(estate, entry, ports)));
    }
  }
  const seconds = (performance.now() - start) / 1000;
  await store.close();
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  return foldOf({ size, seconds, peakMegabytes });
}

function foldOf(how: { size: number; seconds: number; peakMegabytes: number }): Fold {
  const { size, seconds, peakMegabytes } = how;
  const perSecond = Math.round(size / seconds);
  return { entries: size, seconds: Math.round(seconds * 10) / 10, perSecond, peakMegabytes };
}

async function bringBlobs(
  store: JournalStore,
  blobs: Map<Digest, Uint8Array>,
  { body }: Entry,
): Promise<void> {
  for (const name of blobsNamed(body)) {
    if (!blobs.has(name)) blobs.set(name, must(await store.getBlob(name)));
  }
}

function foldApart(folder: string, isChecked: boolean): Fold {
  const script = fileURLToPath(import.meta.url);
  const args = [script, "--fold", folder, ...(isChecked ? ["--check"] : [])];
  const run = spawnSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", 2] });
  if (run.status !== 0) throw new Error("the fold failed");
  return JSON.parse(run.stdout);
}

/** Starts the server on the store, and ends it as soon as it says that it is ready. */
async function restart(folder: string): Promise<Fold> {
  const store = await openSqliteStore(folder, systemClock);
  const size = await store.size();
  await store.close();
  const script = fileURLToPath(new URL("../../apps/server/main.ts", import.meta.url));
  const start = performance.now();
  const server = spawn(process.execPath, [script, "run", "--data", folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await Promise.race([
    once(createInterface({ input: server.stdout }), "line"),
    once(server, "exit").then(() => ["{}"]),
  ]);
  const seconds = (performance.now() - start) / 1000;
  if (JSON.parse(line).ready !== true) throw new Error("the server did not start");
  const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
  // It has no witnesses to write to: what it would do next is no part of this.
  server.kill("SIGKILL");
  return foldOf({ size, seconds, peakMegabytes: Math.round(kibibytes / 1024) });
}

function must<T>(value: T): Exclude<T, { readonly refused: string }> {
  if (isRefused(value as object)) throw new Error(JSON.stringify(value));
  return value as Exclude<T, { readonly refused: string }>;
}

const { values } = parseArgs({
  options: {
    entries: { type: "string", default: "1000000" },
    folder: { type: "string" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    fold: { type: "string" },
    check: { type: "boolean", default: false },
  },
});

async function measure(folder: string): Promise<void> {
  const isAsked = (part: string) => values.only === undefined || values.only === part;
  const load = loadavg()[0]!.toFixed(1);
  if (!existsSync(join(folder, "journal.sqlite"))) await write(folder, Number(values.entries));
  const rows: { [part: string]: Fold } = {};
  if (isAsked("trusted")) rows.trusted = foldApart(folder, false);
  if (isAsked("checked")) rows.checked = foldApart(folder, true);
  if (isAsked("restart")) rows.restart = await restart(folder);
  if (values.json) console.log(JSON.stringify({ ...rows, load }));
  else {
    console.table(rows);
    console.log(`load before: ${load}`);
  }
}

if (values.fold !== undefined) {
  console.log(JSON.stringify(await foldHere(values.fold, values.check)));
} else if (values.folder !== undefined) {
  await measure(values.folder);
} else {
  const folder = mkdtempSync(join(tmpdir(), "writ-refold-"));
  try {
    await measure(join(folder, "server"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
