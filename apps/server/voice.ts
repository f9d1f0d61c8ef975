/**
 * What the server itself says in the journal: witnessed time, refusals, certificates. Its key's
 * entries are one chain, so it says one thing at a time, each when the one before is durable.
 */
import {
  type EntryBody,
  encodeStatement,
  entryPayloadType,
  isRefused,
  type KeyId,
  keyIdOf,
  parseEntry,
  preAuthenticationEncoding,
  type Refused,
  refused,
  sealEntry,
} from "@writ/core";
import type { BlobStore, Clock, Journal, SigningKey, Submitted } from "@writ/node";
import { gatherBlobs } from "./candidate.ts";
import type { EstateFold } from "./fold.ts";

/** Another node of the same server may take the place in the chain; it can do so only so often. */
const attemptsMax = 5;

export type VoiceParts = {
  readonly key: SigningKey;
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly store: BlobStore;
  readonly clock: Clock;
};

export class Voice {
  readonly keyId: KeyId;
  readonly #parts: VoiceParts;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(parts: VoiceParts) {
    this.#parts = parts;
    this.keyId = keyIdOf("ed25519", parts.key.publicKey);
  }

  /** Signs with the server's key; entries are signed by {@link Voice.say}. */
  async sign(payloadType: string, payload: Uint8Array): Promise<Uint8Array> {
    return this.#parts.key.sign(preAuthenticationEncoding(payloadType, payload));
  }

  /** Says it, and answers when it is durable, or why it may not be said. */
  say(body: EntryBody, blobs: readonly Uint8Array[] = []): Promise<Submitted | Refused> {
    const turn = this.#tail.then(() => this.#say(body, blobs));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #say(body: EntryBody, blobs: readonly Uint8Array[]): Promise<Submitted | Refused> {
    let result: Submitted | Refused = refused("overloaded", "the server's chain moved each time");
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      result = await this.#try(body, blobs);
      if (!isRefused(result)) return result;
      if (result.refused !== "chain-fork" && result.refused !== "chain-gap") return result;
      await this.#parts.journal.refresh();
    }
    return result;
  }

  async #try(body: EntryBody, sent: readonly Uint8Array[]): Promise<Submitted | Refused> {
    const { fold, journal, clock, store } = this.#parts;
    const { id, heads } = fold.estate;
    if (id === undefined) return refused("no-trust-root", "there is no estate to speak in yet");
    const head = heads.get(this.keyId);
    const payload = encodeStatement({
      version: 1,
      estate: id,
      at: new Date(clock.now()).toISOString(),
      chain:
        head === undefined
          ? { sequence: 0 }
          : { sequence: head.sequence + 1, previous: head.digest },
      body,
    });
    const signature = await this.sign(entryPayloadType, payload);
    const entry = parseEntry(sealEntry(payload, [{ key: this.keyId, signature }]));
    if (isRefused(entry)) return entry;
    const gathered = await gatherBlobs(entry, sent, store);
    if (isRefused(gathered)) return gathered;
    // Our own signature: there is nothing to check about it that admission would not do again.
    fold.prepare({ entry, ...gathered, checked: [] });
    return journal.submit(entry.bytes, this.keyId);
  }
}
