/** An entry at the door: read, its signatures checked, its blobs at hand. Not yet admitted. */
import {
  type AdmissionPorts,
  blobsNamed,
  type Digest,
  digestOf,
  type Entry,
  equalBytes,
  isRefused,
  preAuthenticationEncoding,
  type Refused,
  refused,
  type TrustRoot,
} from "@writ/core";
import { type BlobStore, verifyInPool, verifyNative } from "@writ/node";

export type Prepared = {
  readonly entry: Entry;
  readonly blobs: Map<Digest, Uint8Array>;
  /** Blobs of it that are not in the store yet. */
  readonly unstored: Set<Digest>;
  /** What the pool found of its signatures, by key bytes. */
  readonly checked: readonly Checked[];
};

type Checked = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly good: boolean;
};

/**
 * Checks on the thread pool those plain Ed25519 signatures of an entry whose keys the root knows.
 * Others (of security keys, of a new root's people) are checked by admission itself: they are few.
 */
export async function checkSignatures(
  root: TrustRoot | undefined,
  entry: Entry,
): Promise<readonly Checked[]> {
  const { payloadType, payload, signatures } = entry.envelope;
  const message = preAuthenticationEncoding(payloadType, payload);
  const known = signatures.flatMap(({ key: id, signature }) => {
    const key = root?.keys.get(id)?.key;
    return key?.type === "ed25519" ? [{ publicKey: key.bytes, message, signature }] : [];
  });
  return Promise.all(
    known.map(async (one) => ({
      ...one,
      good: await verifyInPool(one.publicKey, one.message, one.signature),
    })),
  );
}

/** What admission asks of a prepared entry: nothing waits, and nothing is verified twice. */
export function portsOf({ checked, blobs }: Pick<Prepared, "checked" | "blobs">): AdmissionPorts {
  return {
    reading: "whole",
    blob: (digest) => blobs.get(digest),
    verify: (publicKey, message, signature) => {
      const before = checked.find(
        (one) =>
          equalBytes(one.signature, signature) &&
          equalBytes(one.publicKey, publicKey) &&
          equalBytes(one.message, message),
      );
      return before?.good ?? verifyNative(publicKey, message, signature);
    },
  };
}

/** Matches the blobs that came with an entry to those it names; fetches the ones stored before. */
export async function gatherBlobs(
  entry: Entry,
  sent: readonly Uint8Array[],
  store: BlobStore,
): Promise<Pick<Prepared, "blobs" | "unstored"> | Refused> {
  const named = new Set(blobsNamed(entry.body));
  const blobs = new Map<Digest, Uint8Array>();
  for (const bytes of sent) {
    const digest = digestOf(bytes);
    if (!named.has(digest)) return refused("wrong-blob", `the entry does not name ${digest}`);
    blobs.set(digest, bytes);
  }
  const unstored = new Set<Digest>();
  for (const digest of named) {
    if (blobs.has(digest)) {
      if (!(await store.hasBlob(digest))) unstored.add(digest);
      continue;
    }
    const stored = await store.getBlob(digest);
    // One that is not there is for admission to refuse; one that the disk garbled is for us to say.
    if (!isRefused(stored)) blobs.set(digest, stored);
    else if (stored.refused !== "missing-blob") return stored;
  }
  return { blobs, unstored };
}

/** Makes the blobs of an entry durable, before the entry that names them may be. */
export async function storeBlobs(
  prepared: Prepared,
  store: BlobStore,
): Promise<undefined | Refused> {
  for (const digest of prepared.unstored) {
    const problem = await store.putBlob(digest, prepared.blobs.get(digest)!);
    if (problem !== undefined) return problem;
    prepared.unstored.delete(digest);
  }
  return undefined;
}
