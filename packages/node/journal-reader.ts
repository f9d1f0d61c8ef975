/**
 * Follows a journal that is served by someone who is not trusted. All that is trusted is one
 * digest: of the estate's first trust root. From it follow the journal's key and its witnesses, and
 * every later trust root by the quorum of the one before. Entries are handed on only when they are
 * in a checkpoint that a threshold of those witnesses cosigned, each once, in order.
 */
import {
  type AdmissionPorts,
  admit,
  appendLeaf,
  type Cosigned,
  type Digest,
  digestOf,
  type Entry,
  emptyEstate,
  emptyFrontier,
  evolve,
  type Frontier,
  fromUtf8,
  frontierRoot,
  isRefused,
  parseCheckpoint,
  parseEntry,
  parseNote,
  type Refused,
  readCosigned,
  refused,
  type TrustRoot,
  toHex,
  type VerifyEd25519,
} from "@writ/core";
import type { BundleCache } from "./bundle-cache.ts";
import { type Bundle, BundleReader, type Walk } from "./bundle-reader.ts";
import type { JournalSource } from "./journal-source.ts";
import { hashEntry } from "./leaf-hash.ts";

/**
 * Told of entries from `fromIndex` on. A refusal ends the reading: the journal holds what it must
 * not.
 */
export type OnEntries = (
  entries: readonly Uint8Array[],
  fromIndex: number,
) => undefined | Refused | Promise<undefined | Refused>;

export type ReaderParts = {
  readonly source: JournalSource;
  /** Digest of the first trust root's document: the estate. */
  readonly pin: Digest;
  readonly verify: VerifyEd25519;
  readonly onEntries: OnEntries;
  /** Keeps verified full bundles; absent, the journal is read from its source each time. */
  readonly cache?: BundleCache;
};

/**
 * Entries read on the word of a checkpoint that is not known to be signed: a change of root is
 * near.
 */
const unsignedEntriesMax = 100_000;

