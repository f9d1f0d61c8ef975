/**
 * How the tree grows by a batch: its new frontier, and the nodes that a store must keep of it.
 * Core's `appendLeaf` says what is right and is what a test compares with; this one has the
 * machine's own SHA-256, and copies the peaks once for a batch.
 */
import { type Frontier, tileHeight } from "@writ/core";
import type { StoredEntry, TileRoot } from "./journal-store.ts";
import { hashChildren } from "./leaf-hash.ts";

/** The frontier with these entries, and the roots of the tiles that they complete. */
export function growTree(
  frontier: Frontier,
  entries: readonly StoredEntry[],
): { readonly frontier: Frontier; readonly tileRoots: readonly TileRoot[] } {
  const tileRoots: TileRoot[] = [];
  const peaks = frontier.peaks.slice();
  let size = frontier.size;
  for (const { leafHash } of entries) {
    let hash = leafHash;
    let level = 0;
    for (let index = size; index % 2 === 1; ) {
      hash = hashChildren(peaks.pop()!, hash);
      level += 1;
      index = (index - 1) / 2;
      if (level % tileHeight === 0) tileRoots.push({ level, index, hash });
    }
    peaks.push(hash);
    size += 1;
  }
  return { frontier: { size, peaks }, tileRoots };
}
