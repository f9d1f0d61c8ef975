/**
 * The door: what a submission passes before it may wait for its turn. Nobody unknown to the trust
 * root gets as far as the queue or the disk, so a flood from outside costs a signature check each.
 */
import {
  type Digest,
  digestOf,
  type Entry,
  entryBytesMax,
  equalBytes,
  fromBase64,
  isRefused,
  type KeyId,
  keyIdOf,
  parseEntry,
  type Refused,
  refused,
  signerOf,
  type TrustRootDocument,
} from "@writ/core";
import {
  checkSignatures,
  hashEntry,
  type Journal,
  type JournalStore,
  type SigningKey,
} from "@writ/node";
import { gatherBlobs, type Prepared, portsOf, storeBlobs } from "./candidate.ts";
import type { CensusReader } from "./census-reader.ts";
import type { EstateFold } from "./fold.ts";
import type { RefusalBook } from "./refusal-book.ts";

export type DoorParts = {
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly store: JournalStore;
  readonly book: RefusalBook;
  readonly reader: CensusReader;
  /** Our own keys: the first trust root must name them, or this server could not serve it. */
  readonly checkpointKey: SigningKey;
  readonly serverKey: SigningKey;
  /** Told if the journal is broken and takes nothing more. */
  readonly onBroken: (error: unknown) => void;
};

export type Accepted = {
  readonly index: number;
  readonly digest: Digest;
  readonly duplicate: boolean;
};

export class Door {
  readonly #parts: DoorParts;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** Takes an entry and the blobs that came with it; resolves when it is durable, or refused. */
  async submit(bytes: Uint8Array, blobs: readonly Uint8Array[]): Promise<Accepted | Refused> {
    if (bytes.length > entryBytesMax) {
      return refused("oversized", `an entry of ${bytes.length} bytes; at most ${entryBytesMax}`);
    }
    const entry = parseEntry(bytes);
    if (isRefused(entry)) return entry;
    let result = await this.#pass(entry, blobs);
    if (isRefused(result) && (await this.#overtaken())) result = await this.#pass(entry, blobs);
    if (!isRefused(result)) return { ...result, digest: entry.digest };
    const known = await this.#standing(bytes);
    if (known !== undefined) return { index: known, digest: digestOf(bytes), duplicate: true };
    const signer: KeyId | undefined = entry.envelope.signatures[0]?.key;
    this.#parts.book.note({ refusal: result, entry: entry.digest, signer });
    return result;
  }

  async #pass(
    entry: Entry,
    sent: readonly Uint8Array[],
  ): Promise<{ readonly index: number; readonly duplicate: boolean } | Refused> {
    const { fold, store, journal, onBroken } = this.#parts;
    const checked = await checkSignatures(fold.estate.root, entry);
    const submitter = this.#whoIsThere(entry, checked);
    if (isRefused(submitter)) return submitter;
    const gathered = await gatherBlobs(entry, sent, store);
    if (isRefused(gathered)) return gathered;
    const { body } = entry;
    const bytes = body.kind === "census" ? gathered.blobs.get(body.census) : undefined;
    const census = bytes === undefined ? undefined : await this.#parts.reader.read(bytes);
    const prepared = { entry, ...gathered, checked, census };
    // A proposal is anybody's document: it costs disk only if it would stand. A census is large and
    // its probe is trusted to send one: reading it twice would cost more than storing it.
    const stands = entry.body.kind !== "proposal" || fold.foresee(prepared) === undefined;
    if (stands) {
      const problem = await storeBlobs(prepared, store);
      if (problem !== undefined) return problem;
    }
    fold.prepare(prepared);
    try {
      return await journal.submit(entry.bytes, submitter);
    } catch (error) {
      onBroken(error);
      throw error;
    }
  }

  /** True if another node had written what the refusal did not know of; it is known now. */
  async #overtaken(): Promise<boolean> {
    const { journal, store } = this.#parts;
    const { size } = journal;
    if ((await store.size()) <= size) return false;
    await journal.refresh();
    return journal.size > size;
  }

  /** Whom to be fair to: the key whose signature is good. */
  #whoIsThere(entry: Entry, checked: Prepared["checked"]): string | Refused {
    const { id, root } = this.#parts.fold.estate;
    if (entry.body.kind === "root") {
      const problem = root === undefined ? this.#namesUs(entry.body.root) : undefined;
      return problem ?? "root";
    }
    if (root === undefined || id === undefined) {
      return refused("no-trust-root", "the first entry of a journal is its trust root");
    }
    if (entry.statement.estate !== id) {
      return refused("wrong-estate", "the statement names another estate");
    }
    const { verify } = portsOf({ checked, blobs: new Map() });
    const signer = signerOf(root, entry, verify);
    return isRefused(signer) ? signer : signer.key.id;
  }

  /** The index of an entry that the journal holds already. */
  async #standing(bytes: Uint8Array): Promise<number | undefined> {
    const [index] = await this.#parts.store.indexesOf([hashEntry(bytes)]);
    return index;
  }

  #namesUs({ journal, principals }: TrustRootDocument): Refused | undefined {
    const { checkpointKey, serverKey } = this.#parts;
    const named = fromBase64(journal.key.public);
    if (named === undefined || !equalBytes(named, checkpointKey.publicKey)) {
      const ours = keyIdOf("ed25519", checkpointKey.publicKey);
      return refused("bad-trust-root", `journal.key is not this server's (${ours})`);
    }
    const ours = Buffer.from(serverKey.publicKey).toString("base64");
    const speaks = principals.some(
      ({ kind, keys }) => kind === "journal" && keys.some((key) => key.public === ours),
    );
    return speaks
      ? undefined
      : refused("bad-trust-root", "no principal of kind journal has this server's key");
  }
}
