/** Batches for tests of a store, made as the journal makes them. */
import { emptyFrontier, type Frontier } from "@writ/core";
import type { Batch, JournalStore, StoredEntry } from "../journal-store.ts";
import { hashEntry } from "../leaf-hash.ts";
import { growTree } from "../tree-growth.ts";

/** An entry of some text. */
export function entryOf(text: string): StoredEntry {
  const bytes = new TextEncoder().encode(text);
  return { bytes, leafHash: hashEntry(bytes) };
}

/** Entries `<name> <from>` to `<name> <to - 1>`. */
export function numbered(name: string, from: number, to: number): StoredEntry[] {
  return Array.from({ length: to - from }, (_, i) => entryOf(`${name} ${from + i}`));
}

/** The batch that appends entries after a frontier, and the frontier after it. */
export function batchAfter(
  frontier: Frontier,
  entries: readonly StoredEntry[],
): { readonly batch: Batch; readonly frontier: Frontier } {
  const grown = growTree(frontier, entries);
  const batch = { expectedSize: frontier.size, entries, tileRoots: grown.tileRoots };
  return { batch, frontier: grown.frontier };
}

/** Fills an empty store with these entries, in batches of `width`; answers the frontier. */
export async function fill(
  store: JournalStore,
  entries: readonly StoredEntry[],
  width: number,
): Promise<Frontier> {
  let frontier = emptyFrontier();
  for (let from = 0; from < entries.length; from += width) {
    const next = batchAfter(frontier, entries.slice(from, from + width));
    const result = await store.append(next.batch);
    if (!("appended" in result)) throw new Error(`behind: ${result.behind}`);
    frontier = next.frontier;
  }
  return frontier;
}
