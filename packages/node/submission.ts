/** Submissions that have no outcome yet, by leaf hash: the same bytes twice are one of them. */
import type { Refused } from "@writ/core";
import type { StoredEntry } from "./journal-store.ts";
import { type LeafKey, leafHashOf } from "./leaf-hash.ts";

/** An entry that asks to be admitted. `bytes` is the very array that was submitted. */
export type Candidate = StoredEntry & { readonly submitter: string };

/**
 * Where an entry stands. `duplicate`: it stood there already; nothing was written for this call.
 */
export type Submitted = { readonly index: number; readonly duplicate: boolean };

export type Submission = Candidate & {
  readonly key: LeafKey;
  readonly outcome: Promise<Submitted | Refused>;
  readonly resolve: (outcome: Submitted | Refused) => void;
  readonly reject: (error: unknown) => void;
};

export class Submissions {
  readonly #open = new Map<LeafKey, Submission>();

  get(key: LeafKey): Submission | undefined {
    return this.#open.get(key);
  }

  add(key: LeafKey, { bytes, submitter }: Omit<Candidate, "leafHash">): Submission {
    const { promise: outcome, resolve, reject } = Promise.withResolvers<Submitted | Refused>();
    const leafHash = leafHashOf(key);
    const submission = { bytes, submitter, key, leafHash, outcome, resolve, reject };
    this.#open.set(key, submission);
    return submission;
  }

  settle(submission: Submission, outcome: Submitted | Refused): void {
    this.#open.delete(submission.key);
    submission.resolve(outcome);
  }

  /** Rejects all: this program is broken. */
  fail(error: unknown): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
