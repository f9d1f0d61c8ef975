/** Checks of a whole journal that use nothing of what wrote it but the bytes on disk. */
import assert from "node:assert/strict";
import { appendLeaf, emptyFrontier, frontierRoot, hashLeaf, isRefused } from "@writ/core";
import { Journal, type JournalParts, ordinaryLimits } from "../journal.ts";
import type { JournalStore } from "../journal-store.ts";

/** A journal that admits everything and keeps the texts of its entries. */
export async function openPlainJournal(
  store: JournalStore,
  parts: Partial<JournalParts> = {},
): Promise<{ readonly journal: Journal; readonly texts: string[] }> {
  const texts: string[] = [];
  const journal = await Journal.open({
    store,
    foldedSize: 0,
    decide: (batch) => batch.map(() => undefined),
    onEntries: (entries, fromIndex) => {
      assert.equal(fromIndex, texts.length, "entries arrive once, in order");
      for (const { bytes } of entries) texts.push(textOf(bytes));
    },
    limits: ordinaryLimits,
    ...parts,
  });
  return { journal, texts };
}

/**
 * Reads the journal of a store afresh, asserts that no entry is there twice and that the tree that
 * the store keeps is the tree of its entries; answers their texts.
 */
export async function checkedTexts(store: JournalStore): Promise<string[]> {
  const { journal, texts } = await openPlainJournal(store);
  assert.equal(new Set(texts).size, texts.length, "no entry is there twice");
  let frontier = emptyFrontier();
  for await (const page of journal.tree.pages(0, journal.size)) {
    for (const { bytes } of page) frontier = appendLeaf(frontier, hashLeaf(bytes));
  }
  const kept = await journal.tree.root(journal.size);
  assert.ok(!isRefused(kept));
  assert.deepEqual(Buffer.from(kept), Buffer.from(frontierRoot(frontier)));
  return texts;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
