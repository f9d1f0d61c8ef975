/**
 * The trust root: who may sign what. A versioned document; each version is signed by a quorum of
 * the one before and of its own, so whoever pins one version can follow it to the newest.
 *
 * The counting rules answer known double-counting bugs (python-tuf CVE-2020-6174, tough
 * CVE-2020-15093, go-tuf GHSA-fphv-w9fq-2525): one key belongs to one principal, compared by its
 * material; a threshold is at least one; a principal fills one seat only.
 */

import type { JsonObject } from "../encoding/canonical-json.ts";
import { encodeCanonical } from "../encoding/canonical-json.ts";
import { type Digest, digestOf } from "../encoding/digest.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import {
  boolean,
  digest,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";
import { type KeyId, type KnownKey, knownKey, publicKeyShape } from "../signature/key.ts";
import { softAuthenticators } from "../signature/passkey-enrolment.ts";
import { passkeysShape } from "../signature/webauthn.ts";
import { policyShape } from "./policy.ts";

/** A trust root must fit an entry (64 KiB) with two quorums of signatures. */
export const principalsMax = 256;
const groupsMax = 64;

/** What stands for longer is no exception any more: what ought to be must change. */
const acceptanceDaysMax = 366;

/** Names are shown to people and compared by eye: plain ASCII, no look-alikes. */
export const nameShape = matching(/^[a-z0-9][a-z0-9._-]{0,63}$/, "a plain lower-case name");

export const principalKinds = [
  "human",
  "agent",
  "probe",
  "executor",
  "witness",
  "journal",
] as const;
export type PrincipalKind = (typeof principalKinds)[number];

export const writActions = [
  "rollback",
  "replace",
  "decommission",
  "quarantine",
  "restore",
  "rotate",
] as const;
export type WritAction = (typeof writActions)[number];

const seats = list(object({ group: nameShape, threshold: integer(1, principalsMax) }), groupsMax);

export const trustRootShape = object({
  /** Which version of the estate's trust root this is, from 1. */
  number: integer(1, 1_000_000),
  /** Digest of the version before; absent in the first. */
  previous: optional(digest),
  name: nameShape,
  principals: list(
    object({
      name: nameShape,
      kind: oneOf(...principalKinds),
      keys: list(publicKeyShape, 8),
      /** Which host a probe or an executor speaks for. */
      host: optional(nameShape),
    }),
    principalsMax,
  ),
  groups: list(object({ name: nameShape, members: list(nameShape, principalsMax) }), groupsMax),
  /** For each action: every group must fill its seats (AND), with different people. */
  quorums: list(object({ action: oneOf(...writActions), seats }), writActions.length),
  /** Who signs the next version of this document. */
  amendment: seats,
  /** The journal's own name and checkpoint key (c2sp.org/tlog-checkpoint). */
  journal: object({ origin: text(255), key: publicKeyShape }),
  /** How many witnesses must cosign a checkpoint. */
  witnessThreshold: integer(1, principalsMax),
  /** True admits humans' keys that are not known to live in hardware; certificates then say so. */
  softwareKeys: boolean,
  /** Whose passkeys count, and where; absent if nobody has one. */
  passkeys: optional(passkeysShape),
  /** Who may propose and approve what, within the quorums; absent if all may. */
  policy: optional(policyShape),
  /** Whose members may accept findings, and for how long at most; absent if nobody may. */
  acceptance: optional(object({ group: nameShape, daysMax: integer(1, acceptanceDaysMax) })),
  /** A probe not heard for so long (witnessed time) is silent. */
  silenceSeconds: integer(1, 31_536_000),
  /** How long a fulfilled writ stays open to being defied. */
  watchSeconds: integer(1, 31_536_000),
});

export type TrustRootDocument = Shaped<typeof trustRootShape>;
export type Principal = TrustRootDocument["principals"][number];
export type Seats = TrustRootDocument["amendment"];