export class JournalReader {
  readonly #parts: ReaderParts;
  readonly #ports: AdmissionPorts;
  readonly #bundles: BundleReader;
  /** What was handed on. */
  #frontier: Frontier = emptyFrontier();
  /** The trust roots among it, and nothing else. */
  #roots = emptyEstate();
  #latest: Cosigned | undefined;
  /** Why nothing is read any more. */
  #ended: Refused | undefined;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#ports = { reading: "whole", verify: parts.verify, blob: () => undefined };
    this.#bundles = new BundleReader(parts.source, parts.cache);
  }

  /** Entries handed on. */
  get size(): number {
    return this.#frontier.size;
  }

  /** The trust root in force after them. */
  get trustRoot(): TrustRoot | undefined {
    return this.#roots.root;
  }

  /** The newest checkpoint that was verified and whose entries were all handed on. */
  get latest(): Cosigned | undefined {
    return this.#latest;
  }

  /** Why nothing is read any more: the journal was found to be another than it should be. */
  get ended(): Refused | undefined {
    return this.#ended;
  }

  /**
   * Reads on to the newest checkpoint. Refuses:
   * - `unavailable`, `not-cosigned`, `bad-checkpoint`, `bad-signature`, …: not now; poll again;
   * - `fork`, `rollback-of-history`, `bad-trust-root`, and whatever `onEntries` refuses with: the
   *   journal is not what it was, or not this estate's. Every later poll answers the same.
   */
  async poll(signal?: AbortSignal): Promise<Cosigned | Refused> {
    if (this.#ended !== undefined) return this.#ended;
    const bytes = await this.#parts.source.checkpoint(signal);
    if (isRefused(bytes)) return bytes;
    const claimed = claimedSize(bytes);
    if (isRefused(claimed)) return claimed;
    const text = fromUtf8(bytes)!;
    try {
      return claimed.size > this.size
        ? await this.#readOn(text, { size: claimed.size, signal })
        : this.#compare(text);
    } finally {
      this.#bundles.letGo();
    }
  }

  /** A checkpoint of no more entries than were read: the same tree, or a broken promise. */
  #compare(text: string): Cosigned | Refused {
    const root = this.trustRoot;
    if (root === undefined) return refused("no-trust-root", "the journal is empty");
    const cosigned = readCosigned(root, text, this.#parts.verify);
    if (isRefused(cosigned)) return cosigned;
    if (cosigned.size < this.size) {
      const detail = `a cosigned checkpoint of ${cosigned.size} after one of ${this.size}`;
      return this.#end(refused("rollback-of-history", detail));
    }
    if (cosigned.root !== toHex(frontierRoot(this.#frontier))) return this.#end(forked(this.size));
    if (this.#latest === undefined || cosigned.time > this.#latest.time) this.#latest = cosigned;
    return this.#latest;
  }

  async #readOn(text: string, walk: Walk): Promise<Cosigned | Refused> {
    const unsigned = await this.#refuseUnsigned(text, walk);
    if (unsigned !== undefined) return unsigned;
    const checked = await this.#check(text, walk);
    if (isRefused(checked)) return checked;
    for (const digest of checked.digests) {
      const bundle = await this.#bundles.read(this.size, walk);
      if (isRefused(bundle)) return bundle;
      if (digestOfAll(bundle.entries) !== digest) {
        return refused("unavailable", `${bundle.path} changed while it was read`);
      }
      const problem = await this.#handOn(bundle);
      if (problem !== undefined) return problem;
    }
    this.#latest = checked.cosigned;
    return checked.cosigned;
  }

  /**
   * A size that nobody vouches for could have us read for ever. If the trust root in force does not
   * bear the checkpoint out, a newer root among the coming entries may, but only so far ahead.
   */
  async #refuseUnsigned(text: string, walk: Walk): Promise<Refused | undefined> {
    let root = this.trustRoot;
    if (root === undefined) {
      const first = await this.#bundles.read(0, walk);
      if (isRefused(first)) return first;
      const founded = this.#takeRoots(emptyEstate(), first.entries.slice(0, 1), 0);
      if (isRefused(founded)) return this.#end(founded);
      root = founded.root!;
    }
    if (walk.size - this.size <= unsignedEntriesMax) return undefined;
    const cosigned = readCosigned(root, text, this.#parts.verify);
    return isRefused(cosigned) ? cosigned : undefined;
  }

  /**
   * Reads the coming entries for their hashes and trust roots alone, and holds them to the root.
   */
  async #check(
    text: string,
    walk: Walk,
  ): Promise<{ readonly cosigned: Cosigned; readonly digests: readonly Digest[] } | Refused> {
    const digests: Digest[] = [];
    let frontier = this.#frontier;
    let roots = this.#rootsCopy();
    while (frontier.size < walk.size) {
      const bundle = await this.#bundles.read(frontier.size, walk);
      if (isRefused(bundle)) return bundle;
      const next = this.#takeRoots(roots, bundle.entries, frontier.size);
      if (isRefused(next)) return frontier.size === 0 ? this.#end(next) : next;
      roots = next;
      for (const entry of bundle.entries) frontier = appendLeaf(frontier, hashEntry(entry));
      digests.push(digestOfAll(bundle.entries));
    }
    const cosigned = readCosigned(roots.root!, text, this.#parts.verify);
    if (isRefused(cosigned)) return cosigned;
    if (cosigned.root !== toHex(frontierRoot(frontier))) {
      // Witnesses vouch for another tree than what was read before and these entries make.
      return this.#end(forked(walk.size));
    }
    return { cosigned, digests };
  }

  async #handOn(bundle: Bundle): Promise<Refused | undefined> {
    const { entries } = bundle;
    const from = this.size;
    const roots = this.#takeRoots(this.#rootsCopy(), entries, from);
    if (isRefused(roots)) return this.#end(roots);
    const problem = await this.#parts.onEntries(entries, from);
    if (problem !== undefined) return this.#end(problem);
    this.#roots = roots;
    for (const entry of entries) this.#frontier = appendLeaf(this.#frontier, hashEntry(entry));
    await this.#bundles.keep(bundle);
    return undefined;
  }

  /** Follows the trust roots among entries; the estate given in is used up. */
  #takeRoots(
    roots: ReturnType<typeof emptyEstate>,
    entries: readonly Uint8Array[],
    fromIndex: number,
  ): ReturnType<typeof emptyEstate> | Refused {
    for (const [i, bytes] of entries.entries()) {
      const entry = parseEntry(bytes);
      if (isRefused(entry)) return at(fromIndex + i, entry);
      const unpinned = fromIndex + i === 0 ? this.#checkPin(entry) : undefined;
      if (unpinned !== undefined) return unpinned;
      if (entry.body.kind !== "root") continue;
      const admitted = admit(roots, entry, this.#ports);
      if (isRefused(admitted)) return at(fromIndex + i, admitted);
      evolve(roots, admitted);
    }
    return roots;
  }

  #checkPin({ body, statement }: Entry): Refused | undefined {
    if (body.kind !== "root" || statement.estate !== this.#parts.pin) {
      return refused("bad-trust-root", "the first entry is not the trust root that was pinned");
    }
    // That the estate named is the digest of this very root is what its admission checks.
    return undefined;
  }

  #rootsCopy(): ReturnType<typeof emptyEstate> {
    const { id, root, rootIndexes } = this.#roots;
    return { ...emptyEstate(), id, root, rootIndexes: [...rootIndexes] };
  }

  #end(problem: Refused): Refused {
    this.#ended = problem;
    return problem;
  }
}

/** What a checkpoint says of its size, before anything vouches for it. */
function claimedSize(bytes: Uint8Array): { readonly size: number } | Refused {
  const note = parseNote(bytes);
  return isRefused(note) ? note : parseCheckpoint(note.text);
}

function digestOfAll(entries: readonly Uint8Array[]): Digest {
  return digestOf(Buffer.concat(entries.map(hashEntry)));
}

function forked(size: number): Refused {
  return refused("fork", `the cosigned root of ${size} entries is not of the entries served`);
}

function at(index: number, { refused: code, detail }: Refused): Refused {
  return refused(code, `entry ${index}: ${detail}`);
}
