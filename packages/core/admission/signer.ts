/** Who signed an entry, and whether such a one may say such a thing. */

import type { Principal, PrincipalKind, TrustRoot } from "../authority/trust-root.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import type { Entry, EntryKind } from "../journal/entry.ts";
import { preAuthenticationEncoding } from "../journal/envelope.ts";
import { checkSignature, type KnownKey, signatureCounter } from "../signature/key.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";

export type Signer = {
  readonly principal: Principal;
  readonly key: KnownKey;
  /** How often the device says that it has signed, if it counts. */
  readonly counter?: number;
};

/** Which kinds of principal may say which kinds of entry. What is not here may not be said. */
const speakers: { readonly [K in Exclude<EntryKind, "root">]: readonly PrincipalKind[] } = {
  register: ["human"],
  claim: ["agent", "executor"],
  heartbeat: ["probe"],
  census: ["probe"],
  proposal: ["human", "agent"],
  decision: ["human"],
  execution: ["executor"],
  witnessed: ["journal"],
  refusal: ["journal"],
  certificate: ["journal"],
  disposition: ["human"],
};

/** The one signer of an entry that is not a trust root, with the signature checked. */
export function signerOf(root: TrustRoot, entry: Entry, verify: VerifyEd25519): Signer | Refused {
  const { signatures } = entry.envelope;
  const { kind } = entry.body;
  if (kind === "root") return refused("wrong-role", "a trust root is signed by quorums");
  if (signatures.length !== 1) {
    return refused(
      "duplicate-signer",
      `a ${kind} has one signature, this has ${signatures.length}`,
    );
  }
  const { key: id, signature } = signatures[0]!;
  const signer = root.keys.get(id);
  if (signer === undefined) {
    return refused("unknown-signer", `key ${id} is nobody's in the trust root`);
  }
  if (!speakers[kind].includes(signer.principal.kind)) {
    const { name, kind: role } = signer.principal;
    return refused("wrong-role", `${name} is ${withArticle(role)}, who may not say a ${kind}`);
  }
  const { payloadType, payload } = entry.envelope;
  const message = preAuthenticationEncoding(payloadType, payload);
  const bad = checkSignature(signer.key, { message, signature }, verify);
  if (bad !== undefined) return bad;
  const counter = signatureCounter(signer.key, signature);
  return counter === undefined ? signer : { ...signer, counter };
}

function withArticle(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}
