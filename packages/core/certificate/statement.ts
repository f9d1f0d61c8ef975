/**
 * What a certificate states: an in-toto Statement v1 whose predicate is shaped like a SLSA
 * Verification Summary (slsa.dev/spec/v1.2/verification_summary), with what a person wants to know.
 * A pure function of the estate: the journal's server signs it, and cannot make it say more.
 */

import { inventoryDigest } from "../authority/plan.ts";
import type { Proceeding } from "../authority/proceeding.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import type { Digest } from "../encoding/digest.ts";
import { assert } from "../encoding/refusal.ts";
import type { Estate } from "../estate/estate.ts";
import type { CoveringLook } from "../estate/judge.ts";

/** DSSE payload type of in-toto statements. */
export const statementPayloadType = "application/vnd.in-toto+json";
export const certificatePredicateType = "urn:writ:certificate:v1";

/** The canonical bytes of the statement that this fulfilled writ deserves. */
export function encodeCertificateStatement(estate: Estate, proceeding: Proceeding): Uint8Array {
  return encodeCanonical(certificateStatement(estate, proceeding));
}

/** The statement, as a document. */
export function certificateStatement(estate: Estate, proceeding: Proceeding): JsonObject {
  const { writ, digest, fulfilled } = proceeding;
  assert(
    fulfilled !== undefined && estate.root !== undefined,
    "only a fulfilled writ is certified",
  );
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      { name: `writ: ${writ.action} of ${writ.component}`, digest: { sha256: hex(digest) } },
      { name: "inventory", digest: { sha256: hex(inventoryDigest(writ.inventory)) } },
    ],
    predicateType: certificatePredicateType,
    predicate: {
      verifier: { id: `urn:writ:journal:${estate.root.document.journal.origin}` },
      timeVerified: new Date(fulfilled.time).toISOString(),
      resourceUri: `urn:writ:estate:${hex(writ.estate)}:component:${writ.component}`,
      policy: { digest: { sha256: hex(writ.root) } },
      verificationResult: "PASSED",
      action: writ.action,
      component: writ.component,
      from: writ.from.map(({ release }) => release),
      ...(writ.to === undefined ? {} : { to: writ.to.release }),
      reason: writ.reason,
      proposer: writ.proposer,
      keys: keysKind(proceeding),
      approvals: [...proceeding.approvals.values()].map(({ person, key, custody, index }) => ({
        person,
        key,
        custody,
        entry: index,
      })),
      execution: writ.steps.map((step, at) => ({
        step: step.step,
        host: step.host,
        placement: step.placement,
        phase: proceeding.steps.get(at)?.phase ?? "not begun",
      })),
      coverage: fulfilled.covered.map(coverageOf),
      blindSpots: writ.verification.blindSpots.map(({ host, spot }) => ({ host, ...spot })),
      watchSeconds: writ.verification.watchSeconds,
    },
  };
}

/** How the approving keys are kept: certificates say so, since software keys can be reached. */
export function keysKind(proceeding: Proceeding): "hardware keys" | "software keys" | "mixed keys" {
  const custodies = new Set([...proceeding.approvals.values()].map(({ custody }) => custody));
  if (custodies.size > 1) return "mixed keys";
  return custodies.has("hardware") ? "hardware keys" : "software keys";
}

function coverageOf({ host, index, began, ended, ledgers }: CoveringLook): Json {
  return {
    host,
    entry: index,
    began,
    ended,
    vantages: ledgers.map(({ vantage, roots, entries, bytes, gapsTotal }) => ({
      vantage,
      roots,
      entries,
      bytes,
      gaps: gapsTotal,
    })),
  };
}

function hex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
