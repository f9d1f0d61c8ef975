/**
 * Where each entry stands in SQLite, by its leaf hash. Leaf hashes are random: an index in their
 * order would write a page for every entry of 1 KiB, and did, at three times the cost of the
 * entries. So the newest entries are indexed in memory, and go into the file a run at a time,
 * packed and never touched again, at 12 bytes each. Filters in memory tell which runs need be
 * asked: for an entry that is new, hardly ever one. What is only in memory is read again when a
 * store is opened.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "@writ/core/encoding";
import { LeafFilter } from "./leaf-filter.ts";
import type { LeafKey } from "./leaf-hash.ts";

/**
 * Entries of one run: some 5 MB in memory, and a row of 1.5 KiB for each first byte in the file.
 */
export const runEntriesMin = 32_768;
/** Runs that share a filter: 2^20 entries. */
const runsPerFilter = 32;
/** A run's entries are kept by the first byte of their leaf hash. */
const bucketsPerRun = 256;
/** In a bucket: bytes 1 to 6 of the leaf hash, and the position in six bytes. */
const slotBytes = 12;

/** The runs (their number · 256 + bucket), and how many of the first entries are in them. */
export const leafIndexSchema = `
  CREATE TABLE leaf_run (
    id INTEGER PRIMARY KEY,
    slots BLOB NOT NULL
  ) STRICT;
  CREATE TABLE leaf_index (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    size INTEGER NOT NULL,
    runs INTEGER NOT NULL
  ) STRICT;
  INSERT INTO leaf_index VALUES (1, 0, 0);
`;

export class LeafIndex {
  readonly #runEntries: number;
  readonly #state: StatementSync;
  readonly #putState: StatementSync;
  readonly #leafHashes: StatementSync;
  readonly #leafHash: StatementSync;
  readonly #slots: StatementSync;
  readonly #slotsFrom: StatementSync;
  readonly #putSlots: StatementSync;
  /** One for each {@link runsPerFilter} runs. They may hold more than the runs do, never less. */
  readonly #filters: LeafFilter[] = [];
  #runsFiltered = 0;
  /** Positions of entries from `from` up to `to`; those before are in runs. */
  #recent = new Map<LeafKey, number>();
  #from: number | undefined;
  #to = 0;

