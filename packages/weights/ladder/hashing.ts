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

/**
 * Room for the bytes of a stream, a step at a time, and what was seen in a full step. One stream
 * holds it at a time.
 */
export type StepRoom = {
  /** Bytes carried over, which end at {@link stepAt}, then a step of {@link stepBytes}. */
  readonly bytes: Uint8Array;
  readonly stepAt: number;
  readonly stepBytes: number;
  /** Looks through the whole step; what it saw is in {@link marks}. */
  readonly search: () => void;
  /** 1 for each 64 bytes from the step's beginning in which the gear hash may cut. */
  readonly marks: Uint8Array;
};

export type Hashing = {
  readonly sha256: () => RunningHash;
  readonly keyed: KeyedHash;
  readonly findCut: CutFinder;
  /** Lends a room, to be given back; absent: no step is searched at once. */
  readonly rooms?: { lend(): StepRoom; giveBack(room: StepRoom): void };
};

/** Pure JavaScript: right everywhere, slow on large files. */
export const plainHashing: Hashing = {
  sha256: () => sha256.create(),
  keyed: keyedBlake3,
  findCut,
};