/** A trust root that was checked, with its keys read. */
export type TrustRoot = {
  readonly digest: Digest;
  readonly document: TrustRootDocument;
  readonly keys: ReadonlyMap<KeyId, { readonly principal: Principal; readonly key: KnownKey }>;
  readonly principals: ReadonlyMap<string, Principal>;
  readonly journalKey: KnownKey;
};

/** Checks a trust root's own sense. Whether it is signed is for admission to say. */
export function trustRoot(document: TrustRootDocument): TrustRoot | Refused {
  const bad = (detail: string) => refused("bad-trust-root", detail);
  const principals = new Map<string, Principal>();
  const keys = new Map<KeyId, { principal: Principal; key: KnownKey }>();
  for (const principal of document.principals) {
    if (principals.has(principal.name)) return bad(`principal ${principal.name} stands twice`);
    principals.set(principal.name, principal);
    if (principal.keys.length === 0) return bad(`principal ${principal.name} has no key`);
    if ((principal.kind === "probe" || principal.kind === "executor") && !principal.host) {
      return bad(`${principal.kind} ${principal.name} has no host`);
    }
    for (const written of principal.keys) {
      const key = knownKey(written, document.passkeys);
      if (isRefused(key)) return key;
      if (keys.has(key.id)) return bad(`key ${key.id} belongs to two principals or stands twice`);
      if (principal.kind === "human" && key.custody === "software" && !document.softwareKeys) {
        return bad(`${principal.name} has a software key, which this trust root does not admit`);
      }
      if (principal.kind !== "human" && key.type !== "ed25519") {
        return bad(`${principal.name} is no human and must have a plain ed25519 key`);
      }
      keys.set(key.id, { principal, key });
    }
  }
  const soft = document.passkeys?.authenticators.find(({ aaguid }) => aaguid in softAuthenticators);
  if (soft !== undefined) {
    const what = softAuthenticators[soft.aaguid];
    return bad(`${what} is a program, and no make of hardware to admit`);
  }
  const journalKey = knownKey(document.journal.key);
  if (isRefused(journalKey)) return journalKey;
  if (journalKey.type !== "ed25519" || keys.has(journalKey.id)) {
    return bad("the journal's checkpoint key must be an ed25519 key of its own");
  }
  const witnesses = document.principals.filter(({ kind }) => kind === "witness").length;
  if (document.witnessThreshold > witnesses) return bad("fewer witnesses than their threshold");
  const groups = checkGroups(document, principals);
  if (groups !== undefined) return groups;
  const digest = digestOf(encodeCanonical(document as unknown as JsonObject));
  return { digest, document, keys, principals, journalKey };
}

function checkGroups(
  document: TrustRootDocument,
  principals: ReadonlyMap<string, Principal>,
): Refused | undefined {
  const bad = (detail: string) => refused("bad-trust-root", detail);
  const sizes = new Map<string, number>();
  for (const group of document.groups) {
    if (sizes.has(group.name)) return bad(`group ${group.name} stands twice`);
    if (new Set(group.members).size !== group.members.length) {
      return bad(`group ${group.name} lists a member twice`);
    }
    for (const member of group.members) {
      if (principals.get(member)?.kind !== "human") {
        return bad(`group ${group.name} has ${member}, who is not a human principal`);
      }
    }
    sizes.set(group.name, group.members.length);
  }
  const { acceptance } = document;
  if (acceptance !== undefined && (sizes.get(acceptance.group) ?? 0) === 0) {
    return bad(`group ${acceptance.group} may accept findings, and nobody is in it`);
  }
  const actions = new Set(document.quorums.map(({ action }) => action));
  if (actions.size !== document.quorums.length) return bad("an action has two quorums");
  for (const list of [document.amendment, ...document.quorums.map(({ seats }) => seats)]) {
    if (list.length === 0) return bad("a quorum with no group would let nobody's word count");
    if (new Set(list.map(({ group }) => group)).size !== list.length) {
      return bad("a quorum names a group twice");
    }
    for (const { group, threshold } of list) {
      if (threshold > (sizes.get(group) ?? 0))
        return bad(`group ${group} can never fill its seats`);
    }
  }
  return undefined;
}
