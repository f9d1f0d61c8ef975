/**
 * The journal of one node: takes submissions, puts them in one order, has them judged, commits them
 * in groups, and answers only when they are on disk. What it holds in memory never runs ahead of
 * the store: entries reach `onEntries` after their commit, own ones and other nodes' alike.
 */
import { setImmediate as otherEvents } from "node:timers/promises";
import {
  assert,
  bundleEntryBytesMax,
  equalBytes,
  type Frontier,
  frontierAt,
  frontierRoot,
  nodesFromTiles,
  type Refused,
  refused,
} from "@writ/core";
import { FairQueue } from "./fair-queue.ts";
import {
  type Batch,
  batchEntriesMax,
  type JournalStore,
  type StoredEntry,
} from "./journal-store.ts";
import { JournalTree } from "./journal-tree.ts";
import { hashEntry, leafKeyOf } from "./leaf-hash.ts";
import { type Candidate, type Submission, Submissions, type Submitted } from "./submission.ts";
import { growTree } from "./tree-growth.ts";

export type { Candidate, Submitted } from "./submission.ts";

export type JournalLimits = {
  /** Entries in one commit, at most {@link batchEntriesMax}. */
  readonly batchEntriesMax: number;
  readonly batchBytesMax: number;
  /** Bytes that wait, counting 1 KiB for each entry beside its own. */
  readonly queueBytesMax: number;
};

/**
 * A batch commits in some ten milliseconds on an ordinary disk; the queue holds a second's worth.
 * Larger batches commit no faster, and while one commits, the callers of the one before go on.
 */
export const ordinaryLimits: JournalLimits = {
  batchEntriesMax: 512,
  batchBytesMax: 4 * 1024 * 1024,
  queueBytesMax: 64 * 1024 * 1024,
};

export type JournalParts = {
  readonly store: JournalStore;
  /** Entries that the caller's fold holds already, from a projection; 0 for none. */
  readonly foldedSize: number;
  /**
   * Judges candidates that would get the indexes from `size` on, in this order: `undefined` admits.
   * Each is judged as if those admitted before it in the batch were in the journal. It MUST NOT
   * change what it judges by: the batch may not be committed, and is then judged again.
   */
  readonly decide: (
    batch: readonly Candidate[],
    size: number,
  ) => readonly (undefined | Refused)[] | Promise<readonly (undefined | Refused)[]>;
  /** Told of each entry once, in the journal's order, when it is durable. */
  readonly onEntries: (entries: readonly StoredEntry[], fromIndex: number) => void | Promise<void>;
  readonly limits: JournalLimits;
};

/** Tries for one batch. Each failed one means that another node progressed. */
const attemptsMax = 100;

/** What the store could not do; its outcome is unknown. */
class StoreFailure extends Error {}

export class Journal {
  readonly tree: JournalTree;
  readonly #parts: JournalParts;
  readonly #queue: FairQueue<Submission>;
  readonly #submissions = new Submissions();
  /** Answers to be given as soon as the store has work: whoever hears them has more to submit. */
  #answers: (() => void)[] = [];
  #frontier: Frontier;
  /** The store may hold what memory does not: read it before anything else. */
  #stale = true;
  /** The loop that commits, while something waits. */
  #runner: Promise<void> | undefined;
  #closing = false;
  #broken: unknown;
  /** One thing at a time: the end of the last piece of work. */
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(parts: JournalParts, frontier: Frontier) {
    this.#parts = parts;
    this.#frontier = frontier;
    this.#queue = new FairQueue(parts.limits.queueBytesMax);
    this.tree = new JournalTree(parts.store, () => this.size);
  }

  /** Opens the journal of a store: the caller hears of all entries from `foldedSize` on. */
  static async open(parts: JournalParts): Promise<Journal> {
    const { store, foldedSize, limits } = parts;
    assert(limits.batchEntriesMax <= batchEntriesMax, "a batch is within the store's limit");
    const size = await store.size();
    assert(foldedSize <= size, "rollback-of-history: the store holds less than a projection of it");
    const readHashes = store.readHashes.bind(store);
    const journal = new Journal(parts, await frontierAt(foldedSize, nodesFromTiles(readHashes)));
    await journal.refresh();
    return journal;
  }

  /** Entries that are durable and that `onEntries` has heard of. */
  get size(): number {
    return this.#frontier.size;
  }

