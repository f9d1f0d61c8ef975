/**
 * The journal's store in one SQLite file, blobs in a folder beside it: the default, on one machine.
 * Write-ahead log with `synchronous=FULL`: a commit returns after its fsync, never before. A thread
 * writes, and this one reads by a connection of its own: neither waits for the other.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { assert, tileWidth } from "@writ/core";
import { openBlobFolder } from "./blob-folder.ts";
import type { Clock } from "./clock.ts";
import {
  type BlobStore,
  type JournalStore,
  pageEntriesMax,
  projectionBytesMax,
  type StoredEntry,
} from "./journal-store.ts";
import { buffersOf, joined, packBatch } from "./packed-batch.ts";
import { busyMillisecondsMax } from "./sqlite-schema.ts";
import { SqliteThread } from "./sqlite-thread.ts";

/** Opens (and makes, if need be) the store in a folder: `journal.sqlite` and `blobs/`. */
export async function openSqliteStore(folder: string, clock: Clock): Promise<JournalStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const blobs = await openBlobFolder(join(folder, "blobs"), clock);
  const file = join(folder, "journal.sqlite");
  const thread = await SqliteThread.open(file);
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: busyMillisecondsMax });
    return {
      ...blobs,
      ...writesOf(thread),
      ...readsOf(database),
      close: async () => {
        // The thread goes last: who closes a file last must be able to tidy it up.
        database.close();
        await thread.close();
      },
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}

type Reads = Pick<
  JournalStore,
  "size" | "readPage" | "readHashes" | "getProjection" | "latestCheckpoint"
>;
type Writes = Omit<JournalStore, keyof Reads | keyof BlobStore | "close">;

function writesOf(thread: SqliteThread): Writes {
  return {
    append: async (batch) => {
      const packed = packBatch(batch);
      return thread.call("append", [packed], buffersOf(packed));
    },
    // It asks the thread, which has the newest part of the index in its memory.
    indexesOf: async (leafHashes) => {
      const packed = joined(leafHashes);
      return thread.call("indexesOf", [packed], [packed.buffer]);
    },
    putProjection: async (name, { size, bytes }) => {
      assert(bytes.length <= projectionBytesMax, "a projection fits a row");
      const copy = joined([bytes]);
      await thread.call("putProjection", [name, { size, bytes: copy }], [copy.buffer]);
    },
    dropProjections: () => thread.call("dropProjections", []),
    publishCheckpoint: ({ size, text }) => thread.call("publishCheckpoint", [{ size, text }]),
  };
}

function readsOf(database: DatabaseSync): Reads {
  const last = database.prepare("SELECT max(position) AS last FROM entry");
  const page = database.prepare(
    `SELECT position, leaf_hash, bytes FROM entry
     WHERE position >= ? AND position < ? ORDER BY position LIMIT ${pageEntriesMax}`,
  );
  const leaves = database.prepare(
    "SELECT leaf_hash AS hash FROM entry WHERE position >= ? AND position < ? ORDER BY position",
  );
  const roots = database.prepare(
    `SELECT hash FROM tile_root
     WHERE level = ? AND position >= ? AND position < ? ORDER BY position`,
  );
  const projection = database.prepare("SELECT size, bytes FROM projection WHERE name = ?");
  const checkpoint = database.prepare("SELECT size, text FROM checkpoint");
  return {
    size: async () => Number(last.get()?.last ?? -1) + 1,
    readPage: async (from, to) => {
      assert(from < to, "a page holds at least one entry");
      return page.all(from, to).map((row, at): StoredEntry => {
        assert(row.position === from + at, `entry ${from + at} is in its place`);
        return { leafHash: row.leaf_hash as Uint8Array, bytes: row.bytes as Uint8Array };
      });
    },
    readHashes: async (level, from, to) => {
      assert(from <= to && to - from <= tileWidth, "hashes are read by the tile");
      const rows = level === 0 ? leaves.all(from, to) : roots.all(level, from, to);
      assert(rows.length === to - from, `nodes ${from} to ${to} of level ${level} are all there`);
      return Buffer.concat(rows.map((row) => row.hash as Uint8Array));
    },
    getProjection: async (name) => {
      const row = projection.get(name);
      return row && { size: row.size as number, bytes: row.bytes as Uint8Array };
    },
    latestCheckpoint: async () => {
      const row = checkpoint.get();
      return row && { size: row.size as number, text: row.text as string };
    },
  };
}
