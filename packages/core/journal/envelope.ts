/**
 * The envelope of an entry: DSSE (secure-systems-lab/dsse, protocol v1), as canonical JSON.
 * One fact has one envelope: base64 is strict, members are sorted, nothing may be added.
 */
import { concatBytes, fromBase64, toBase64, toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, parseCanonicalObject } from "../encoding/canonical-json.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { list, matching, object, read, text } from "../encoding/shape.ts";
import type { KeyId } from "../signature/key.ts";

/** A tile stores each entry behind a 16-bit length prefix (c2sp.org/tlog-tiles). */
export const entryBytesMax = 65_535;
/** Signatures on one envelope: a trust root is signed by the quorums of two versions. */
export const signaturesMax = 64;

/** The payload type of entries. Other statements (in-toto) have their own and never mix. */
export const entryPayloadType = "application/vnd.writ.entry+json";

export type Signature = { readonly key: KeyId; readonly signature: Uint8Array };

export type Envelope = {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
};

const envelopeShape = object({
  payload: text(entryBytesMax * 4),
  payloadType: text(128),
  signatures: list(
    object({
      keyid: matching(/^[0-9a-f]{32}$/, "a key id of 32 hex digits"),
      sig: text(8192),
    }),
    signaturesMax,
  ),
});

/** The bytes that are signed: DSSE's pre-authentication encoding. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = toUtf8(payloadType);
  return concatBytes(
    toUtf8(`DSSEv1 ${type.length} `),
    type,
    toUtf8(` ${payload.length} `),
    payload,
  );
}

/** The canonical bytes of an envelope. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encodeCanonical({
    payload: toBase64(envelope.payload),
    payloadType: envelope.payloadType,
    signatures: envelope.signatures.map(({ key, signature }) => ({
      keyid: key,
      sig: toBase64(signature),
    })),
  });
}

/** Reads an envelope. Refuses whatever {@link encodeEnvelope} would write otherwise. */
export function parseEnvelope(bytes: Uint8Array): Envelope | Refused {
  const json = parseCanonicalObject(bytes);
  if (isRefused(json)) return json;
  const raw = read(envelopeShape, json, "envelope");
  if (isRefused(raw)) return raw;
  const payload = fromBase64(raw.payload);
  if (payload === undefined) return refused("malformed", "envelope.payload is not base64");
  if (raw.signatures.length === 0) return refused("bad-signature", "the envelope is not signed");
  const signatures: Signature[] = [];
  for (const { keyid, sig } of raw.signatures) {
    const signature = fromBase64(sig);
    if (signature === undefined) return refused("malformed", "a signature is not base64");
    if (signatures.some((other) => other.key === keyid)) {
      return refused("duplicate-signer", `key ${keyid} signed twice`);
    }
    signatures.push({ key: keyid as KeyId, signature });
  }
  return { payloadType: raw.payloadType, payload, signatures };
}
