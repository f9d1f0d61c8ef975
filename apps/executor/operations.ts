/**
 * The operation journal: what this executor set out to do on its host, on disk before it does it.
 * After a crash at any instant it says whether an effect may have begun; what came of it is read
 * from the place itself. One process holds it at a time: the lock is the kernel's and ends with it.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import {
  assert,
  type Digest,
  digestOf,
  encodeCanonical,
  type Refused,
  refused,
  type StepPhase,
} from "@writ/core";

const schemaVersion = 1;

const schema = `
  CREATE TABLE operation (
    key TEXT PRIMARY KEY,
    writ TEXT NOT NULL,
    step INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('intent', 'effect', 'outcome')),
    memory TEXT,
    outcome TEXT CHECK (outcome IN ('done', 'failed')),
    detail TEXT,
    at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE said (
    digest TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    writ TEXT NOT NULL,
    step INTEGER NOT NULL,
    phase TEXT NOT NULL,
    bytes BLOB NOT NULL,
    fate TEXT NOT NULL CHECK (fate IN ('waiting', 'refused', 'read'))
  ) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

/** One step of one writ: what an effect is done at most once for. */
export type StepName = { readonly writ: Digest; readonly step: number };

export type Operation = StepName & {
  /** `intent`: signed, nothing begun. `effect`: it may have happened. `outcome`: it was read. */
  readonly phase: "intent" | "effect" | "outcome";
  /** What the driver kept of the place before the effect. */
  readonly memory: string | undefined;
  readonly outcome: "done" | "failed" | undefined;
  readonly detail: string;
};

/** An entry that this executor signed. */
export type Said = StepName & {
  readonly digest: Digest;
  readonly sequence: number;
  readonly phase: StepPhase;
  readonly bytes: Uint8Array;
};

export type Operations = {
  get(name: StepName): Operation | undefined;
  /** Keeps an entry that was signed, before it is sent; an intent opens its operation. */
  say(said: Said, at: string): void;
  /** The entry that was signed last and that the verified journal does not hold yet. */
  waiting(): Said | undefined;
  /** The verified journal holds this entry. Answers whether it was signed here. */
  markRead(digest: Digest): boolean;
  /** The server refused this entry. An intent that was refused leaves no operation. */
  markRefused(said: Said): void;
  /** From here on the effect may have happened. Durable when this returns. */
  begin(name: StepName, memory: string, at: string): void;
  /** What came of it, as it was read. */
  end(
    name: StepName,
    outcome: { readonly outcome: "done" | "failed"; readonly detail: string },
  ): void;
  close(): void;
};

/** Opens the operation journal. Refuses `unavailable` if another executor process holds it. */
export function openOperations(path: string): Operations | Refused {
  // SQLite would make the file readable by the group; what is done on a host is not for all to see.
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    prepare(database);
  } catch (error) {
    database.close();
    if (!/locked|busy/.test((error as Error).message)) throw error;
    return refused("unavailable", "another executor works from this folder");
  }
  return statements(database);
}

function prepare(database: DatabaseSync): void {
  // Exclusive, so that two executors of one folder can never both act: the second cannot open it.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const mode = database.prepare("PRAGMA journal_mode = WAL").get();
  assert(mode?.journal_mode === "wal", "SQLite keeps a write-ahead log here");
  database.exec("PRAGMA synchronous = FULL");
  const synchronous = database.prepare("PRAGMA synchronous").get();
  assert(synchronous?.synchronous === 2, "SQLite syncs each commit");
  database.exec("BEGIN IMMEDIATE");
  const version = database.prepare("PRAGMA user_version").get()?.user_version;
  if (version === 0) database.exec(schema);
  database.exec("COMMIT");
  if (version !== 0 && version !== schemaVersion) {
    throw new Error(`operations.sqlite has schema ${version}; this Writ knows ${schemaVersion}`);
  }
}

function statements(database: DatabaseSync): Operations {
  const find = database.prepare("SELECT * FROM operation WHERE key = ?");
  const open = database.prepare(
    `INSERT INTO operation (key, writ, step, phase, at) VALUES (?, ?, ?, 'intent', ?)
     ON CONFLICT (key) DO NOTHING`,
  );
  const drop = database.prepare("DELETE FROM operation WHERE key = ? AND phase = 'intent'");
  const begin = database.prepare(
    `INSERT INTO operation (key, writ, step, phase, memory, at)
       VALUES (:key, :writ, :step, 'effect', :memory, :at)
     ON CONFLICT (key) DO UPDATE SET phase = 'effect', memory = :memory WHERE phase = 'intent'`,
  );
  const end = database.prepare(
    `UPDATE operation SET phase = 'outcome', outcome = :outcome, detail = :detail
     WHERE key = :key AND phase <> 'outcome'`,
  );
  const keep = database.prepare(
    `INSERT INTO said (digest, sequence, writ, step, phase, bytes, fate)
     VALUES (?, ?, ?, ?, ?, ?, 'waiting')`,
  );
  const next = database.prepare(
    "SELECT * FROM said WHERE fate = 'waiting' ORDER BY sequence LIMIT 1",
  );
  const fate = database.prepare("UPDATE said SET fate = ? WHERE digest = ?");
  return {
    get: (name) => {
      const row = find.get(keyOf(name));
      return row === undefined ? undefined : asOperation(name, row);
    },
    say: ({ digest, sequence, writ, step, phase, bytes }, at) =>
      transaction(database, () => {
        keep.run(digest, sequence, writ, step, phase, bytes);
        if (phase === "intent") open.run(keyOf({ writ, step }), writ, step, at);
      }),
    waiting: () => {
      const row = next.get();
      return row === undefined ? undefined : asSaid(row);
    },
    markRead: (digest) => fate.run("read", digest).changes === 1,
    markRefused: (said) =>
      transaction(database, () => {
        fate.run("refused", said.digest);
        if (said.phase === "intent") drop.run(keyOf(said));
      }),
    begin: ({ writ, step }, memory, at) => {
      begin.run({ key: keyOf({ writ, step }), writ, step, memory, at });
    },
    end: (name, { outcome, detail }) => {
      end.run({ key: keyOf(name), outcome, detail });
    },
    close: () => database.close(),
  };
}

/** The idempotency key of a step. */
function keyOf({ writ, step }: StepName): Digest {
  return digestOf(encodeCanonical({ writ, step }));
}

type Row = { readonly [column: string]: unknown };

function asOperation({ writ, step }: StepName, row: Row): Operation {
  return {
    writ,
    step,
    phase: row.phase as Operation["phase"],
    memory: (row.memory as string | null) ?? undefined,
    outcome: (row.outcome as Operation["outcome"] | null) ?? undefined,
    detail: (row.detail as string | null) ?? "",
  };
}

function asSaid(row: Row): Said {
  return {
    digest: row.digest as Digest,
    sequence: row.sequence as number,
    writ: row.writ as Digest,
    step: row.step as number,
    phase: row.phase as StepPhase,
    bytes: row.bytes as Uint8Array,
  };
}

function transaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
