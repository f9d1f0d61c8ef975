/** A certificate's file: the entries that prove a writ, each with its proof in one checkpoint. */
import {
  blobsNamed,
  currentState,
  type Digest,
  type Evidence,
  encodeCertificate,
  isRefused,
  type Proceeding,
  parseEntry,
  type Refused,
  refused,
} from "@writ/core";
import type { Journal, JournalStore } from "@writ/node";
import type { EstateFold } from "./fold.ts";

type Parts = {
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly store: JournalStore;
};

/** Assembles the file of a writ's certificate, or says why there is none. */
export async function assembleCertificate(
  parts: Parts,
  writ: Digest,
): Promise<Uint8Array | Refused> {
  const proceeding = parts.fold.estate.proceedings.get(writ);
  if (proceeding === undefined) return refused("unknown-writ", `no writ ${writ}`);
  const indexes = evidenceIndexes(proceeding);
  if (isRefused(indexes)) return indexes;
  const checkpoint = await parts.store.latestCheckpoint();
  const last = indexes.at(-1)!;
  if (checkpoint === undefined || checkpoint.size <= last) {
    return refused("unavailable", "witnesses have not seen the certificate yet; ask again");
  }
  const evidence: Evidence[] = [];
  for (const index of indexes) {
    const one = await evidenceAt(parts, index, checkpoint.size);
    if (isRefused(one)) return one;
    evidence.push(one);
  }
  return encodeCertificate({ checkpoint: checkpoint.text, evidence });
}

function evidenceIndexes(proceeding: Proceeding): readonly number[] | Refused {
  const { certificateIndex, fulfilled, revokedIndex } = proceeding;
  if (revokedIndex !== undefined) {
    return refused("undeserved", `the certificate was revoked by entry ${revokedIndex}`);
  }
  if (certificateIndex === undefined || fulfilled === undefined) {
    return refused("undeserved", `the writ is ${currentState(proceeding)}, without a certificate`);
  }
  return [...fulfilled.evidence, certificateIndex];
}

async function evidenceAt(
  { journal, store }: Parts,
  index: number,
  size: number,
): Promise<Evidence | Refused> {
  const [stored] = await store.readPage(index, index + 1);
  const { bytes } = stored!;
  const entry = parseEntry(bytes);
  if (isRefused(entry)) return entry;
  const blobs: Uint8Array[] = [];
  for (const digest of blobsNamed(entry.body)) {
    const blob = await store.getBlob(digest);
    if (isRefused(blob)) return blob;
    blobs.push(blob);
  }
  const proof = await journal.tree.inclusionProof(index, size);
  return isRefused(proof) ? proof : { index, entry: bytes, blobs, proof };
}
