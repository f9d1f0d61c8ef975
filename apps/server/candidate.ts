/** An entry at the door: read, its signatures checked, its blobs at hand. Not yet admitted. */
import { hash } from "node:crypto";
import {
  type AdmissionPorts,
  blobsNamed,
  type Census,
  type Digest,
  type Entry,
  isRefused,
  type Refused,
  refused,
} from "@writ/core";
import { type BlobStore, type CheckedSignature, cedarEngine, verifierOf } from "@writ/node";

export type Prepared = {
  readonly entry: Entry;
  readonly blobs: Map<Digest, Uint8Array>;
  /** Blobs of it that are not in the store yet. */
  readonly unstored: Set<Digest>;
  /** What the pool found of its signatures, by key bytes. */
  readonly checked: readonly CheckedSignature[];
  /** What its census says, if it has one and that was read already. */
  readonly census?: Census | Refused | undefined;
};

/** What admission asks of a prepared entry: nothing waits, and nothing is verified twice. */
export function portsOf({
  checked,
  blobs,
  census,
}: Pick<Prepared, "checked" | "blobs" | "census">): AdmissionPorts {
  return {
    reading: "whole",
    policy: cedarEngine,
    blob: (digest) => blobs.get(digest),
    // An entry names one census at most.
    census: () => census,
    verify: verifierOf(checked),
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
    // The machine's own SHA-256: a census of 60 MB would hold everybody up for half a second.
    const digest: Digest = `sha256:${hash("sha256", bytes, "hex")}`;
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
