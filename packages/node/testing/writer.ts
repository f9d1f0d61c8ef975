/**
 * A process to be killed: appends `entry <n>` for n from a given number on, every fifth naming a
 * blob, and prints `<n> <index>` when one is acknowledged. Whatever gets no answer it submits again.
 * `node writer.ts sqlite|postgres <folder or connection string> <first n>`
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf, isRefused } from "@writ/core";
import { systemClock } from "../clock.ts";
import type { JournalStore } from "../journal-store.ts";
import { openPostgresStore } from "../postgres-store.ts";
import { openSqliteStore } from "../sqlite-store.ts";
import { bytesOf, openPlainJournal } from "./journal-check.ts";

/** The store of a kind at a place. */
export function openStore(kind: string, place: string): Promise<JournalStore> {
  return kind === "sqlite" ? openSqliteStore(place, systemClock) : openPostgresStore(place);
}

/** The text of entry `n`, and the blob that it names, if any. */
export function nthEntry(n: number): { readonly text: string; readonly blob?: Uint8Array } {
  if (n % 5 !== 0) return { text: `entry ${n}` };
  const blob = bytesOf(`blob ${n} `.repeat(500));
  return { text: `entry ${n} names ${digestOf(blob)}`, blob };
}

async function write(store: JournalStore, first: number): Promise<void> {
  const { journal } = await openPlainJournal(store);
  let next = first;
  const lane = async (name: string) => {
    for (;;) {
      const n = next++;
      const { text, blob } = nthEntry(n);
      if (blob !== undefined) {
        while (
          !(await store.putBlob(digestOf(blob), blob).then(
            () => true,
            () => false,
          ))
        ) {
          await sleep(20);
        }
      }
      let outcome = await journal.submit(bytesOf(text), name);
      while (isRefused(outcome)) {
        await sleep(20);
        outcome = await journal.submit(bytesOf(text), name);
      }
      writeSync(1, `${n} ${outcome.index}\n`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, i) => lane(`lane ${i}`)));
}

if (import.meta.main) {
  const [kind, place, first] = process.argv.slice(2);
  await write(await openStore(kind!, place!), Number(first));
}
