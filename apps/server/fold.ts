/**
 * The estate in this server's memory. Two folds of one journal: `committed` is what everybody is
 * shown and never runs ahead of the disk; the other one runs ahead of it by the batch that is being
 * committed, and is what candidates are judged by. If a batch does not commit, it is thrown away.
 */
import {
  type Admitted,
  admit,
  assert,
  blobsNamed,
  copyEstate,
  type Digest,
  type Entry,
  type Estate,
  emptyEstate,
  evolve,
  type Finding,
  isRefused,
  parseEntry,
  type Refused,
  type VerifyEd25519,
} from "@writ/core";
import { emptyReconciliation, reconcile, reconcileInSteps, touch } from "@writ/core/finding";
import {
  type BlobStore,
  type Candidate,
  cedarEngine,
  checkSignatures,
  type StoredEntry,
  verifierOf,
} from "@writ/node";
import { type Prepared, portsOf, storeBlobs } from "./candidate.ts";
import { inTurns } from "./turns.ts";

/** Told of each entry when the committed estate holds it. Must not fail. */
export type Listener = (admitted: Admitted, index: number, estate: Estate) => void;

export type FoldParts = {
  readonly store: BlobStore;
  /**
   * Entries below this index were cosigned by witnesses after this server had admitted them; their
   * signatures are not checked again when it starts. Who opens the fold checks that checkpoint.
   */
  readonly trustedSize: number;
  readonly onProgress: (size: number) => void;
};

/** Copying the register of so many placements takes a few milliseconds. */
const placesCopiedMax = 20_000;

/** A stored entry that was read, and the verifier that will know its signatures. */
type ReadEntry = {
  readonly entry: Entry;
  readonly verify: VerifyEd25519 | Promise<VerifyEd25519>;
};

export class EstateFold {
  readonly #parts: FoldParts;
  readonly #committed: Estate = emptyEstate();
  /** Findings by what they are about, kept up to date with `#committed`. */
  readonly #kept = emptyReconciliation();
  #ahead: Estate | undefined;
  #found:
    | { readonly size: number; readonly findings: Promise<readonly Finding[]>; ended: boolean }
    | undefined;
  /** Admitted onto `#ahead`, not known to be durable. */
  #decided: { readonly bytes: Uint8Array; readonly admitted: Admitted }[] = [];
  readonly #prepared = new WeakMap<Uint8Array, Prepared>();
  readonly #listeners: Listener[] = [];

  constructor(parts: FoldParts) {
    this.#parts = parts;
  }

  /** The estate as of what is durable. To be read, not changed, and not kept over an await. */
  get estate(): Estate {
    return this.#committed;
  }

  /**
   * The findings of {@link EstateFold.estate} as it is when they are asked for, or later; derived
   * once for each size. A large estate takes seconds: others are answered meanwhile.
   */
  async findings(): Promise<readonly Finding[]> {
    const asked = this.#committed.size;
    for (;;) {
      const found = this.#found;
      if (found !== undefined && found.size >= asked) return found.findings;
      // One at a time: two that keep the same findings up to date would undo each other's work.
      if (found?.ended === false) await found.findings;
      else this.#derive();
    }
  }

  #derive(): void {
    const findings = this.#reconcile();
    const found = { size: this.#committed.size, findings, ended: false };
    this.#found = found;
    const end = () => {
      found.ended = true;
    };
    findings.then(end, end);
  }

