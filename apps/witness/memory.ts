/**
 * What the witness remembers: of each log, the largest checkpoint that it cosigned. Losing it, or
 * going back to an older copy, would let a log show two histories.
 */
import { DatabaseSync } from "node:sqlite";
import { equalBytes, isRefused, type Refused, refused } from "@writ/core";

export type Remembered = {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** POSIX seconds of the latest cosignature. */
  readonly timestamp: number;
  /** The checkpoint with the log's signature and the witness's cosignature. */
  readonly note: Uint8Array;
};

/** The largest checkpoint of each log; `advance` is atomic and durable. */
export type Memory = {
  readonly latest: (origin: string) => Remembered | undefined;
  /** Writes `next` if the log's latest is still `before`; otherwise false, and nothing changes. */
  readonly advance: (origin: string, before: Remembered | undefined, next: Remembered) => boolean;
  readonly close: () => void;
};

const schemaVersion = 1;
/** Another process on the same folder commits within milliseconds. */
const busyMilliseconds = 5000;

/** Opens the database in that file, or makes it. */
export function openMemory(path: string): Memory | Refused {
  const database = new DatabaseSync(path, { timeout: busyMilliseconds });
  // A cosignature must not leave before what it says is on the disk: WAL, and a sync each commit.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const prepared = transaction(database, () => prepare(database));
  if (isRefused(prepared)) {
    database.close();
    return prepared;
  }
  const select = database.prepare(
    "SELECT size, root, timestamp, note FROM latest WHERE origin = ?",
  );
  const upsert = database.prepare(
    `INSERT INTO latest (origin, size, root, timestamp, note) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root,
       timestamp = max(timestamp, excluded.timestamp), note = excluded.note`,
  );
  const latest = (origin: string) => select.get(origin) as Remembered | undefined;
  return {
    latest,
    advance: (origin, before, next) =>
      transaction(database, () => {
        const now = latest(origin);
        if (now !== undefined || before !== undefined) {
          if (now?.size !== before?.size || !equalBytes(now!.root, before!.root)) return false;
        }
        upsert.run(origin, next.size, next.root, next.timestamp, next.note);
        return true;
      }),
    close: () => database.close(),
  };
}

function prepare(database: DatabaseSync): undefined | Refused {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as {
    user_version: number;
  };
  if (version === schemaVersion) return undefined;
  if (version !== 0) return refused("unknown-version", "the state is of another version of Writ");
  database.exec(`
    CREATE TABLE latest (
      origin TEXT PRIMARY KEY,
      size INTEGER NOT NULL CHECK (size >= 0),
      root BLOB NOT NULL CHECK (length(root) = 32),
      timestamp INTEGER NOT NULL,
      note BLOB NOT NULL
    ) STRICT;
    -- The database itself refuses to forget: no statement of any program makes a log smaller.
    CREATE TRIGGER never_smaller BEFORE UPDATE ON latest WHEN new.size < old.size
      BEGIN SELECT RAISE(ABORT, 'a log does not shrink'); END;
    CREATE TRIGGER never_forgotten BEFORE DELETE ON latest
      BEGIN SELECT RAISE(ABORT, 'a log is not forgotten'); END;
    PRAGMA user_version = ${schemaVersion};
  `);
  return undefined;
}

function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
