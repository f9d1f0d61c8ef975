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
