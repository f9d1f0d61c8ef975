/** Nodes of the journal's tree, from the tiles that the server serves (c2sp.org/tlog-tiles). */
import {
  decodeHashTile,
  formatTilePath,
  isRefused,
  type NodeAt,
  nodesFromTiles,
  type Refused,
  tileHeight,
  tileWidth,
  tileWidthAt,
} from "@writ/core";

/** Bytes of a path below the server's address, or why there are none. */
export type Ask = (path: string) => Promise<Uint8Array | Refused>;

/** A tile that the server did not give, or not as it must be. */
export class TileMissing extends Error {
  readonly refusal: Refused;

  constructor(refusal: Refused) {
    super(refusal.detail);
    this.refusal = refusal;
  }
}

/** Complete tiles kept: 4 MiB. */
const tilesKeptMax = 512;

/** Reads nodes of a tree of `size` leaves. Nothing in a tile is believed: proofs are checked. */
export function treeNodes(ask: Ask, size: number, kept: Map<string, Uint8Array[]>): NodeAt {
  const tile = async (level: number, index: number): Promise<Uint8Array[]> => {
    const width = tileWidthAt(size, level, index);
    const path = formatTilePath({ kind: "hashes", level, index, width });
    const known = kept.get(path);
    if (known !== undefined) return known;
    const bytes = await ask(`/journal/${path}`);
    if (isRefused(bytes)) throw new TileMissing(bytes);
    const hashes = decodeHashTile(bytes, width);
    if (isRefused(hashes)) throw new TileMissing(hashes);
    if (kept.size >= tilesKeptMax) kept.delete(kept.keys().next().value!);
    kept.set(path, hashes);
    return hashes;
  };
  return nodesFromTiles(async (level, from, to) => {
    const index = Math.floor(from / tileWidth);
    const hashes = await tile(level / tileHeight, index);
    const slice = hashes.slice(from - index * tileWidth, to - index * tileWidth);
    const bytes = new Uint8Array(slice.length * 32);
    for (const [at, hash] of slice.entries()) bytes.set(hash, at * 32);
    return bytes;
  });
}
