/**
 * A reader's own copy of the estate, folded from the journal by the same admission that the server
 * runs. It folds everything, censuses too: sight moves placements in the register, and a writ is
 * drawn from the register, so whoever passes over sight cannot tell a true plan from a false one.
 */
import {
  type AdmissionPorts,
  advance,
  blobsNamed,
  type Cosigned,
  type Digest,
  digestOf,
  type Entry,
  type Estate,
  emptyEstate,
  isRefused,
  parseEntry,
  type Refused,
  refused,
  type VerifyEd25519,
} from "@writ/core";
import type { BundleCache } from "./bundle-cache.ts";
import { cedarEngine } from "./cedar-engine.ts";
import { JournalReader } from "./journal-reader.ts";
import type { JournalSource } from "./journal-source.ts";

/** Fetches a blob by its digest from wherever; what comes is checked here. */
export type FetchBlob = (digest: Digest) => Promise<Uint8Array | Refused>;

export type FollowerParts = {
  readonly source: JournalSource;
  readonly blob: FetchBlob;
  readonly pin: Digest;
  readonly verify: VerifyEd25519;
  readonly cache: BundleCache;
  /** Told of each entry after it was folded. */
  readonly onEntry: (entry: Entry, index: number) => void;
};

/** A blob could not be had now: nothing is wrong with the journal, and it is asked for again. */
class BlobMissing extends Error {}

export class Follower {
  readonly estate: Estate = emptyEstate();
  readonly #parts: FollowerParts;
  readonly #reader: JournalReader;
  readonly #ports: AdmissionPorts;
  /** The blobs of the entry that is being folded. */
  readonly #blobs = new Map<Digest, Uint8Array>();

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    const { source, pin, verify, cache } = parts;
    const onEntries = (entries: readonly Uint8Array[], from: number) => this.#fold(entries, from);
    this.#reader = new JournalReader({ source, pin, verify, cache, onEntries });
    const blob = (digest: Digest) => this.#blobs.get(digest);
    this.#ports = { reading: "whole", verify, policy: cedarEngine, blob };
  }

  /** Why nothing that this journal says may be acted on any more. */
  get distrust(): Refused | undefined {
    return this.#reader.ended;
  }

  /** Reads on; answers the newest cosigned checkpoint, all of whose entries are folded. */
  async poll(signal?: AbortSignal): Promise<Cosigned | Refused> {
    try {
      return await this.#reader.poll(signal);
    } catch (error) {
      if (error instanceof BlobMissing) return refused("unavailable", error.message);
      throw error;
    }
  }

  async #fold(entries: readonly Uint8Array[], from: number): Promise<Refused | undefined> {
    // A fold that was cut short by a missing blob is taken up where it stopped.
    for (const bytes of entries.slice(this.estate.size - from)) {
      const index = this.estate.size;
      const entry = parseEntry(bytes);
      if (isRefused(entry)) return refused(entry.refused, `entry ${index}: ${entry.detail}`);
      await this.#fetchBlobs(entry);
      const folded = advance(this.estate, bytes, this.#ports);
      this.#blobs.clear();
      if (isRefused(folded)) return refused(folded.refused, `entry ${index}: ${folded.detail}`);
      this.#parts.onEntry(folded, index);
    }
    return undefined;
  }

  async #fetchBlobs(entry: Entry): Promise<void> {
    for (const digest of blobsNamed(entry.body)) {
      const bytes = await this.#parts.blob(digest);
      if (isRefused(bytes)) throw new BlobMissing(bytes.detail);
      if (digestOf(bytes) !== digest) throw new BlobMissing(`other bytes came for ${digest}`);
      this.#blobs.set(digest, bytes);
    }
  }
}
