/** Admission of trust roots: each version is signed by the quorum before it and by its own. */

import { quorumMet } from "../authority/quorum.ts";
import { type TrustRoot, trustRoot } from "../authority/trust-root.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import type { Estate } from "../estate/estate.ts";
import type { EntryOf } from "../journal/entry.ts";
import { preAuthenticationEncoding } from "../journal/envelope.ts";
import { checkSignature } from "../signature/key.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";
import type { AdmissionPorts } from "./admit.ts";

/** Checks a new trust root against the one in force. */
export function admitRoot(
  estate: Estate,
  entry: EntryOf<"root">,
  { verify, policy: engine }: Pick<AdmissionPorts, "verify" | "policy">,
): TrustRoot | Refused {
  const next = trustRoot(entry.body.root);
  if (isRefused(next)) return next;
  const { policy } = next.document;
  // Who follows trust roots alone needs no engine; who folds finds here what it cannot read.
  const unreadable = policy === undefined ? undefined : engine?.check(policy);
  if (unreadable !== undefined) return unreadable;
  if (entry.statement.chain !== undefined) {
    return refused("malformed", "a trust root stands outside the chains of keys");
  }
  const follows = followsFrom(estate.root, next);
  if (follows !== undefined) return follows;
  const estateId = estate.id ?? next.digest;
  if (entry.statement.estate !== estateId) {
    return refused("wrong-estate", "the statement names another estate");
  }
  const roots = estate.root === undefined ? [next] : [estate.root, next];
  const known = new Set(roots.flatMap((root) => [...root.keys.keys()]));
  const stranger = entry.envelope.signatures.find(({ key }) => !known.has(key));
  if (stranger !== undefined) {
    return refused("unknown-signer", `key ${stranger.key} is nobody's in either trust root`);
  }
  for (const root of roots) {
    const people = rootSigners(root, entry, verify);
    if (isRefused(people)) return people;
    if (!quorumMet(root, root.document.amendment, people)) {
      const [of, signed] = [root.document.number, next.document.number];
      return refused(
        "root-not-quorate",
        `the quorum of version ${of} did not sign version ${signed}`,
      );
    }
  }
  return next;
}

function followsFrom(before: TrustRoot | undefined, next: TrustRoot): Refused | undefined {
  const { number, previous } = next.document;
  const expected = (before?.document.number ?? 0) + 1;
  if (number !== expected) return refused("bad-trust-root", `version ${number}, not ${expected}`);
  if (previous !== before?.digest) {
    return refused("bad-trust-root", "it does not name the version before it");
  }
  return undefined;
}

/** The humans of a root whose good signatures the entry bears. A bad one refuses the whole. */
export function rootSigners(
  root: TrustRoot,
  entry: EntryOf<"root">,
  verify: VerifyEd25519,
): ReadonlySet<string> | Refused {
  const people = new Set<string>();
  const { payloadType, payload } = entry.envelope;
  const message = preAuthenticationEncoding(payloadType, payload);
  for (const { key: id, signature } of entry.envelope.signatures) {
    const signer = root.keys.get(id);
    if (signer === undefined) continue;
    const bad = checkSignature(signer.key, { message, signature }, verify);
    if (bad !== undefined) return bad;
    if (signer.principal.kind === "human") people.add(signer.principal.name);
  }
  return people;
}
