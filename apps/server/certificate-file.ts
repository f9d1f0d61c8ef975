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
import { type Journal, type JournalStore, projectionBytesMax } from "@writ/node";
import type { EstateFold } from "./fold.ts";

type Parts = {
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly store: JournalStore;
};

/**
 * The file of a writ's certificate, or why there is none. It is kept as it was first made: after a
 * change of the trust root, a new checkpoint would be cosigned by witnesses that its reader, who
 * follows the roots only up to the certificate, does not know.
 */
export async function certificateFile(parts: Parts, writ: Digest): Promise<Uint8Array | Refused> {
  const proceeding = parts.fold.estate.proceedings.get(writ);
  if (proceeding === undefined) return refused("unknown-writ", `no writ ${writ}`);
  const indexes = evidenceIndexes(proceeding);
  if (isRefused(indexes)) return indexes;
  const name = `certificate ${writ}`;
  const kept = await parts.store.getProjection(name);
  // One of before its revocation proves an older entry than the one that stands now.
  if (kept !== undefined && kept.size > indexes.at(-1)!) return kept.bytes;
  const made = await assemble(parts, indexes);
  if (isRefused(made)) return made;
  if (made.file.length <= projectionBytesMax) {
    await parts.store.putProjection(name, { size: made.size, bytes: made.file });
  }
  return made.file;
}

async function assemble(
  parts: Parts,
  indexes: readonly number[],
): Promise<{ readonly file: Uint8Array; readonly size: number } | Refused> {
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
  const file = encodeCertificate({ checkpoint: checkpoint.text, evidence });
  return { file, size: checkpoint.size };
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