  constructor(database: DatabaseSync, runEntries: number) {
    this.#runEntries = runEntries;
    this.#state = database.prepare("SELECT size, runs FROM leaf_index");
    this.#putState = database.prepare("UPDATE leaf_index SET size = ?, runs = ?");
    this.#leafHashes = database.prepare(
      `SELECT position, leaf_hash FROM entry
       WHERE position >= ? AND position < ? ORDER BY position`,
    );
    this.#leafHash = database.prepare("SELECT leaf_hash FROM entry WHERE position = ?");
    this.#slots = database.prepare("SELECT slots FROM leaf_run WHERE id = ?");
    this.#slotsFrom = database.prepare("SELECT id, slots FROM leaf_run WHERE id >= ?");
    this.#putSlots = database.prepare("INSERT INTO leaf_run VALUES (?, ?)");
  }

  /** Positions of entries, in a journal of `size` entries. */
  find(keys: readonly LeafKey[], size: number): (number | undefined)[] {
    this.#follow(size);
    return keys.map((key) => this.#recent.get(key) ?? this.#findInRuns(key));
  }

  /** Takes in a batch, from `position` on, within its transaction. */
  add(keys: readonly LeafKey[], position: number): void {
    this.#follow(position);
    for (const [i, key] of keys.entries()) this.#recent.set(key, position + i);
    this.#to = position + keys.length;
    assert(this.#recent.size === this.#to - this.#from!, "an entry is in the journal once");
    if (this.#recent.size >= this.#runEntries) this.#writeRun();
  }

  /**
   * The transaction was taken back, and what is in memory with it: it is read again when needed.
   */
  forget(): void {
    this.#recent = new Map();
    this.#from = undefined;
    // The last run may have been taken back, and another may come in its place.
    this.#runsFiltered = Math.max(0, this.#runsFiltered - 1);
  }

  #findInRuns(key: LeafKey): number | undefined {
    const [start, step] = [partOf(key, 1), partOf(key, 4)];
    for (const [i, filter] of this.#filters.entries()) {
      if (!filter.mayHold(start, step)) continue;
      const end = Math.min((i + 1) * runsPerFilter, this.#runsFiltered);
      for (let run = i * runsPerFilter; run < end; run += 1) {
        const position = this.#findInRun(key, run);
        if (position !== undefined) return position;
      }
    }
    return undefined;
  }

  #findInRun(key: LeafKey, run: number): number | undefined {
    const row = this.#slots.get(run * bucketsPerRun + key.charCodeAt(0));
    const slots = bufferOf(row?.slots as Uint8Array);
    const [start, step] = [partOf(key, 1), partOf(key, 4)];
    for (let at = 0; at < slots.length; at += slotBytes) {
      if (slots.readUIntBE(at, 3) !== start || slots.readUIntBE(at + 3, 3) !== step) continue;
      const position = slots.readUIntBE(at + 6, 6);
      // Seven bytes can be made to agree on purpose: only the whole hash tells.
      const leafHash = this.#leafHash.get(position)?.leaf_hash as Uint8Array;
      if (keyOf(leafHash) === key) return position;
    }
    return undefined;
  }

  /**
   * Makes a run of all that is recent. It is written with the batch that filled it, or not at all.
   */
  #writeRun(): void {
    // Another process may have written some of it in a run of its own: twice is as right as once.
    const { runs } = this.#state.get() as { runs: number };
    const buckets: LeafKey[][] = Array.from({ length: bucketsPerRun }, () => []);
    for (const key of this.#recent.keys()) buckets[key.charCodeAt(0)]!.push(key);
    for (const [bucket, keys] of buckets.entries()) {
      const slots = Buffer.alloc(keys.length * slotBytes);
      for (const [i, key] of keys.entries()) {
        slots.write(key.slice(1, 7), i * slotBytes, "latin1");
        slots.writeUIntBE(this.#recent.get(key)!, i * slotBytes + 6, 6);
      }
      this.#putSlots.run(runs * bucketsPerRun + bucket, slots);
      this.#filter(runs, slots);
    }
    this.#putState.run(this.#to, runs + 1);
    this.#runsFiltered = runs + 1;
    this.#from = this.#to;
    this.#recent = new Map();
  }

  #filter(run: number, slots: Buffer): void {
    const at = Math.floor(run / runsPerFilter);
    this.#filters[at] ??= new LeafFilter();
    for (let slot = 0; slot < slots.length; slot += slotBytes) {
      this.#filters[at].add(slots.readUIntBE(slot, 3), slots.readUIntBE(slot + 3, 3));
    }
  }

  /** Reads what memory lacks: after opening, and after another process wrote. */
  #follow(size: number): void {
    if (this.#from === undefined) {
      const state = this.#state.get() as { size: number; runs: number };
      for (const { id, slots } of this.#slotsFrom.iterate(this.#runsFiltered * bucketsPerRun)) {
        this.#filter(Math.floor((id as number) / bucketsPerRun), bufferOf(slots as Uint8Array));
      }
      this.#runsFiltered = state.runs;
      this.#from = state.size;
      this.#to = state.size;
    }
    if (this.#to >= size) return;
    for (const row of this.#leafHashes.iterate(this.#to, size)) {
      this.#recent.set(keyOf(row.leaf_hash as Uint8Array), row.position as number);
    }
    this.#to = size;
  }
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function keyOf(leafHash: Uint8Array): LeafKey {
  return bufferOf(leafHash).toString("latin1") as LeafKey;
}

/** Three bytes of a leaf hash. */
function partOf(key: LeafKey, at: number): number {
  return (key.charCodeAt(at) << 16) | (key.charCodeAt(at + 1) << 8) | key.charCodeAt(at + 2);
}
