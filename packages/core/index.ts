/** The public surface of @writ/core, written by hand. */
export { concatBytes, equalBytes, fromHex, toHex } from "./encoding/bytes.ts";
export { type Digest, digestOf, isDigest, sha256 } from "./encoding/digest.ts";
export {
  assert,
  isRefused,
  type RefusalCode,
  type Refused,
  refused,
  unreachable,
} from "./encoding/refusal.ts";
export {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierAt,
  frontierRoot,
  hashBytes,
  hashLeaf,
  hashNode,
  type NodeAt,
  peaksOf,
  rootAt,
} from "./tlog/merkle.ts";
export { proveConsistency, verifyConsistency } from "./tlog/consistency.ts";
export { proveInclusion, verifyInclusion } from "./tlog/inclusion.ts";
export type { SignEd25519, VerifyEd25519 } from "./tlog/note.ts";
export {
  bundleEntryBytesMax,
  decodeEntryBundle,
  decodeHashTile,
  encodeEntryBundle,
  formatTilePath,
  nodesFromTiles,
  parseTilePath,
  type Tile,
  tileHeight,
  tilesSince,
  tileWidth,
  tileWidthAt,
} from "./tlog/tile.ts";
