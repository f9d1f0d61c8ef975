/** Admission of what the journal's own server says: witnessed time, and certificates. */

import { currentState } from "../authority/proceeding.ts";
import type { TrustRoot } from "../authority/trust-root.ts";
import { encodeCertificateStatement, statementPayloadType } from "../certificate/statement.ts";
import { equalBytes, toHex, toUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import type { Estate } from "../estate/estate.ts";
import type { BodyOf } from "../journal/entry.ts";
import { parseEnvelope, preAuthenticationEncoding } from "../journal/envelope.ts";
import { checkSignature, knownKey } from "../signature/key.ts";
import { openCheckpoint } from "../tlog/checkpoint.ts";
import { verifyCosigned, type WitnessPolicy } from "../tlog/cosignature.ts";
import { appendLeaf, frontierRoot } from "../tlog/merkle.ts";
import { noteKeyTypes, type VerifierKey, type VerifyEd25519, verifierKey } from "../tlog/note.ts";
import type { AdmissionPorts } from "./admit.ts";
import type { Signer } from "./signer.ts";

/** A checkpoint that was found to be the journal's own, and cosigned. */
export type Cosigned = { readonly size: number; readonly root: string; readonly time: number };

/** The journal's checkpoint key, as notes name it. */
export function journalVerifierKey(root: TrustRoot): VerifierKey {
  const key = verifierKey(
    root.document.journal.origin,
    noteKeyTypes.ed25519,
    root.journalKey.bytes,
  );
  if (isRefused(key)) throw new Error(`assertion failed: ${key.detail}`);
  return key;
}

/** Which witnesses' cosignatures a trust root counts. */
export function witnessPolicy(root: TrustRoot): WitnessPolicy {
  const witnesses = root.document.principals.flatMap((principal) => {
    if (principal.kind !== "witness") return [];
    return principal.keys.flatMap((written) => {
      const key = knownKey(written);
      if (isRefused(key)) return [];
      const named = verifierKey(principal.name, noteKeyTypes.cosignature, key.bytes);
      return isRefused(named) ? [] : [named];
    });
  });
  return { witnesses, threshold: root.document.witnessThreshold };
}

/** Reads a checkpoint's text: the journal's signature, and a threshold of cosignatures. */
export function readCosigned(
  root: TrustRoot,
  text: string,
  verify: VerifyEd25519,
): Cosigned | Refused {
  const log = { origin: root.document.journal.origin, key: journalVerifierKey(root) };
  const opened = openCheckpoint(toUtf8(text), log, verify);
  if (isRefused(opened)) return opened;
  const cosigned = verifyCosigned(opened.note, witnessPolicy(root), verify);
  if (isRefused(cosigned)) return cosigned;
  // Notes may carry strangers' lines, which readers ignore. Here they would be bytes that nobody
  // vouches for, and a certificate must have none.
  if (opened.note.signatures.length !== cosigned.cosignatures.length + 1) {
    return refused("bad-checkpoint", "the checkpoint has signature lines of strangers");
  }
  const { size, root: hash } = opened.checkpoint;
  return { size, root: toHex(hash), time: cosigned.timestamp * 1000 };
}

/** Checks a witnessed checkpoint against the journal that is being folded. */
export function admitWitnessed(
  estate: Estate,
  root: TrustRoot,
  { body, ports }: { readonly body: BodyOf<"witnessed">; readonly ports: AdmissionPorts },
): Cosigned | Refused {
  const cosigned = readCosigned(root, body.checkpoint, ports.verify);
  if (isRefused(cosigned)) return cosigned;
  const { size } = cosigned;
  if (size > estate.size) return refused("bad-checkpoint", "it is of entries that are not there");
  if (size <= (estate.lastWitnessed?.size ?? 0)) {
    return refused("rollback-of-history", "it is not newer than the last witnessed checkpoint");
  }
  if (ports.reading === "excerpt") return cosigned;
  let frontier = estate.frontier;
  for (const leaf of estate.leavesSince.slice(0, size - frontier.size)) {
    frontier = appendLeaf(frontier, leaf);
  }
  return toHex(frontierRoot(frontier)) === cosigned.root
    ? cosigned
    : refused("fork", `the witnessed root of ${size} entries is not this journal's`);
}

/** Checks that a certificate says what sight bears out, word for word. */
export function admitCertificate(
  estate: Estate,
  given: {
    readonly body: BodyOf<"certificate">;
    readonly statement: Uint8Array;
    readonly signer: Signer;
    readonly verify: VerifyEd25519;
  },
): Refused | undefined {
  const proceeding = estate.proceedings.get(given.body.writ);
  if (proceeding === undefined) return refused("unknown-writ", `no writ ${given.body.writ}`);
  if (currentState(proceeding) !== "fulfilled") {
    return refused("undeserved", `the writ is ${currentState(proceeding)}, not fulfilled`);
  }
  if (proceeding.certificateIndex !== undefined && proceeding.revokedIndex === undefined) {
    return refused("replayed", "the writ has a certificate");
  }
  const envelope = parseEnvelope(given.statement);
  if (isRefused(envelope)) return envelope;
  if (envelope.payloadType !== statementPayloadType) {
    return refused("unknown-kind", `the statement's type is not ${statementPayloadType}`);
  }
  if (!equalBytes(envelope.payload, encodeCertificateStatement(estate, proceeding))) {
    return refused("undeserved", "the statement is not what the journal bears out");
  }
  const [signature, ...more] = envelope.signatures;
  if (signature === undefined || more.length > 0 || signature.key !== given.signer.key.id) {
    return refused("unknown-signer", "the statement is not signed by the journal alone");
  }
  const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
  const signed = { message, signature: signature.signature };
  return checkSignature(given.signer.key, signed, given.verify);
}
