/** Someone who holds a key, honestly or not: signs entries as the next of the key's chain. */
import {
  type Digest,
  type EntryBody,
  encodeStatement,
  entryPayloadType,
  isRefused,
  type KeyId,
  keyIdOf,
  type PublicKey,
  preAuthenticationEncoding,
  type Refused,
  sealEntry,
  toBase64,
} from "@writ/core";
import { createKeyFile, readKeyFile, type SigningKey } from "@writ/node";
import type { Api } from "@writ/node/api";

/** An honest client signs anew when another entry of the same key came in between. */
const attemptsMax = 5;

export type Said = { readonly index: number; readonly digest: Digest; readonly bytes: Uint8Array };

export class Speaker {
  readonly keyId: KeyId;
  readonly publicKey: PublicKey;
  readonly #key: SigningKey;

  constructor(key: SigningKey) {
    this.#key = key;
    this.keyId = keyIdOf("ed25519", key.publicKey);
    this.publicKey = { type: "ed25519", public: toBase64(key.publicKey) };
  }

  static async make(path: string): Promise<Speaker> {
    return new Speaker(await createKeyFile(path));
  }

  /** The key of someone else, taken from where it lies. */
  static async steal(path: string): Promise<Speaker> {
    const key = await readKeyFile(path);
    if (isRefused(key)) throw new Error(key.detail);
    return new Speaker(key);
  }

  /** Signs any payload bytes as an entry, under this key's id or the id of another. */
  async seal(payload: Uint8Array, keyId: KeyId = this.keyId): Promise<Uint8Array> {
    const message = preAuthenticationEncoding(entryPayloadType, payload);
    return sealEntry(payload, [{ key: keyId, signature: await this.#key.sign(message) }]);
  }

  /** The bytes of an entry as the next of a key's chain. */
  async entry(
    { api, id }: { readonly api: Api; readonly id: Digest },
    body: EntryBody,
    as: KeyId = this.keyId,
  ): Promise<Uint8Array> {
    const head = await api.head(as);
    if (isRefused(head)) throw new Error(head.detail);
    const previous = head.digest === undefined ? {} : { previous: head.digest };
    const payload = encodeStatement({
      version: 1,
      estate: id,
      at: new Date().toISOString(),
      chain: { sequence: head.sequence + 1, ...previous },
      body,
    });
    return this.seal(payload, as);
  }

  /** Says something; answers where it stands, or why it was refused. */
  async say(
    to: { readonly api: Api; readonly id: Digest },
    body: EntryBody,
    blobs: readonly Uint8Array[] = [],
  ): Promise<Said | Refused> {
    for (let attempt = 1; ; attempt += 1) {
      const bytes = await this.entry(to, body);
      const answer = await to.api.submit(bytes, blobs);
      if (!isRefused(answer)) return { index: answer.index, digest: answer.digest, bytes };
      const raced = answer.refused === "chain-fork" || answer.refused === "chain-gap";
      if (!raced || attempt === attemptsMax) return answer;
    }
  }
}
