/**
 * The estate: everything that the journal says so far, as one value. It is a fold over admitted
 * entries and nothing else, so whoever has the journal has the estate.
 *
 * For speed the fold changes the estate in place: `evolve` takes it over, and the one given in must
 * not be used again. `emptyEstate` and a replay give a second one when two are needed.
 */

import type { Proceeding } from "../authority/proceeding.ts";
import type { TrustRoot } from "../authority/trust-root.ts";
import type { Digest } from "../encoding/digest.ts";
import type { BodyOf } from "../journal/entry.ts";
import { emptyRegister, type Register } from "../register/register.ts";
import type { HostSight } from "../sight/host-sight.ts";
import type { KeyId } from "../signature/key.ts";
import { emptyFrontier, type Frontier } from "../tlog/merkle.ts";

/** Claims kept to be held against sight: the newest of each speaker about each thing. */
export const claimsMax = 100_000;
/** Witnessed checkpoints kept: at one a second, over an hour in which a look may be finished. */
export const checkpointsMax = 4096;

/** Findings that people's words are kept of; without them the oldest stand open again. */
export const dispositionsMax = 100_000;

/** A cosigned state of the journal that the journal itself holds. */
export type Witnessed = {
  readonly size: number;
  /** Root hash, 64 hex digits. */
  readonly root: string;
  /** Index of the entry that brought it. */
  readonly index: number;
  /** Milliseconds since 1970, as the witnesses' threshold saw it. */
  readonly time: number;
};

export type Claim = {
  readonly speaker: string;
  readonly body: BodyOf<"claim">;
  readonly index: number;
};

export type RefusalRecord = { readonly body: BodyOf<"refusal">; readonly index: number };

/** What people said of one finding last. */
export type Disposition = {
  readonly accepted?: {
    readonly by: string;
    readonly reason: string;
    /** Milliseconds since 1970, held against witnessed time. */
    readonly until: number;
    readonly entry: number;
  };
  readonly owner?: string;
};

export type Estate = {
  /** How many entries it reflects; the next one has this index. */
  size: number;
  /** Digest of the first trust root: the estate's identity. */
  id: Digest | undefined;
  root: TrustRoot | undefined;
  /** Indexes of all trust roots, the one in force last. */
  readonly rootIndexes: number[];
  /** Last entry of each key's chain. */
  readonly heads: Map<KeyId, { readonly sequence: number; readonly digest: Digest }>;
  /** The last count of each human's device that counts its signatures. */
  readonly counters: Map<KeyId, number>;
  /** Witnessed time in milliseconds; 0 before the first witnessed checkpoint. */
  time: number;
  readonly witnessed: Map<number, Witnessed>;
  lastWitnessed: Witnessed | undefined;
  /** Witnessed sizes and times, oldest first: when an entry was there at the latest. */
  readonly times: { readonly size: number; readonly time: number }[];
  /** The tree up to the last witnessed size, and the leaf hashes since. */
  frontier: Frontier;
  leavesSince: Uint8Array[];
  readonly register: Register;
  readonly proceedings: Map<Digest, Proceeding>;
  /** Writs whose course is not over: the ones that an entry can move. */
  readonly open: Set<Digest>;
  readonly sights: Map<string, HostSight>;
  /** By speaker and subject. */
  readonly claims: Map<string, Claim>;
  readonly refusals: RefusalRecord[];
  /** What people said of findings, by the digest of each. */
  readonly dispositions: Map<Digest, Disposition>;
};

/** When the entry at this index was in the journal at the latest, in witnessed milliseconds. */
export function timeOf(estate: Estate, index: number): number {
  let [low, high] = [0, estate.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (estate.times[middle]!.size > index) high = middle;
    else low = middle + 1;
  }
  return estate.times[low]?.time ?? estate.time;
}

export function emptyEstate(): Estate {
  return {
    size: 0,
    id: undefined,
    root: undefined,
    rootIndexes: [],
    heads: new Map(),
    counters: new Map(),
    time: 0,
    witnessed: new Map(),
    lastWitnessed: undefined,
    times: [],
    frontier: emptyFrontier(),
    leavesSince: [],
    register: emptyRegister(),
    proceedings: new Map(),
    open: new Set(),
    sights: new Map(),
    claims: new Map(),
    refusals: [],
    dispositions: new Map(),
  };
}
