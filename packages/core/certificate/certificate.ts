/**
 * A certificate: one file with everything that proves a fulfilled writ to a stranger with no
 * network: the statement, and the journal's entries behind it, each with its inclusion proof in one
 * cosigned checkpoint. Its bytes are canonical, so that no byte of it can change unseen.
 */
import { fromBase64, toBase64, toUtf8 } from "../encoding/bytes.ts";
import {
  encodeCanonical,
  type JsonObject,
  parseCanonicalObject,
} from "../encoding/canonical-json.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { integer, list, object, oneOf, read, type Shaped, text } from "../encoding/shape.ts";

/** Entries in one certificate: a writ of many hosts has a census for each. */
const evidenceMax = 100_000;
/** Bytes of a certificate's file. */
export const certificateBytesMax = 512 * 1024 * 1024;
const base64LengthMax = 100 * 1024 * 1024;

const evidenceShape = object({
  index: integer(0, Number.MAX_SAFE_INTEGER),
  /** The entry's bytes, base64. */
  entry: text(base64LengthMax),
  /** Blobs that the entry names, base64. */
  blobs: list(text(base64LengthMax), 4),
  /** Inclusion proof: hashes in base64, leaf to root (RFC 6962 §2.1.1). */
  proof: list(text(44, 44), 64),
});

const certificateShape = object({
  format: oneOf("writ-certificate/v1"),
  /** The checkpoint that every entry is proven to be in: a C2SP signed note with cosignatures. */
  checkpoint: text(16_384),
  evidence: list(evidenceShape, evidenceMax),
});

export type CertificateDocument = Shaped<typeof certificateShape>;

export type Evidence = {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly blobs: readonly Uint8Array[];
  readonly proof: readonly Uint8Array[];
};

export type Certificate = {
  readonly checkpoint: string;
  /** In journal order; the last one is the certificate entry itself. */
  readonly evidence: readonly Evidence[];
};

/** The bytes of a certificate's file: canonical JSON and a newline. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  const document: CertificateDocument = {
    format: "writ-certificate/v1",
    checkpoint: certificate.checkpoint,
    evidence: certificate.evidence.map(({ index, entry, blobs, proof }) => ({
      index,
      entry: toBase64(entry),
      blobs: blobs.map(toBase64),
      proof: proof.map(toBase64),
    })),
  };
  const json = encodeCanonical(document as unknown as JsonObject);
  const file = new Uint8Array(json.length + 1);
  file.set(json);
  file[json.length] = newline;
  return file;
}

/** Reads a certificate's file. Nothing in it is proven yet. */
export function parseCertificate(file: Uint8Array): Certificate | Refused {
  if (file.at(-1) !== newline)
    return refused("not-canonical", "the file does not end in a newline");
  const json = parseCanonicalObject(file.subarray(0, -1));
  if (isRefused(json)) return json;
  const document = read(certificateShape, json, "certificate");
  if (isRefused(document)) return document;
  const evidence: Evidence[] = [];
  for (const written of document.evidence) {
    const entry = fromBase64(written.entry);
    const blobs = written.blobs.map(fromBase64);
    const proof = written.proof.map(fromBase64);
    if (entry === undefined || !allBytes(blobs) || !allBytes(proof)) {
      return refused("malformed", `evidence of entry ${written.index} is not base64`);
    }
    if (written.index <= (evidence.at(-1)?.index ?? -1)) {
      return refused("out-of-order", "evidence is not in journal order");
    }
    evidence.push({ index: written.index, entry, blobs, proof });
  }
  return { checkpoint: document.checkpoint, evidence };
}

const newline = toUtf8("\n")[0]!;

function allBytes(list: readonly (Uint8Array | undefined)[]): list is readonly Uint8Array[] {
  return list.every((bytes) => bytes !== undefined);
}
