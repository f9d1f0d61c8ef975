import { after } from "node:test";
import { journalContract } from "./journal.contract.ts";
import { journalStoreContract, type StorePlace } from "./journal-store.contract.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { startPostgres } from "./testing/postgres.ts";

const postgres = await startPostgres();
after(() => postgres.stop());

async function freshPlace(): Promise<StorePlace> {
  const connectionString = await postgres.freshDatabase();
  return { open: () => openPostgresStore(connectionString) };
}

journalStoreContract("postgres", freshPlace);
journalContract("postgres", freshPlace, process.env.SLOW ? 100 : 5);
