import { after } from "node:test";
import { journalStoreContract } from "./journal-store.contract.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { startPostgres } from "./testing/postgres.ts";

const postgres = await startPostgres();
after(() => postgres.stop());

journalStoreContract("postgres", async () => {
  const connectionString = await postgres.freshDatabase();
  return { open: () => openPostgresStore(connectionString) };
});
