/**
 * The journal's store in one SQLite file, blobs in a folder beside it: the default, on one machine.
 * Write-ahead log with `synchronous=FULL`: a commit returns after its fsync, never before.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert, tileWidth } from "@writ/core";
import { openBlobFolder } from "./blob-folder.ts";
import type { Clock } from "./clock.ts";
import {
  type Appended,
  type Batch,
  type JournalStore,
  pageEntriesMax,
  projectionBytesMax,
  type StoredEntry,
} from "./journal-store.ts";
import { LeafIndex, leafIndexSchema, runEntriesMin } from "./leaf-index.ts";

const schemaVersion = 1;

// In `entry` the hash stands before the bytes: SQLite reads a row from its start, so that serving
// a tile of leaf hashes does not touch the entries.
const schema = `
  CREATE TABLE entry (
    position INTEGER PRIMARY KEY,
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    bytes BLOB NOT NULL CHECK (length(bytes) BETWEEN 1 AND 65535)
  ) STRICT;
  ${leafIndexSchema}
  CREATE TABLE tile_root (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE projection (
    name TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    bytes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE checkpoint (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    size INTEGER NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

/** How long a writer waits for another process that holds the file: far over one commit. */
const busyMillisecondsMax = 10_000;
/** Opens (and makes, if need be) the store in a folder: `journal.sqlite` and `blobs/`. */
export async function openSqliteStore(folder: string, clock: Clock): Promise<JournalStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const blobs = await openBlobFolder(join(folder, "blobs"), clock);
  const database = new DatabaseSync(join(folder, "journal.sqlite"), {
    timeout: busyMillisecondsMax,
  });
  try {
    prepareDatabase(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return { ...blobs, ...entriesOf(database), ...valuesOf(database) };
}

function prepareDatabase(database: DatabaseSync): void {
  const journalMode = database.prepare("PRAGMA journal_mode = WAL").get();
  assert(journalMode?.journal_mode === "wal", "SQLite keeps a write-ahead log here");
  database.exec("PRAGMA synchronous = FULL");
  // Read back: a build of SQLite may ignore a pragma without a word.
  const synchronous = database.prepare("PRAGMA synchronous").get();
  assert(synchronous?.synchronous === 2, "SQLite syncs each commit");
  transaction(database, () => {
    const version = database.prepare("PRAGMA user_version").get()?.user_version;
    if (version === 0) database.exec(schema);
    else if (version !== schemaVersion) {
      throw new Error(`journal.sqlite has schema ${version}; this Writ knows ${schemaVersion}`);
    }
  });
}

type Entries = Pick<JournalStore, "size" | "append" | "indexesOf" | "readPage" | "readHashes">;

function entriesOf(database: DatabaseSync): Entries {
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
  const size = () => Number(last.get()?.last ?? -1) + 1;
  const index = new LeafIndex(database, runEntriesMin);
  const append = appender(database, { size, index });
  return {
    size: async () => size(),
    append: async (batch) => append(batch),
    indexesOf: async (leafHashes) => index.find(leafHashes, size()),
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
  };
}

type Kept = { readonly size: () => number; readonly index: LeafIndex };

function appender(database: DatabaseSync, { size, index }: Kept): (batch: Batch) => Appended {
  const insertEntry = database.prepare(
    "INSERT INTO entry (position, leaf_hash, bytes) VALUES (?, ?, ?)",
  );
  const insertRoot = database.prepare(
    "INSERT INTO tile_root (level, position, hash) VALUES (?, ?, ?)",
  );
  const insertBatch = ({ expectedSize, entries, tileRoots }: Batch): Appended => {
    const current = size();
    if (current !== expectedSize) return { behind: current };
    let position = expectedSize;
    for (const { leafHash, bytes } of entries) {
      insertEntry.run(position, leafHash, bytes);
      position += 1;
    }
    for (const { level, index, hash } of tileRoots) insertRoot.run(level, index, hash);
    index.add(entries, expectedSize);
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

type Values = Omit<JournalStore, keyof Entries | "putBlob" | "getBlob" | "hasBlob">;

function valuesOf(database: DatabaseSync): Values {
  const getProjection = database.prepare("SELECT size, bytes FROM projection WHERE name = ?");
  const putProjection = database.prepare("INSERT OR REPLACE INTO projection VALUES (?, ?, ?)");
  const getCheckpoint = database.prepare("SELECT size, text FROM checkpoint");
  // The journal's size is compared too: what the world is shown must be on disk first.
  const putCheckpoint: StatementSync = database.prepare(
    `INSERT INTO checkpoint (single, size, text)
       SELECT 1, :size, :text WHERE :size <= (SELECT coalesce(max(position), -1) + 1 FROM entry)
     ON CONFLICT (single) DO UPDATE SET size = excluded.size, text = excluded.text
       WHERE excluded.size >= checkpoint.size`,
  );
  return {
    getProjection: async (name) => {
      const row = getProjection.get(name);
      return row && { size: row.size as number, bytes: row.bytes as Uint8Array };
    },
    putProjection: async (name, { size, bytes }) => {
      assert(bytes.length <= projectionBytesMax, "a projection fits a row");
      putProjection.run(name, size, bytes);
    },
    dropProjections: async () => database.exec("DELETE FROM projection"),
    latestCheckpoint: async () => {
      const row = getCheckpoint.get();
      return row && { size: row.size as number, text: row.text as string };
    },
    publishCheckpoint: async ({ size, text }) => putCheckpoint.run({ size, text }).changes === 1,
    close: async () => database.close(),
  };
}

/** Runs `work` in one write transaction; commits it durably, or leaves nothing of it. */
function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
