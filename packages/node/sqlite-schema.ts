/** The journal's SQLite file: its tables, and how a writer must have opened it. */
import type { DatabaseSync } from "node:sqlite";
import { assert } from "@writ/core/encoding";
import { leafIndexSchema } from "./leaf-index.ts";

const schemaVersion = 1;

/** How long a writer waits for another process that holds the file: far over one commit. */
export const busyMillisecondsMax = 10_000;
/**
 * Entries of 1 KiB and more fill it better than SQLite's own 4096, and a commit has fewer pages.
 */
export const pageBytes = 8192;

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

/** Makes the tables, if need be, and sees to it that each commit is on disk when it returns. */
export function prepareDatabase(database: DatabaseSync): void {
  // Counts for a file that is made now; one that is there keeps its own.
  database.exec(`PRAGMA page_size = ${pageBytes}`);
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

/** Runs `work` in one write transaction; commits it durably, or leaves nothing of it. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
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
