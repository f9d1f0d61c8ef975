/**
 * The hash functions that a pass over bytes uses. An app brings fast ones (its platform's SHA-256,
 * a native BLAKE3); those here are plain and portable, and all give the same digests.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { type CutFinder, findCut } from "./xet-chunker.ts";
import { type KeyedHash, keyedBlake3 } from "./xet-hash.ts";

/** A hash that takes its input in parts. `node:crypto`'s Hash has this shape. */
export type RunningHash = {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
};

export type Hashing = {
  readonly sha256: () => RunningHash;
  readonly keyed: KeyedHash;
  readonly findCut: CutFinder;
};

/** Pure JavaScript: right everywhere, slow on large files. */
export const plainHashing: Hashing = {
  sha256: () => sha256.create(),
  keyed: keyedBlake3,
  findCut,
};
