/**
 * Where each entry stands in SQLite, by its leaf hash. Leaf hashes are random: an index kept entry by
 * entry would write a page of 4 KiB for every entry of 1 KiB, and did, at three times the cost of
 * the entries. So the newest entries are indexed in memory, and go into the table a run at a time,
 * sorted, a slice with each batch: neighbours share their pages. What is only in memory is read
 * again from the entries when the store is opened.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "@writ/core";
import type { StoredEntry } from "./journal-store.ts";

/** Entries of one run: some 8 MB in memory, of which two may be there. */
export const runEntriesMin = 32_768;
/** A slice is twice its batch, so that a run is merged before the next one is full. */
const slicePerEntry = 2;

/** The table, and how many of the first entries are all in it. */
export const leafIndexSchema = `
  CREATE TABLE leaf_index (
    prefix INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (prefix, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE leaf_index_size (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    size INTEGER NOT NULL
  ) STRICT;
  INSERT INTO leaf_index_size VALUES (1, 0);
`;

type Run = {
  readonly positions: ReadonlyMap<string, number>;
  /** Prefix and position, by prefix. */
  readonly sorted: readonly (readonly [number, number])[];
  readonly to: number;
  done: number;
};

export class LeafIndex {
  readonly #runEntries: number;
  readonly #mergedSize: StatementSync;
  readonly #leafHashes: StatementSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #merged: StatementSync;
  /** Positions of entries that are in neither the table nor a run, by leaf hash. */
  #recent = new Map<string, number>();
  #run: Run | undefined;
  /** Entries that are in the table, in the run or recent. */
  #size: number | undefined;

  constructor(database: DatabaseSync, runEntries: number) {
    this.#runEntries = runEntries;
    this.#mergedSize = database.prepare("SELECT size FROM leaf_index_size");
    this.#leafHashes = database.prepare(
      `SELECT position, leaf_hash FROM entry
       WHERE position >= ? AND position < ? ORDER BY position`,
    );
    // All of a batch in one statement: most of the cost of a probe is the call.
    this.#find = database.prepare(
      `SELECT leaf_hash, entry.position FROM json_each(?) AS asked
       CROSS JOIN leaf_index ON prefix = asked.value
       CROSS JOIN entry ON entry.position = leaf_index.position`,
    );
    this.#insert = database.prepare("INSERT OR IGNORE INTO leaf_index VALUES (?, ?)");
    this.#merged = database.prepare("UPDATE leaf_index_size SET size = max(size, ?)");
  }

  /** Positions of entries, in a journal of `size` entries. */
  find(leafHashes: readonly Uint8Array[], size: number): (number | undefined)[] {
    this.#follow(size);
    const keys = leafHashes.map(keyOf);
    const merged = new Map<string, number>();
    for (const row of this.#find.iterate(JSON.stringify(keys.map(prefixOf)))) {
      merged.set(keyOf(row.leaf_hash as Uint8Array), row.position as number);
    }
    return keys.map(
      (key) => this.#recent.get(key) ?? this.#run?.positions.get(key) ?? merged.get(key),
    );
  }

  /** Takes in a batch, from `position` on, within its transaction. */
  add(entries: readonly StoredEntry[], position: number): void {
    this.#follow(position);
    for (const [i, { leafHash }] of entries.entries()) {
      const key = keyOf(leafHash);
      assert(!this.#recent.has(key), "an entry is in the journal once");
      this.#recent.set(key, position + i);
    }
    this.#size = position + entries.length;
    this.#merge(entries.length * slicePerEntry);
  }

  /** The transaction was taken back, and what is in memory with it: it is read again when needed. */
  forget(): void {
    this.#recent = new Map();
    this.#run = undefined;
    this.#size = undefined;
  }

  #merge(count: number): void {
    if (this.#run === undefined && this.#recent.size >= this.#runEntries) {
      const sorted = [...this.#recent].map(([key, at]) => [prefixOf(key), at] as const);
      sorted.sort(([a], [b]) => a - b);
      this.#run = { positions: this.#recent, sorted, to: this.#size!, done: 0 };
      this.#recent = new Map();
    }
    const run = this.#run;
    if (run === undefined) return;
    const slice = run.sorted.slice(run.done, run.done + count);
    for (const [prefix, position] of slice) this.#insert.run(prefix, position);
    run.done += slice.length;
    if (run.done < run.sorted.length) return;
    this.#merged.run(run.to);
    this.#run = undefined;
  }

  /** Reads the leaf hashes that memory lacks: after opening, and after another process wrote. */
  #follow(size: number): void {
    this.#size ??= this.#mergedSize.get()?.size as number;
    if (this.#size >= size) return;
    for (const row of this.#leafHashes.iterate(this.#size, size)) {
      this.#recent.set(keyOf(row.leaf_hash as Uint8Array), row.position as number);
    }
    this.#size = size;
  }
}

function keyOf(leafHash: Uint8Array): string {
  return Buffer.from(leafHash.buffer, leafHash.byteOffset, leafHash.length).toString("latin1");
}

/** The first 48 bits: enough that others with the same are a rarity, and they are told apart. */
function prefixOf(key: string): number {
  let prefix = 0;
  for (let i = 0; i < 6; i += 1) prefix = prefix * 256 + key.charCodeAt(i);
  return prefix;
}
