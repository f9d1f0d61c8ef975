/**
 * Verifying a certificate, offline, with nothing but the file and what the reader trusts. It proves
 * each entry to be in the journal, then runs the very rules of admission and judgement over them:
 * the verdict is derived again, not read.
 */

import { admit } from "../admission/admit.ts";
import { readCosigned } from "../admission/journal-admission.ts";
import type { Proceeding } from "../authority/proceeding.ts";
import { fromHex } from "../encoding/bytes.ts";
import type { JsonObject } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { type Estate, emptyEstate } from "../estate/estate.ts";
import { evolve } from "../estate/evolve.ts";
import { type Entry, parseEntry } from "../journal/entry.ts";
import { verifyInclusion } from "../tlog/inclusion.ts";
import { hashLeaf } from "../tlog/merkle.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";
import { type Certificate, type Evidence, parseCertificate } from "./certificate.ts";
import { certificateStatement, keysKind } from "./statement.ts";

export type CertificateVerdict = {
  readonly writ: Digest;
  readonly proceeding: Proceeding;
  readonly statement: JsonObject;
  readonly keys: ReturnType<typeof keysKind>;
  /** Digest of the first trust root: what the reader must recognise, or have pinned. */
  readonly estate: Digest;
  readonly pinned: boolean;
  readonly journalSize: number;
  /**
   * Milliseconds: when witnesses cosigned the checkpoint. A later revocation is not in the file.
   */
  readonly witnessedTime: number;
};

/** What the reader trusts beforehand. */
export type Trust = {
  /**
   * Digest of the estate's first trust root; absent: told in the verdict, for the reader to judge.
   */
  readonly estate?: Digest;
  readonly verify: VerifyEd25519;
};

/** Verifies a certificate's file. */
export function verifyCertificate(file: Uint8Array, trust: Trust): CertificateVerdict | Refused {
  const certificate = parseCertificate(file);
  if (isRefused(certificate)) return certificate;
  const entries = readEntries(certificate);
  if (isRefused(entries)) return entries;
  const estate = replayExcerpt(entries, trust);
  if (isRefused(estate)) return estate;
  const root = estate.root;
  if (root === undefined || estate.id === undefined) {
    return refused("no-trust-root", "the certificate holds no trust root");
  }
  if (trust.estate !== undefined && trust.estate !== estate.id) {
    return refused("wrong-estate", `it is of estate ${estate.id}, not the pinned one`);
  }
  const cosigned = readCosigned(root, certificate.checkpoint, trust.verify);
  if (isRefused(cosigned)) return cosigned;
  const rootHash = fromHex(cosigned.root)!;
  for (const [at, { index, proof }] of certificate.evidence.entries()) {
    const leafHash = hashLeaf(entries[at]!.entry.bytes);
    const size = cosigned.size;
    const problem = verifyInclusion({ index, size, leafHash, proof, root: rootHash });
    if (problem !== undefined) return refused("bad-proof", `entry ${index}: ${problem.detail}`);
  }
  const last = entries.at(-1)!.entry.body;
  if (last.kind !== "certificate") {
    return refused("malformed", "the last entry is not the certificate");
  }
  const proceeding = estate.proceedings.get(last.writ)!;
  return {
    writ: last.writ,
    proceeding,
    statement: certificateStatement(estate, proceeding),
    keys: keysKind(proceeding),
    estate: estate.id,
    pinned: trust.estate !== undefined,
    journalSize: cosigned.size,
    witnessedTime: cosigned.time,
  };
}

type Read = { readonly entry: Entry; readonly evidence: Evidence };

function readEntries({ evidence }: Certificate): readonly Read[] | Refused {
  if (evidence.length === 0) return refused("malformed", "the certificate holds no evidence");
  const entries: Read[] = [];
  for (const one of evidence) {
    const entry = parseEntry(one.entry);
    if (isRefused(entry)) return refused(entry.refused, `entry ${one.index}: ${entry.detail}`);
    entries.push({ entry, evidence: one });
  }
  return entries;
}

function replayExcerpt(entries: readonly Read[], { verify }: Trust): Estate | Refused {
  const estate = emptyEstate();
  for (const { entry, evidence } of entries) {
    estate.size = evidence.index;
    const blobs = new Map(evidence.blobs.map((bytes) => [digestOf(bytes), bytes]));
    const blob = (digest: Digest) => blobs.get(digest);
    const admitted = admit(estate, entry, { reading: "excerpt", verify, blob });
    if (isRefused(admitted)) {
      return refused(admitted.refused, `entry ${evidence.index}: ${admitted.detail}`);
    }
    evolve(estate, admitted);
  }
  return estate;
}
