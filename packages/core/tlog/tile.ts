/**
 * Tiles (c2sp.org/tlog-tiles): a log's hashes and entries as files of 256, under names that any
 * file server can serve. A tile at level L holds nodes of tree level 8·L.
 */
import { concatBytes } from "../encoding/bytes.ts";
import { assert, type Refused, refused } from "../encoding/refusal.ts";
import { appendLeaf, emptyFrontier, frontierRoot, hashBytes, type NodeAt } from "./merkle.ts";

/** Tree levels in a tile. */
export const tileHeight = 8;
/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256;
/** Each entry in a bundle stands behind a 16-bit length. */
export const bundleEntryBytesMax = 65_535;
/** Tile levels by the specification; a tree within 53 bits reaches level 6. */
const tileLevelMax = 63;

/** Which tile. `width` is 256 for a full one, 1 to 255 for a partial one. */
export type Tile =
  | {
      readonly kind: "hashes";
      readonly level: number;
      readonly index: number;
      readonly width: number;
    }
  | { readonly kind: "entries"; readonly index: number; readonly width: number };

/** The path of a tile below the log's prefix: `tile/0/x001/x234/067.p/8`, `tile/entries/000`. */
export function formatTilePath(tile: Tile): string {
  assert(Number.isSafeInteger(tile.index) && tile.index >= 0, "a tile index is within 53 bits");
  assert(tile.width >= 1 && tile.width <= tileWidth, "a tile has 1 to 256 hashes");
  const digits = String(tile.index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.{3}/g)!;
  const index = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  const kind = tile.kind === "hashes" ? String(tile.level) : "entries";
  return `tile/${kind}/${index}${tile.width < tileWidth ? `.p/${tile.width}` : ""}`;
}

/** Reads the path of a tile. Accepts exactly what {@link formatTilePath} writes. */
export function parseTilePath(path: string): Tile | Refused {
  const bad = refused("malformed", "not the path of a tile (c2sp.org/tlog-tiles)");
  const match =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path);
  if (match === null) return bad;
  const index = Number(match[2]!.replace(/[x/]/g, ""));
  const width = match[3] === undefined ? tileWidth : Number(match[3]);
  const level = match[1] === "entries" ? 0 : Number(match[1]);
  if (width < 1 || width > tileWidth || level > tileLevelMax) return bad;
  // No entry of such a tile could have an index of 53 bits.
  if (!Number.isSafeInteger(index * tileWidth)) return bad;
  const tile: Tile =
    match[1] === "entries"
      ? { kind: "entries", index, width }
      : { kind: "hashes", level, index, width };
  // Leading zeroes, and a partial tile of width 256, show as a difference here.
  return formatTilePath(tile) === path ? tile : bad;
}

/** How wide the tile at this level and index is in a tree of `size` leaves: 0 to 256. */
export function tileWidthAt(size: number, level: number, index: number): number {
  const nodes = Math.floor(size / 2 ** (level * tileHeight));
  return Math.max(0, Math.min(tileWidth, nodes - index * tileWidth));
}

/**
 * Every tile that a tree of `size` leaves has and one of `since` leaves has not, or not as wide.
 */
export function tilesSince(since: number, size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; level <= tileLevelMax; level += 1) {
    const hashes = Math.floor(size / 2 ** (level * tileHeight));
    const before = Math.floor(since / 2 ** (level * tileHeight));
    if (hashes === before) break;
    for (let index = Math.floor(before / tileWidth); index * tileWidth < hashes; index += 1) {
      const width = tileWidthAt(size, level, index);
      tiles.push({ kind: "hashes", level, index, width });
      if (level === 0) tiles.push({ kind: "entries", index, width });
    }
  }
  return tiles;
}

/** The bytes of a hash tile. */
export function encodeHashTile(hashes: readonly Uint8Array[]): Uint8Array {
  assert(hashes.length >= 1 && hashes.length <= tileWidth, "a tile has 1 to 256 hashes");
  assert(
    hashes.every(({ length }) => length === hashBytes),
    "a hash has 32 bytes",
  );
  return concatBytes(...hashes);
}

/** The hashes in a tile of that width. */
export function decodeHashTile(bytes: Uint8Array, width: number): Uint8Array[] | Refused {
  if (bytes.length !== width * hashBytes) {
    return refused("malformed", `a tile of width ${width} has ${width * hashBytes} bytes`);
  }
  return Array.from({ length: width }, (_, i) =>
    bytes.subarray(i * hashBytes, (i + 1) * hashBytes),
  );
}

/** The bytes of an entry bundle. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  assert(entries.length >= 1 && entries.length <= tileWidth, "a bundle has 1 to 256 entries");
  return concatBytes(
    ...entries.flatMap((entry) => {
      assert(entry.length <= bundleEntryBytesMax, "an entry has at most 65,535 bytes");
      return [new Uint8Array([entry.length >> 8, entry.length & 255]), entry];
    }),
  );
}

/** The entries in a bundle of that width; refuses bytes that are missing or left over. */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] | Refused {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (entries.length < width) {
    if (at + 2 > bytes.length) return refused("malformed", "the bundle ends before its entries");
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    at += 2;
    if (at + length > bytes.length) return refused("malformed", "the bundle ends within an entry");
    entries.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) return refused("malformed", "the bundle has more than its entries");
  return entries;
}

/**
 * Nodes of any level from hashes of tile levels alone, which is all that tiles and stores keep.
 * `readHashes` gives nodes [from, to) at a tree level that is a multiple of 8, concatenated; it is
 * asked for at most 128 (the two halves of a tile are its highest nodes below the next tile).
 */
export function nodesFromTiles(
  readHashes: (level: number, from: number, to: number) => Promise<Uint8Array>,
): NodeAt {
  return async (level, index) => {
    const within = level % tileHeight;
    const count = 2 ** within;
    const bytes = await readHashes(level - within, index * count, (index + 1) * count);
    assert(
      bytes.length === count * hashBytes,
      "the store gives as many hashes as it was asked for",
    );
    let frontier = emptyFrontier();
    for (let i = 0; i < count; i += 1) {
      frontier = appendLeaf(frontier, bytes.subarray(i * hashBytes, (i + 1) * hashBytes));
    }
    return frontierRoot(frontier);
  };
}
