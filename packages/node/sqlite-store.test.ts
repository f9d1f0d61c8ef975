import { systemClock } from "./clock.ts";
import { journalContract } from "./journal.contract.ts";
import { journalStoreContract, type StorePlace } from "./journal-store.contract.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { freshFolder } from "./testing/folder.ts";

async function freshPlace(): Promise<StorePlace> {
  const folder = freshFolder();
  return { open: () => openSqliteStore(folder, systemClock) };
}

journalStoreContract("sqlite", freshPlace);

journalContract("sqlite", freshPlace, process.env.SLOW ? 1000 : 10);
