/** Real kills with SIGKILL, at random moments: nothing acknowledged may be lost or doubled. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isRefused } from "@writ/core";
import pg from "pg";
import type { JournalStore } from "./journal-store.ts";
import { freshFolder } from "./testing/folder.ts";
import { checkedTexts } from "./testing/journal-check.ts";
import { startPostgres } from "./testing/postgres.ts";
import { nthEntry, openStore } from "./testing/writer.ts";

const rounds = process.env.SLOW ? 200 : 15;
const serverRounds = process.env.SLOW ? 30 : 2;
/** A store that is checked in full after each round is replaced before that takes long. */
const roundsPerStore = 20;

/** Who dies while the writer appends; the writer always does in the end. */
type Victim = (place: string) => Promise<void>;

class Rounds {
  readonly #kind: string;
  readonly #place: string;
  readonly acknowledged = new Map<number, number>();

  constructor(kind: string, place: string) {
    this.#kind = kind;
    this.#place = place;
  }

  /** Lets a writer append, kills it (and before that the victim, if any), and checks the store. */
  async run(victim?: Victim): Promise<void> {
    const writer = spawn(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      join(import.meta.dirname, "testing", "writer.ts"),
      this.#kind,
      this.#place,
      // From the first without an answer: some of these are in the journal all the same.
      String(this.#firstUnacknowledged()),
    ]);
    try {
      await this.#check(await this.#outputUntilKilled(writer, victim));
    } finally {
      // Whatever failed, nothing goes on appending behind the next test.
      writer.kill("SIGKILL");
    }
  }

  async #outputUntilKilled(writer: ChildProcess, victim?: Victim): Promise<string> {
    const output = collect(writer);
    await sleep(50);
    while (output.text === "" && writer.exitCode === null) await sleep(1);
    await sleep(Math.random() * 120);
    if (victim !== undefined) {
      await victim(this.#place);
      const before = output.text.length;
      while (output.text.length === before && writer.exitCode === null) await sleep(5);
      await sleep(Math.random() * 50);
    }
    assert.equal(writer.exitCode, null, `the writer ended by itself: ${output.errors}`);
    writer.kill("SIGKILL");
    await once(writer, "close");
    return output.text;
  }

  async #check(output: string): Promise<void> {
    // What was printed in part was acknowledged, but cannot be read: only whole lines count.
    for (const line of output.split("\n").slice(0, -1)) {
      const [n, index] = line.split(" ").map(Number) as [number, number];
      assert.equal(this.acknowledged.get(n) ?? index, index, `entry ${n} keeps its index`);
      this.acknowledged.set(n, index);
    }
    const store = await this.#openRecovered();
    try {
      await this.#checkStore(store);
    } finally {
      await store.close();
    }
  }

  async #checkStore(store: JournalStore): Promise<void> {
    const texts = await checkedTexts(store);
    for (const [n, index] of this.acknowledged) assert.equal(texts[index], nthEntry(n).text);
    const named = texts.flatMap((text) => /sha256:[0-9a-f]{64}$/.exec(text)?.[0] ?? []);
    for (const digest of named.slice(-50)) {
      assert.ok(!isRefused(await store.getBlob(digest as `sha256:${string}`)), digest);
    }
  }

  /** A server that was killed recovers before it takes connections. */
  async #openRecovered(): Promise<JournalStore> {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const store = await openStore(this.#kind, this.#place).catch(() => undefined);
      if (store !== undefined) return store;
      await sleep(100);
    }
    return openStore(this.#kind, this.#place);
  }

  #firstUnacknowledged(): number {
    let n = 0;
    while (this.acknowledged.has(n)) n += 1;
    return n;
  }
}

function collect(child: ChildProcess): { text: string; errors: string } {
  const output = { text: "", errors: "" };
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => {
    output.text += chunk;
  });
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    output.errors += chunk;
  });
  return output;
}

async function killLoop(
  kind: string,
  count: number,
  freshPlace: () => Promise<string>,
  victim?: Victim,
) {
  let total = 0;
  for (let round = 0; round < count; ) {
    const rounds = new Rounds(kind, await freshPlace());
    for (let i = 0; i < roundsPerStore && round < count; i += 1, round += 1)
      await rounds.run(victim);
    total += rounds.acknowledged.size;
  }
  assert.ok(total > count, "the writers got something done");
  return total;
}

describe("after kill -9", () => {
  it(`of the writer, ${rounds} times, SQLite holds what was acknowledged, once`, async (t) => {
    const total = await killLoop("sqlite", rounds, async () => freshFolder());
    t.diagnostic(`${total} entries acknowledged over ${rounds} kills`);
  });
});

describe("with PostgreSQL, after kill -9", async () => {
  const postgres = await startPostgres();
  after(() => postgres.stop());

  it(`of the writer, ${rounds} times, the database holds what was acknowledged, once`, async (t) => {
    const total = await killLoop("postgres", rounds, postgres.freshDatabase);
    t.diagnostic(`${total} entries acknowledged over ${rounds} kills`);
  });

  it(`of a server process under the writer, ${serverRounds} times, too`, async (t) => {
    const killBackend: Victim = async (place) => {
      const client = new pg.Client({ connectionString: place });
      client.on("error", () => undefined);
      await client.connect();
      const { rows } = await client.query(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'writ' LIMIT 1",
      );
      // One that dies so takes all others with it: the server recovers from its log.
      process.kill(rows[0].pid, "SIGKILL");
      await client.end().catch(() => undefined);
    };
    const total = await killLoop("postgres", serverRounds, postgres.freshDatabase, killBackend);
    t.diagnostic(`${total} entries acknowledged over ${serverRounds} kills`);
  });

  it(`of the whole server under the writer, ${serverRounds} times, too`, async (t) => {
    const killServer: Victim = () => postgres.killAndRestart();
    const total = await killLoop("postgres", serverRounds, postgres.freshDatabase, killServer);
    t.diagnostic(`${total} entries acknowledged over ${serverRounds} kills`);
  });
});
