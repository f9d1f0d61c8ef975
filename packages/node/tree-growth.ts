/** How the tree grows by a batch: its new frontier, and the nodes that a store must keep of it. */
import { appendLeaf, type Frontier, tileHeight } from "@writ/core";
import type { StoredEntry, TileRoot } from "./journal-store.ts";

/** The frontier with these entries, and the roots of the tiles that they complete. */
export function growTree(
  frontier: Frontier,
  entries: readonly StoredEntry[],
): { readonly frontier: Frontier; readonly tileRoots: readonly TileRoot[] } {
  const tileRoots: TileRoot[] = [];
  let grown = frontier;
  for (const { leafHash } of entries) {
    grown = appendLeaf(grown, leafHash, (level, index, hash) => {
      if (level > 0 && level % tileHeight === 0) tileRoots.push({ level, index, hash });
    });
  }
  return { frontier: grown, tileRoots };
}
