import assert from "node:assert/strict";
import { after, it } from "node:test";
import pg from "pg";
import { journalContract } from "./journal.contract.ts";
import { journalStoreContract, type StorePlace } from "./journal-store.contract.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { bytesOf, openPlainJournal } from "./testing/journal-check.ts";
import { startPostgres } from "./testing/postgres.ts";

const postgres = await startPostgres();
after(() => postgres.stop());

async function freshPlace(): Promise<StorePlace> {
  const connectionString = await postgres.freshDatabase();
  return { open: () => openPostgresStore(connectionString) };
}

journalStoreContract("postgres", freshPlace);
journalContract("postgres", freshPlace, process.env.SLOW ? 100 : 5);

it("postgres: never reads the whole journal to look something up, however it grew", async () => {
  const connectionString = await postgres.freshDatabase();
  const { journal } = await openPlainJournal(await openPostgresStore(connectionString));
  for (let batch = 0; batch < 12; batch += 1) {
    const texts = Array.from({ length: 300 }, (_, i) => `batch ${batch} entry ${i}`);
    await Promise.all(texts.map((text) => journal.submit(bytesOf(text), text)));
    await journal.tree.inclusionProof(batch * 300, journal.size);
  }
  await journal.close();
  // The counts of a connection are complete once it has ended.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query(
    `SELECT seq_tup_read::int, idx_scan::int FROM pg_stat_user_tables
     WHERE schemaname = 'writ' AND relname = 'entry'`,
  );
  await client.end();
  assert.equal(rows[0].seq_tup_read, 0);
  assert.ok(rows[0].idx_scan > 0);
});