  /** The root of the tree of {@link Journal.size} entries. */
  get root(): Uint8Array {
    return frontierRoot(this.#frontier);
  }

  /**
   * Submits an entry; the array is handed over and must not change. Resolves when the entry is
   * durable, or with why not: as `decide` said, or
   * - `overloaded`: too much waits; nothing was written; submit again later;
   * - `unavailable`: the store failed; the entry may or may not be in the journal; submit again.
   *
   * `submitter` is whom to be fair to: a verified signer, or else an address. It rejects only if
   * this program is broken.
   */
  submit(bytes: Uint8Array, submitter: string): Promise<Submitted | Refused> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    if (this.#closing) return Promise.resolve(refused("unavailable", "the journal is closing"));
    if (bytes.length < 1) return Promise.resolve(refused("malformed", "an entry is not empty"));
    if (bytes.length > bundleEntryBytesMax) {
      return Promise.resolve(
        refused("oversized", `an entry has over ${bundleEntryBytesMax} bytes`),
      );
    }
    const key = leafKeyOf(bytes);
    const twin = this.#submissions.get(key);
    if (twin !== undefined) {
      return twin.outcome.then((outcome) =>
        "refused" in outcome ? outcome : { index: outcome.index, duplicate: true },
      );
    }
    const submission = this.#submissions.add(key, { bytes, submitter });
    for (const evicted of this.#queue.push(submission, submitter)) {
      const detail = "too many entries wait; submit again later";
      this.#submissions.settle(evicted, refused("overloaded", detail));
    }
    if (this.#queue.length > 0) this.#runner ??= this.#run();
    return submission.outcome;
  }

  /** Reads what other nodes appended. Rejects if the store cannot be read. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#catchUp());
  }

  /** Commits what waits, refuses what comes, and closes the store. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#runner;
    await this.#tail;
    await this.#parts.store.close();
  }

  /** Commits batch after batch while something waits. */
  async #run(): Promise<void> {
    const { batchEntriesMax: itemsMax, batchBytesMax: bytesMax } = this.#parts.limits;
    while (this.#queue.length > 0) {
      // Everything that has arrived by now shares one commit: that is the whole of group commit.
      await otherEvents();
      const batch = this.#queue.take({ itemsMax, bytesMax });
      try {
        await this.#inTurn(() => this.#commit(batch));
      } catch (error) {
        if (!(error instanceof StoreFailure)) break;
        const detail = `the store failed (${error.message}); it is safe to submit the same again`;
        this.#answerAll(batch, refused("unavailable", detail));
      }
      if (this.#queue.length === 0) this.#answer();
    }
    this.#runner = undefined;
  }

  /**
   * Has a batch judged and makes it durable. Each has an outcome, in `#answers`, when it resolves.
   */
  async #commit(batch: readonly Submission[]): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (this.#stale) await this.#catchUp();
      const hashes = batch.map(({ leafHash }) => leafHash);
      const known = await this.#ask((store) => store.indexesOf(hashes));
      const fresh = batch.filter((_, i) => known[i] === undefined);
      const verdicts = await this.#parts.decide(fresh, this.size);
      assert(verdicts.length === fresh.length, "decide answers for every candidate");
      const admitted = fresh.filter((_, i) => verdicts[i] === undefined);
      if (!(await this.#append(admitted))) continue;
      let [judged, index] = [0, this.size - admitted.length];
      const outcomes = known.map((knownIndex): Submitted | Refused => {
        if (knownIndex !== undefined) return { index: knownIndex, duplicate: true };
        return verdicts[judged++] ?? { index: index++, duplicate: false };
      });
      this.#answers.push(() => {
        for (const [i, one] of batch.entries()) this.#submissions.settle(one, outcomes[i]!);
      });
      return;
    }
    const detail = "other nodes were faster each time; submit again later";
    this.#answerAll(batch, refused("overloaded", detail));
  }

  /**
   * Appends what was admitted, and tells of it. False if others wrote: all is judged again then.
   */
  async #append(admitted: readonly StoredEntry[]): Promise<boolean> {
    if (admitted.length === 0) {
      this.#answer();
      this.#stale = (await this.#ask((store) => store.size())) !== this.size;
      return !this.#stale;
    }
    const entries = admitted.map(({ bytes, leafHash }) => ({ bytes, leafHash }));
    const { frontier, tileRoots } = growTree(this.#frontier, entries);
    const batch: Batch = { expectedSize: this.size, entries, tileRoots };
    const appending = this.#ask((store) => store.append(batch));
    this.#answer();
    const result = await appending;
    if ("behind" in result) {
      this.#stale = true;
      return false;
    }
    await this.#parts.onEntries(entries, this.size);
    this.#frontier = frontier;
    return true;
  }

  /** Brings memory to where the store is, and checks that both tell one history. */
  async #catchUp(): Promise<void> {
    const size = await this.#ask((store) => store.size());
    assert(size >= this.size, "rollback-of-history: the store holds less than it acknowledged");
    while (this.size < size) {
      const page = await this.#ask((store) => store.readPage(this.size, size));
      for (const [i, { bytes, leafHash }] of page.entries()) {
        assert(equalBytes(hashEntry(bytes), leafHash), `entry ${this.size + i} has its leaf hash`);
      }
      const { frontier } = growTree(this.#frontier, page);
      await this.#parts.onEntries(page, this.size);
      this.#frontier = frontier;
    }
    const stored = await this.#ask((store) =>
      frontierAt(size, nodesFromTiles(store.readHashes.bind(store))),
    );
    assert(equalBytes(frontierRoot(stored), this.root), "fork: the store holds another history");
    this.#stale = false;
  }

  /** Asks the store. Whatever fails there, memory is read anew before it is used again. */
  async #ask<T>(question: (store: JournalStore) => Promise<T>): Promise<T> {
    try {
      return await question(this.#parts.store);
    } catch (error) {
      this.#stale = true;
      throw new StoreFailure(error instanceof Error ? error.message : "unknown", { cause: error });
    }
  }

  /** Does one piece of work after the other. One that fails for any other reason than the store
   * ends the journal: a bug, or a store that lies; nothing more is decided by this memory. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch((error) => {
      if (!(error instanceof StoreFailure)) this.#break(error);
    });
    return turn;
  }

  #answerAll(batch: readonly Submission[], outcome: Refused): void {
    for (const submission of batch) this.#submissions.settle(submission, outcome);
  }

  #answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }

  #break(error: unknown): void {
    this.#broken ??= error;
    this.#answer();
    this.#submissions.fail(error);
  }
}
