/**
 * What was told to whom: a file of this app's own, so that after a kill nothing is told twice that
 * arrived, and everything is told that did not. A notice is sent again until the channel took it,
 * always under the same id.
 */
import { DatabaseSync } from "node:sqlite";
import { type Finding, isOpen } from "@writ/core/finding";
import type { Channel } from "./config.ts";
import { type Notice, noticeOf } from "./notice.ts";

/** A delivery that waits. */
export type Waiting = {
  readonly row: number;
  readonly channel: string;
  readonly notice: Notice;
  readonly attempts: number;
  readonly held: boolean;
};

type Standing = { state: "open" | "accepted" | "ended"; episode: number; finding: Finding };

const secondsFirst = 2;
const secondsMax = 900;
/** After two days of trying a notice is given up, and said so in the list. */
const attemptsMax = 200;
/** What was delivered stays in the list for so long. */
const keptMilliseconds = 7 * 86_400_000;

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS standing (
    about TEXT PRIMARY KEY, state TEXT NOT NULL, episode INTEGER NOT NULL, finding TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS delivery (
    row INTEGER PRIMARY KEY, channel TEXT NOT NULL, id TEXT NOT NULL, about TEXT NOT NULL,
    notice TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL,
    held INTEGER NOT NULL DEFAULT 0, sent INTEGER, problem TEXT, UNIQUE (channel, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS waiting ON delivery (sent, due);
`;

export class Ledger {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(schema);
  }

  close(): void {
    this.#database.close();
  }

  /** Notes which findings stand now; what began, ended or was accepted since is to be told. */
  note(findings: readonly Finding[], channels: readonly Channel[], time: number): void {
    const known = this.#standing();
    this.#whole(() => {
      const now = new Set<string>();
      for (const finding of findings) {
        now.add(finding.digest);
        const was = known.get(finding.digest);
        const state = isOpen(finding) ? "open" : "accepted";
        if (was?.state === state) continue;
        const episode = (was?.episode ?? 0) + Number(state === "open");
        this.#keep(finding.digest, { state, episode, finding });
        if (state === "open" || was?.state === "open") {
          const told = state === "open" ? "opened" : "accepted";
          this.#enqueue(noticeOf(told, finding, { episode, time }), channels);
        }
      }
      for (const [about, { state, episode, finding }] of known) {
        if (now.has(about) || state === "ended") continue;
        this.#keep(about, { state: "ended", episode, finding });
        if (state === "open")
          this.#enqueue(noticeOf("ended", finding, { episode, time }), channels);
      }
      this.#database.prepare("DELETE FROM delivery WHERE sent < ?").run(time - keptMilliseconds);
    });
  }

  /** Puts a notice of its own in the way of every channel. */
  tell(notice: Notice, channels: readonly Channel[]): void {
    this.#whole(() => this.#enqueue(notice, channels));
  }

  /** Whether the journal's doubt was told last, and not its end. */
  get doubted(): boolean {
    const row = this.#database
      .prepare("SELECT notice FROM delivery WHERE about = 'journal' ORDER BY row DESC LIMIT 1")
      .get() as { notice: string } | undefined;
    return row !== undefined && (JSON.parse(row.notice) as Notice).told === "distrust";
  }

  /** Deliveries that are due, the oldest first; of one thing on one channel only the first. */
  due(now: number): readonly Waiting[] {
    const rows = this.#database
      .prepare(
        `SELECT row, channel, notice, attempts, held FROM delivery AS this
         WHERE sent IS NULL AND due <= ? AND attempts < ? AND NOT EXISTS (
           SELECT 1 FROM delivery AS other WHERE other.channel = this.channel
             AND other.about = this.about AND other.row < this.row AND other.sent IS NULL
             AND other.attempts < ? AND other.held = 0 AND this.held = 0
         ) ORDER BY row LIMIT 500`,
      )
      .all(now, attemptsMax, attemptsMax) as unknown as readonly WaitingRow[];
    return rows.map(({ row, channel, notice, attempts, held }) => {
      return { row, channel, notice: JSON.parse(notice) as Notice, attempts, held: held === 1 };
    });
  }

  /** Holds a delivery back until its channel's quiet hours are over. */
  hold(row: number): void {
    this.#database.prepare("UPDATE delivery SET held = 1 WHERE row = ?").run(row);
  }

  sent(rows: readonly number[], now: number): void {
    const update = this.#database.prepare(
      "UPDATE delivery SET sent = ?, problem = NULL WHERE row = ?",
    );
    this.#whole(() => {
      for (const row of rows) update.run(now, row);
    });
  }

  /** It did not arrive: it is tried again, later each time. */
  failed(rows: readonly number[], { now, problem }: { now: number; problem: string }): void {
    const update = this.#database.prepare(
      `UPDATE delivery SET attempts = attempts + 1, problem = ?,
         due = ? + 1000 * MIN(${secondsMax}, ${secondsFirst} * (1 << MIN(attempts, 10)))
       WHERE row = ?`,
    );
    this.#whole(() => {
      for (const row of rows) update.run(problem, now, row);
    });
  }

  /** All deliveries kept, the newest first. */
  list(): readonly Listed[] {
    const rows = this.#database
      .prepare(
        `SELECT channel, id, notice, attempts, due, held, sent, problem FROM delivery
         ORDER BY row DESC LIMIT 1000`,
      )
      .all() as unknown as readonly ListedRow[];
    return rows.map(({ channel, id, notice, attempts, due, held, sent, problem }) => ({
      channel,
      id,
      title: (JSON.parse(notice) as Notice).title,
      state:
        sent !== null
          ? "delivered"
          : attempts >= attemptsMax
            ? "given-up"
            : held === 1
              ? "held"
              : "waiting",
      attempts,
      ...(sent === null ? { due } : { delivered: sent }),
      ...(problem === null ? {} : { problem }),
    }));
  }

  #standing(): ReadonlyMap<string, Standing> {
    const rows = this.#database
      .prepare("SELECT about, state, episode, finding FROM standing")
      .all() as unknown as readonly (Omit<Standing, "finding"> & {
      about: string;
      finding: string;
    })[];
    return new Map(
      rows.map(({ about, state, episode, finding }) => [
        about,
        { state, episode, finding: JSON.parse(finding) as Finding },
      ]),
    );
  }

  #keep(about: string, { state, episode, finding }: Standing): void {
    this.#database
      .prepare(
        "INSERT OR REPLACE INTO standing (about, state, episode, finding) VALUES (?, ?, ?, ?)",
      )
      .run(about, state, episode, JSON.stringify(finding));
  }

  #enqueue(notice: Notice, channels: readonly Channel[]): void {
    const insert = this.#database.prepare(
      "INSERT OR IGNORE INTO delivery (channel, id, about, notice, due) VALUES (?, ?, ?, ?, ?)",
    );
    for (const { name, least } of channels) {
      if (!isLoud(notice) && weight[notice.severity] < weight[least]) continue;
      insert.run(name, notice.id, notice.about, JSON.stringify(notice), notice.time);
    }
  }

  #whole(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

const weight = { critical: 3, high: 2, medium: 1, low: 0 } as const;

/** True for what no quiet hour and no threshold silences. */
export function isLoud({ told, finding }: Notice): boolean {
  return told === "distrust" || told === "test" || finding?.rule === "defied";
}

type WaitingRow = {
  readonly row: number;
  readonly channel: string;
  readonly notice: string;
  readonly attempts: number;
  readonly held: number;
};

type ListedRow = WaitingRow & {
  readonly id: string;
  readonly due: number;
  readonly sent: number | null;
  readonly problem: string | null;
};

export type Listed = {
  readonly channel: string;
  readonly id: string;
  readonly title: string;
  readonly state: "delivered" | "waiting" | "held" | "given-up";
  readonly attempts: number;
  readonly due?: number;
  readonly delivered?: number;
  readonly problem?: string;
};
