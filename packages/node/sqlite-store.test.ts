import { systemClock } from "./clock.ts";
import { journalStoreContract } from "./journal-store.contract.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { freshFolder } from "./testing/folder.ts";

journalStoreContract("sqlite", async () => {
  const folder = freshFolder();
  return { open: () => openSqliteStore(folder, systemClock) };
});
