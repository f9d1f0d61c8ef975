/**
 * A trial record: what a run showed of a subject, signed by the lab, so that a policy can ask for
 * it before a model gets an operator's role. It names the subject exactly: of another it says
 * nothing.
 */
import {
  type Digest,
  digestOf,
  encodeCanonical,
  encodeEnvelope,
  isRefused,
  type JsonObject,
  keyIdOf,
  parseCanonicalObject,
  parseEnvelope,
  preAuthenticationEncoding,
  type Refused,
  refused,
} from "@writ/core";
import { type CellSummary, cellDigest } from "@writ/lab";
import { verifyNative } from "@writ/node/ed25519";
import type { SigningKey } from "@writ/node/key-file";
import { type Plan, subjectOf } from "./plan.ts";
import type { RunReport } from "./verdict.ts";

/** Its own payload type: an entry of the journal is never taken for one, nor it for an entry. */
export const trialPayloadType = "application/vnd.writ.trial+json";

export type TrialSubject = {
  /** Subject, harness and limits: whatever of it changes makes the record stale. */
  readonly subject: string;
  readonly harness: string;
  readonly preset: string;
};

/** The record's bytes, with the lab's signature. Only a valid run has one. */
export async function sealTrial(
  plan: Plan,
  facts: { readonly digest: string; readonly report: RunReport; readonly at: string },
  key: SigningKey,
): Promise<Uint8Array | Refused> {
  const { digest, report, at } = facts;
  if (report.verdict !== "valid") {
    return refused("undeserved", `the run is ${report.verdict}: it has no trial record`);
  }
  const payload = encodeCanonical({
    kind: "trial",
    version: 1,
    ...subjectOf(plan),
    plan: digest,
    at,
    rollouts: plan.rollouts,
    controls: { expected: report.controls.expected, right: report.controls.right },
    cells: report.cells.map(cellJson),
  });
  const signature = await key.sign(preAuthenticationEncoding(trialPayloadType, payload));
  const signatures = [{ key: keyIdOf("ed25519", key.publicKey), signature }];
  return encodeEnvelope({ payloadType: trialPayloadType, payload, signatures });
}

function cellJson({ cell, name, statuses, shown }: CellSummary): JsonObject {
  const counts = Object.entries(shown).map(([behaviour, { k, n }]) => [behaviour, { k, n }]);
  return {
    cell: `sha256:${cellDigest(cell)}`,
    name,
    statuses: { ...statuses },
    shown: Object.fromEntries(counts) as JsonObject,
  };
}

/** Reads a record that the key signed. Refuses another's, and another kind of statement. */
export function openTrial(bytes: Uint8Array, publicKey: Uint8Array): JsonObject | Refused {
  const envelope = parseEnvelope(bytes);
  if (isRefused(envelope)) return envelope;
  if (envelope.payloadType !== trialPayloadType) {
    return refused("unknown-kind", "this is no trial record");
  }
  const signature = envelope.signatures.find(({ key }) => key === keyIdOf("ed25519", publicKey));
  if (signature === undefined) return refused("unknown-signer", "another key signed the record");
  const signed = preAuthenticationEncoding(trialPayloadType, envelope.payload);
  if (!verifyNative(publicKey, signed, signature.signature)) {
    return refused("bad-signature", "the signature does not match the record");
  }
  return parseCanonicalObject(envelope.payload);
}

/** True if a record says something of this subject as it is now: nothing of it has changed. */
export function isAbout(record: JsonObject, { subject, harness, preset }: TrialSubject): boolean {
  return record.subject === subject && record.harness === harness && record.preset === preset;
}

/** What identifies a record's bytes, as an entry would name them. */
export function trialDigest(bytes: Uint8Array): Digest {
  return digestOf(bytes);
}
