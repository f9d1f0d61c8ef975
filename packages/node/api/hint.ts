/** What a person should do about a refusal, and the HTTP status that carries it. */
import type { RefusalCode, Refused } from "@writ/core";
import type { RefusalAnswer } from "./schema.ts";

export type RefusalStatus = 400 | 403 | 404 | 409 | 413 | 422 | 503;

type Guidance = { readonly status: RefusalStatus; readonly hint: string };

const signHint = "sign with a key of the trust root in force, in the role that may say this";
const redrawHint = "draw the writ anew from the register as it is, and have it signed";
const chainHint = "ask GET /api/keys/{keyid}/head for the next place in the key's chain";
const clientHint = "the client and this server disagree about the format; use the same version";

const guidance: { readonly [K in RefusalCode]: Guidance } = {
  malformed: { status: 400, hint: clientHint },
  "not-canonical": { status: 400, hint: "encode as RFC 8785 says; the bytes are what is signed" },
  oversized: { status: 413, hint: "send less at once; split a census by roots" },
  "unknown-version": { status: 400, hint: "use a Writ of the server's version" },
  "unknown-kind": { status: 400, hint: clientHint },
  "unknown-signer": { status: 403, hint: signHint },
  "bad-signature": { status: 403, hint: "sign the exact bytes again; they were changed since" },
  "wrong-role": { status: 403, hint: signHint },
  "duplicate-signer": { status: 400, hint: "sign with one key, once" },
  "chain-gap": { status: 409, hint: chainHint },
  "chain-fork": {
    status: 409,
    hint: `${chainHint}; if nobody else used the key, it is in two places`,
  },
  replayed: { status: 409, hint: "nothing to do: it was said before" },
  "cloned-key": {
    status: 403,
    hint: "something else signs with this key: take it out of the trust root",
  },
  unattested: {
    status: 422,
    hint: "enrol a hardware authenticator of a make that the trust root lists",
  },
  "bad-trust-root": { status: 422, hint: "correct the trust root, or follow the one in force" },
  "root-not-quorate": { status: 422, hint: "have the amendment's quorum sign, old and new" },
  "no-trust-root": { status: 409, hint: "submit the first trust root: ./writ up does it" },
  "wrong-estate": {
    status: 422,
    hint: "pin this estate's first trust root, or ask another server",
  },
  "unknown-reference": { status: 404, hint: "check the name; register it first if it is new" },
  "conflicting-register": { status: 422, hint: "give it another name, or correct the document" },
  "lifecycle-by-writ-only": { status: 422, hint: "order a writ: only sight moves a lifecycle" },
  "missing-blob": { status: 422, hint: "send the blob that the entry names with it" },
  "wrong-blob": { status: 422, hint: "send the very bytes whose digest the entry names" },
  "unknown-writ": { status: 404, hint: "list the writs with GET /api/writs" },
  "writ-expired": { status: 422, hint: redrawHint },
  "writ-closed": { status: 422, hint: "a no is final; draw a new writ if it is still wanted" },
  "writ-vetoed": { status: 422, hint: "a veto is final; draw a new writ if it is still wanted" },
  "writ-not-armed": { status: 422, hint: "wait for the quorum, and for witnesses to see it" },
  barred: { status: 403, hint: "the policy in the trust root says so; have somebody else do it" },
  "policy-unreadable": {
    status: 422,
    hint: "use a Writ with the policy's engine, or correct the policy",
  },
  "own-proposal": { status: 422, hint: "have others approve it" },
  "already-decided": { status: 409, hint: "nothing to do: this person has decided" },
  unacceptable: {
    status: 409,
    hint: "put it right, or accept it for a shorter time: ./writ findings accept --help",
  },
  "past-the-fence": { status: 409, hint: "order the way back with a new writ" },
  "stale-inventory": { status: 409, hint: redrawHint },
  "wrong-plan": { status: 422, hint: redrawHint },
  "out-of-order": { status: 409, hint: "do the steps in the writ's order" },
  "stale-sight": { status: 409, hint: "look again, since the state GET /api/witnessed names" },
  undeserved: { status: 422, hint: "only a fulfilled writ is certified" },
  "bad-proof": { status: 422, hint: "read the proof again; if it stays so, keep both and ask why" },
  "bad-checkpoint": { status: 422, hint: "read the checkpoint again" },
  "not-cosigned": { status: 422, hint: "see that a threshold of witnesses is up" },
  fork: { status: 409, hint: "stop: two histories were shown; keep both as evidence" },
  "rollback-of-history": { status: 409, hint: "stop: history went back; keep both as evidence" },
  overloaded: { status: 503, hint: "submit the same again after Retry-After" },
  unavailable: { status: 503, hint: "submit the same again after Retry-After" },
  "exposed-key": { status: 422, hint: "chmod 600 the key file, or replace the key" },
};

/** The status of a refusal's HTTP answer. */
export function statusOf(code: RefusalCode): RefusalStatus {
  return guidance[code].status;
}

/** A refusal as the API answers it. */
export function refusalAnswer({ refused, detail }: Refused): RefusalAnswer {
  return { refused, detail, hint: guidance[refused].hint };
}

/** True for a code of the closed list: what another server says may be newer than this client. */
export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(guidance, text);
}

/** What to do about a refusal. */
export function hintFor(code: RefusalCode): string {
  return guidance[code].hint;
}
