/**
 * What a run has found so far: a folder with one SQLite file. A rollout is there whole or not at
 * all, under a key that holds every condition, so that a run killed at any moment goes on.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Outcome, StudyRow } from "@writ/lab";
import type { Rollout } from "./rollout.ts";

export type Stored = {
  readonly key: string;
  readonly cell: string;
  readonly rollout: number;
  /** The profile of a positive control; null for the subject itself. */
  readonly control: string | null;
  readonly outcome: Outcome;
  readonly study: StudyRow | null;
  readonly ending: Rollout["ending"];
  readonly turns: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
};

const schema = `
  CREATE TABLE IF NOT EXISTS plan (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS rollouts (
    key TEXT PRIMARY KEY, cell TEXT NOT NULL, rollout INTEGER NOT NULL, control TEXT,
    outcome TEXT NOT NULL, study TEXT NOT NULL, ending TEXT NOT NULL, turns INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, transcript BLOB NOT NULL
  ) WITHOUT ROWID;
`;

export class Store {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #has: StatementSync;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Whoever looks on while it is being made is waited for.
    this.#database = new DatabaseSync(join(folder, "rollouts.sqlite"), { timeout: 60_000 });
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    this.#database.exec(schema);
    this.#insert = this.#database.prepare(
      "INSERT OR REPLACE INTO rollouts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#has = this.#database.prepare(
      "SELECT 1 FROM rollouts WHERE key = ? AND json_extract(outcome, '$.status') <> 'error'",
    );
  }

  /** The plan that the folder was begun with; keeps this one if there is none. */
  plan(json: string): string {
    this.#database.prepare("INSERT OR IGNORE INTO plan VALUES (1, ?)").run(json);
    return this.keptPlan() ?? json;
  }

  keptPlan(): string | undefined {
    const row = this.#database.prepare("SELECT json FROM plan").get();
    return row?.json as string | undefined;
  }

  /** True if there is a result. A failure of the provider is none: it is tried again. */
  has(key: string): boolean {
    return this.#has.get(key) !== undefined;
  }

  put(key: string, of: Pick<Stored, "cell" | "rollout" | "control">, result: Rollout): void {
    const { outcome, study, ending, turns, tokens, transcript } = result;
    this.#insert.run(
      key,
      of.cell,
      of.rollout,
      of.control,
      JSON.stringify(outcome),
      JSON.stringify(study),
      ending,
      turns,
      tokens.input,
      tokens.output,
      zstdCompressSync(JSON.stringify(transcript)),
    );
  }

  /** All rollouts in the order of their keys, without transcripts. */
  *all(): Generator<Stored> {
    const query = this.#database.prepare(
      "SELECT key, cell, rollout, control, outcome, study, ending, turns, tokens_in AS tokensIn, " +
        "tokens_out AS tokensOut FROM rollouts ORDER BY key",
    );
    for (const row of query.iterate()) {
      const outcome = JSON.parse(row.outcome as string) as Outcome;
      const study = JSON.parse(row.study as string) as StudyRow | null;
      yield { ...row, outcome, study } as unknown as Stored;
    }
  }

  /** The conversation of one rollout. */
  transcript(key: string): unknown {
    const row = this.#database.prepare("SELECT transcript FROM rollouts WHERE key = ?").get(key);
    if (row === undefined) return undefined;
    return JSON.parse(zstdDecompressSync(row.transcript as Uint8Array).toString("utf8"));
  }

  close(): void {
    this.#database.close();
  }
}
