/**
 * All that changes the journal's SQLite file, and the index that lives where it is written. It runs
 * in a thread of its own (`sqlite-thread.ts`): each call blocks, at times for an fsync.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Appended, Projection, PublishedCheckpoint } from "./journal-store.ts";
import type { LeafKey } from "./leaf-hash.ts";
import { LeafIndex, runEntriesMin } from "./leaf-index.ts";
import type { PackedBatch } from "./packed-batch.ts";
import { busyMillisecondsMax, pageBytes, prepareDatabase, transaction } from "./sqlite-schema.ts";

/**
 * What is written before the log is copied into the file: some twenty milliseconds in which those
 * who wait are stalled. Larger pieces cost a little less in all, and stall for longer.
 */
export const bytesPerCheckpoint = 512 * pageBytes;

/**
 * The leaf index of a million entries: probed at random, so that what is not here is read again.
 */
const cacheKibibytes = 32 * 1024;

/** The writing part of a `JournalStore`, as plain calls. Each that returns is on disk. */
export type SqliteWriter = {
  append(batch: PackedBatch): Appended;
  /** Where each entry stands: of leaf hashes, one after the other. */
  indexesOf(leafHashes: Uint8Array): (number | undefined)[];
  putProjection(name: string, projection: Projection): void;
  dropProjections(): void;
  publishCheckpoint(checkpoint: PublishedCheckpoint): boolean;
  /** Copies the log into the file if there is much of it: no one waits for the answer to this. */
  rest(): void;
  close(): void;
};

/** Opens (and makes, if need be) the file for writing. */
export function openSqliteWriter(file: string): SqliteWriter {
  const database = new DatabaseSync(file, { timeout: busyMillisecondsMax });
  try {
    prepareDatabase(database);
    // By `rest`, after the answer, and not by SQLite within the commit that happens to be next.
    database.exec("PRAGMA wal_autocheckpoint = 0");
    database.exec(`PRAGMA cache_size = -${cacheKibibytes}`);
    return writerOf(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function writerOf(database: DatabaseSync): SqliteWriter {
  const last = database.prepare("SELECT max(position) AS last FROM entry");
  const size = () => Number(last.get()?.last ?? -1) + 1;
  const index = new LeafIndex(database, runEntriesMin);
  const append = appender(database, { size, index });
  let bytesInLog = 0;
  const putProjection = database.prepare("INSERT OR REPLACE INTO projection VALUES (?, ?, ?)");
  // The journal's size is compared too: what the world is shown must be on disk first.
  const putCheckpoint: StatementSync = database.prepare(
    `INSERT INTO checkpoint (single, size, text)
       SELECT 1, :size, :text WHERE :size <= (SELECT coalesce(max(position), -1) + 1 FROM entry)
     ON CONFLICT (single) DO UPDATE SET size = excluded.size, text = excluded.text
       WHERE excluded.size >= checkpoint.size`,
  );
  return {
    append: (batch) => {
      // Pages are logged whole: at least one for a batch, however small.
      bytesInLog += pageBytes + batch.bytes.length;
      return append(batch);
    },
    indexesOf: (leafHashes) => index.find(keysOf(leafHashes), size()),
    putProjection: (name, { size, bytes }) => {
      bytesInLog += pageBytes + bytes.length;
      putProjection.run(name, size, bytes);
    },
    dropProjections: () => database.exec("DELETE FROM projection"),
    publishCheckpoint: ({ size, text }) => {
      bytesInLog += pageBytes;
      return putCheckpoint.run({ size, text }).changes === 1;
    },
    rest: () => {
      if (bytesInLog < bytesPerCheckpoint) return;
      bytesInLog = 0;
      // What cannot be copied now stays in the log, where it is as durable, until the next time.
      try {
        database.exec("PRAGMA wal_checkpoint(PASSIVE)");
      } catch {}
    },
    close: () => database.close(),
  };
}

type Kept = { readonly size: () => number; readonly index: LeafIndex };

function appender(database: DatabaseSync, { size, index }: Kept): (batch: PackedBatch) => Appended {
  const insertEntry = database.prepare(
    "INSERT INTO entry (position, leaf_hash, bytes) VALUES (?, ?, ?)",
  );
  const insertRoot = database.prepare(
    "INSERT INTO tile_root (level, position, hash) VALUES (?, ?, ?)",
  );
  const insertBatch = (batch: PackedBatch): Appended => {
    const { expectedSize, lengths, leafHashes, bytes, tileRoots } = batch;
    const current = size();
    if (current !== expectedSize) return { behind: current };
    let from = 0;
    for (const [i, length] of lengths.entries()) {
      const leafHash = leafHashes.subarray(i * 32, i * 32 + 32);
      insertEntry.run(expectedSize + i, leafHash, bytes.subarray(from, from + length));
      from += length;
    }
    for (const { level, index, hash } of tileRoots) insertRoot.run(level, index, hash);
    index.add(keysOf(leafHashes), expectedSize);
    return { appended: true };
  };
  return (batch) => {
    try {
      return transaction(database, () => insertBatch(batch));
    } catch (error) {
      index.forget();
      throw error;
    }
  };
}

function keysOf(leafHashes: Uint8Array): LeafKey[] {
  const { buffer, byteOffset, length } = leafHashes;
  const bytes = Buffer.from(buffer, byteOffset, length);
  return Array.from(
    { length: length / 32 },
    (_, i) => bytes.toString("latin1", i * 32, i * 32 + 32) as LeafKey,
  );
}
