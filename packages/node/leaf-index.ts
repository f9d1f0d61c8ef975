/**
 * Where each entry stands in SQLite, by its leaf hash. Leaf hashes are random: an index kept entry by
 * entry would write a page for every entry of 1 KiB, and did, at three times the cost of the
 * entries. So the newest entries are indexed in memory, and go into the table a run at a time, in
 * order, some with each batch: neighbours share their pages. What is only in memory is read again
 * from the entries when the store is opened.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "@writ/core/encoding";
import type { LeafKey } from "./leaf-hash.ts";

/** Entries of one run: some 6 MB in memory, of which two may be there. */
export const runEntriesMin = 32_768;
/** As many as twice a batch are merged with it, so that a run is done before the next one is full. */
const mergedPerEntry = 2;

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

/** Entries that are not in the table. */
class Run {
  readonly positions = new Map<LeafKey, number>();
  /** Keys by their first byte: sorted one by one when they are merged, no one waits for a sort. */
  readonly #buckets: LeafKey[][] = Array.from({ length: 256 }, () => []);
  #bucketsTaken = 0;

  add(key: LeafKey, position: number): void {
    this.positions.set(key, position);
    this.#buckets[key.charCodeAt(0)]!.push(key);
  }

  /** The next keys in order, some hundred of them; none at the end. */
  take(): readonly LeafKey[] | undefined {
    const bucket = this.#buckets[this.#bucketsTaken];
    this.#bucketsTaken += 1;
    return bucket?.sort();
  }
}

export class LeafIndex {
  readonly #runEntries: number;
  readonly #mergedSize: StatementSync;
  readonly #leafHashes: StatementSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #merged: StatementSync;
  /** Entries that are in neither the table nor the run that is being merged. */
  #recent = new Run();
  /** The run that is being merged, and how many entries are in the table when it is done. */
  #merging: { readonly run: Run; readonly size: number } | undefined;
  /** Entries that are in the table, in a run or recent. */
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
  find(keys: readonly LeafKey[], size: number): (number | undefined)[] {
    this.#follow(size);
    const merged = new Map<LeafKey, number>();
    for (const row of this.#find.iterate(JSON.stringify(keys.map(prefixOf)))) {
      merged.set(keyOf(row.leaf_hash as Uint8Array), row.position as number);
    }
    const recent = this.#recent.positions;
    const merging = this.#merging?.run.positions;
    return keys.map((key) => recent.get(key) ?? merging?.get(key) ?? merged.get(key));
  }

  /** Takes in a batch, from `position` on, within its transaction. */
  add(keys: readonly LeafKey[], position: number): void {
    this.#follow(position);
    const { positions } = this.#recent;
    const countAfter = positions.size + keys.length;
    for (const [i, key] of keys.entries()) this.#recent.add(key, position + i);
    assert(positions.size === countAfter, "an entry is in the journal once");
    this.#size = position + keys.length;
    this.#merge(keys.length * mergedPerEntry);
  }

  /** The transaction was taken back, and what is in memory with it: it is read again when needed. */
  forget(): void {
    this.#recent = new Run();
    this.#merging = undefined;
    this.#size = undefined;
  }

  /** Brings `count` entries into the table, and as many more as keep them in order. */
  #merge(count: number): void {
    if (this.#merging === undefined && this.#recent.positions.size >= this.#runEntries) {
      this.#merging = { run: this.#recent, size: this.#size! };
      this.#recent = new Run();
    }
    if (this.#merging === undefined) return;
    const { run, size } = this.#merging;
    for (let done = 0; done < count; ) {
      const keys = run.take();
      if (keys === undefined) {
        this.#merged.run(size);
        this.#merging = undefined;
        return;
      }
      for (const key of keys) this.#insert.run(prefixOf(key), run.positions.get(key)!);
      done += keys.length;
    }
  }

  /** Reads the leaf hashes that memory lacks: after opening, and after another process wrote. */
  #follow(size: number): void {
    this.#size ??= this.#mergedSize.get()?.size as number;
    if (this.#size >= size) return;
    for (const row of this.#leafHashes.iterate(this.#size, size)) {
      this.#recent.add(keyOf(row.leaf_hash as Uint8Array), row.position as number);
    }
    this.#size = size;
  }
}

function keyOf(leafHash: Uint8Array): LeafKey {
  return Buffer.from(leafHash.buffer, leafHash.byteOffset, leafHash.length).toString(
    "latin1",
  ) as LeafKey;
}

/** The first 48 bits: enough that others with the same are a rarity, and they are told apart. */
function prefixOf(key: LeafKey): number {
  let prefix = 0;
  for (let i = 0; i < 6; i += 1) prefix = prefix * 256 + key.charCodeAt(i);
  return prefix;
}