  /**
   * What was touched since is derived anew, from a copy that stands still meanwhile. Copying a very
   * large register takes longer than what one entry touches does: that is derived in one go.
   */
  #reconcile(): Promise<readonly Finding[]> {
    const estate = this.#committed;
    if (!this.#kept.everything && estate.register.placements.size > placesCopiedMax) {
      return Promise.resolve(reconcile(this.#kept, estate));
    }
    return inTurns(reconcileInSteps(this.#kept, copyEstate(estate)));
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Hands over what was found of an entry, for when its turn comes. */
  prepare(prepared: Prepared): void {
    this.#prepared.set(prepared.entry.bytes, prepared);
  }

  /** Whether an entry would be admitted now: advice, for the journal decides in its own order. */
  foresee(prepared: Prepared): Refused | undefined {
    const admitted = admit(this.#ahead ?? this.#committed, prepared.entry, portsOf(prepared));
    return isRefused(admitted) ? admitted : undefined;
  }

  /** The journal's `decide`: judges each as if those before it were in the journal. */
  async decide(
    batch: readonly Candidate[],
    size: number,
  ): Promise<readonly (undefined | Refused)[]> {
    assert(this.#committed.size === size, "the fold is where the journal is");
    if (this.#decided.length > 0 || this.#ahead?.size !== size) {
      this.#ahead = copyEstate(this.#committed);
      this.#decided = [];
    }
    const ahead = this.#ahead;
    assert(ahead !== undefined, "there is an estate to judge by");
    const verdicts: (undefined | Refused)[] = [];
    for (const { bytes } of batch) {
      const prepared = this.#prepared.get(bytes);
      assert(prepared !== undefined, "what is submitted was prepared");
      const admitted = admit(ahead, prepared.entry, portsOf(prepared));
      const problem = isRefused(admitted)
        ? admitted
        : await storeBlobs(prepared, this.#parts.store);
      verdicts.push(problem ?? undefined);
      if (isRefused(admitted) || problem) continue;
      evolve(ahead, admitted);
      this.#decided.push({ bytes, admitted });
    }
    return verdicts;
  }

  /** The journal's `onEntries`: our own batch, or what the store held and others wrote. */
  async take(entries: readonly StoredEntry[], fromIndex: number): Promise<void> {
    assert(this.#committed.size === fromIndex, "entries arrive in order");
    const decided = this.#decided;
    this.#decided = [];
    const ours =
      decided.length === entries.length &&
      decided.every(({ bytes }, i) => bytes === entries[i]!.bytes);
    if (ours) {
      for (const { admitted } of decided) this.#evolve(admitted);
      return;
    }
    this.#ahead = undefined;
    const read = entries.map(({ bytes }, i) => this.#readAhead(bytes, fromIndex + i));
    for (const one of read) this.#evolve(await this.#admitStored(one));
    this.#parts.onProgress(this.#committed.size);
  }

  #evolve(admitted: Admitted): void {
    const index = this.#committed.size;
    evolve(this.#committed, admitted);
    touch(this.#kept, admitted.entry.body);
    for (const listener of this.#listeners) listener(admitted, index, this.#committed);
  }

  /** Reads a stored entry; its signatures are checked while those before it are folded. */
  #readAhead(bytes: Uint8Array, index: number): ReadEntry {
    const entry = parseEntry(bytes);
    if (isRefused(entry)) throw new Error(`entry ${index}: ${entry.refused}: ${entry.detail}`);
    if (index < this.#parts.trustedSize) return { entry, verify: () => true };
    const { root } = this.#committed;
    return { entry, verify: checkSignatures(root, entry).then(verifierOf) };
  }

  /** What the journal holds must be admissible: anything else is a store that lies, or a bug. */
  async #admitStored({ entry, verify }: ReadEntry): Promise<Admitted> {
    const index = this.#committed.size;
    const blobs = new Map<Digest, Uint8Array>();
    for (const digest of blobsNamed(entry.body)) {
      const blob = await this.#parts.store.getBlob(digest);
      if (isRefused(blob)) throw new Error(`entry ${index}: ${blob.refused}: ${blob.detail}`);
      blobs.set(digest, blob);
    }
    const admitted = admit(this.#committed, entry, {
      reading: "whole",
      policy: cedarEngine,
      verify: await verify,
      blob: (digest) => blobs.get(digest),
    });
    if (!isRefused(admitted)) return admitted;
    throw new Error(`entry ${index}: ${admitted.refused}: ${admitted.detail}`);
  }
}
