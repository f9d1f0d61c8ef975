/**
 * What a new version of the trust root changes, in words, before anyone signs it. What it newly
 * allows comes first: a rule that was loosened must not hide among names that were added.
 */
import { toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { digestOf } from "../encoding/digest.ts";
import { inertAscii } from "../encoding/inert.ts";
import { isRefused } from "../encoding/refusal.ts";
import { knownKey, type PublicKey } from "../signature/key.ts";
import type { Principal, Seats, TrustRootDocument } from "./trust-root.ts";

/** `allows`: something may be done that could not. `ends`: the reverse. `alters`: neither. */
export type RootChange = {
  readonly kind: "allows" | "ends" | "alters";
  /** One line, inert. */
  readonly text: string;
};

type Side = "allows" | "ends";

/**
 * Every change from one version to the next, what it newly allows first. Empty only if nothing but
 * `number` and `previous` differ. Without a version before, all that the first one allows.
 */
export function rootChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const told = [
    ...quorumChanges(before, after),
    ...groupChanges(before, after),
    ...principalChanges(before, after),
    ...limitChanges(before, after),
    ...passkeyChanges(before, after),
    ...policyText(before, after),
    ...otherChanges(before, after),
  ];
  const order = { allows: 0, ends: 1, alters: 2 } as const;
  const sorted = told
    .map((change) => ({ ...change, text: inertAscii(change.text) }))
    .sort((a, b) => order[a.kind] - order[b.kind]);
  if (sorted.length > 0 || before === undefined || sameButNumber(before, after)) return sorted;
  return [{ kind: "alters", text: "the same rules, written in another order" }];
}

/** Seats in words: `2 of operators and 1 of board (3 people)`. */
export function seatsText(seats: Seats): string {
  const people = seats.reduce((sum, { threshold }) => sum + threshold, 0);
  const groups = seats.map(({ group, threshold }) => `${threshold} of ${group}`).join(" and ");
  return `${groups} (${people} ${people === 1 ? "person" : "people"})`;
}

/** A key in words: its kind, how it is kept, and its id. */
export function keyText(written: PublicKey, document: TrustRootDocument): string {
  const key = knownKey(written, document.passkeys);
  if (isRefused(key)) return `${written.type} key that does not read`;
  const how = key.type === "webauthn" ? "passkey" : `${key.type} key`;
  return `${key.custody} ${how} ${key.id}`;
}

function quorumChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const rows = (document: TrustRootDocument | undefined) =>
    new Map<string, Seats>([
      ...(document?.quorums ?? []).map(
        ({ action, seats }) => [`order a ${action}`, seats] as const,
      ),
      ...(document === undefined ? [] : [["change the trust root", document.amendment] as const]),
    ]);
  const [old, now] = [rows(before), rows(after)];
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((what): RootChange[] => {
    const [was, is] = [old.get(what), now.get(what)];
    if (is === undefined) return [{ kind: "ends", text: `nobody may ${what} any more` }];
    if (was === undefined) return [{ kind: "allows", text: `${seatsText(is)} may ${what}` }];
    const isStricter = asksAll(was, is);
    if (isStricter && asksAll(is, was)) return [];
    const text = `to ${what}: ${seatsText(was)} -> ${seatsText(is)}`;
    return [{ kind: isStricter ? "ends" : "allows", text }];
  });
}

/** True if whoever fills the given seats has filled the wanted ones too. */
function asksAll(wanted: Seats, given: Seats): boolean {
  return wanted.every(({ group, threshold }) =>
    given.some((one) => one.group === group && one.threshold >= threshold),
  );
}

function groupChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const rows = (document: TrustRootDocument | undefined) =>
    (document?.groups ?? []).flatMap(({ name, members }) => [
      `group ${name}`,
      ...members.map((member) => `${member} sits in ${name}`),
    ]);
  return setChanges(rows(before), rows(after));
}

function principalChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const rows = (document: TrustRootDocument | undefined) =>
    (document?.principals ?? []).flatMap((principal) => principalRows(principal, document!));
  return setChanges(rows(before), rows(after));
}

function principalRows(
  { name, kind, host, keys }: Principal,
  document: TrustRootDocument,
): readonly string[] {
  const where = host === undefined ? "" : ` for host ${host}`;
  return keys.map((key) => {
    // Its credential and make are part of what is admitted, and no part of the key's id.
    const made =
      key.type === "webauthn"
        ? `, make ${key.attested ?? "not attested"}, credential ${key.credential}`
        : "";
    return `${name} speaks as ${kind}${where} with ${keyText(key, document)}${made}`;
  });
}

/** Lines that are only in the newer list are allowed now, those only in the older one no more. */
function setChanges(before: readonly string[], after: readonly string[]): readonly RootChange[] {
  const [old, now] = [new Set(before), new Set(after)];
  const lines = (kind: Side, from: ReadonlySet<string>, other: ReadonlySet<string>) =>
    [...from]
      .filter((text) => !other.has(text))
      .map((text): RootChange => ({ kind, text: kind === "ends" ? `no more: ${text}` : text }));
  return [...lines("allows", now, old), ...lines("ends", old, now)];
}

/** Numbers and switches: which direction of each lets more happen. */
const limits: readonly {
  readonly member: "witnessThreshold" | "silenceSeconds" | "watchSeconds" | "softwareKeys";
  readonly says: string;
  readonly looser: "higher" | "lower";
}[] = [
  { member: "witnessThreshold", says: "witnesses that must cosign", looser: "lower" },
  { member: "silenceSeconds", says: "seconds before a silent probe is told", looser: "higher" },
  { member: "watchSeconds", says: "seconds that a writ stays watched", looser: "lower" },
  { member: "softwareKeys", says: "people's keys in software are admitted", looser: "higher" },
];

function limitChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  return limits.flatMap(({ member, says, looser }): RootChange[] => {
    const is = after[member];
    const was = before?.[member];
    if (was === is) return [];
    if (was === undefined) return [{ kind: "alters", text: `${says}: ${is}` }];
    const isLooser = is > was === (looser === "higher");
    return [{ kind: isLooser ? "allows" : "ends", text: `${says}: ${was} -> ${is}` }];
  });
}

function passkeyChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const rows = ({ passkeys }: Partial<TrustRootDocument> = {}) =>
    passkeys === undefined
      ? []
      : [
          `passkeys of ${passkeys.relyingParty}`,
          ...passkeys.origins.map((origin) => `passkeys used at ${origin}`),
          ...passkeys.authenticators.flatMap(({ aaguid, name, roots = [] }) => [
            `passkeys made by ${name} (AAGUID ${aaguid})`,
            ...roots.map((der) => `AAGUID ${aaguid} is vouched for by ${digestOf(toUtf8(der))}`),
          ]),
        ];
  return setChanges(rows(before), rows(after));
}

/** That the text is another. What it comes to needs an engine: see `policyChanges`. */
function policyText(
  before: TrustRootDocument | undefined,
  { policy }: TrustRootDocument,
): readonly RootChange[] {
  const [was, is] = [before?.policy, policy].map((one) =>
    one === undefined ? "none" : `${one.engine}, ${digestOf(toUtf8(one.text))}`,
  );
  return was === is ? [] : [{ kind: "alters", text: `policy: ${was} -> ${is}` }];
}

/** Members that the lists above do not tell of: none may change without a word. */
const told: ReadonlySet<string> = new Set([
  ...["number", "previous", "principals", "groups", "quorums", "amendment", "passkeys", "policy"],
  ...limits.map(({ member }) => member),
]);

function otherChanges(
  before: TrustRootDocument | undefined,
  after: TrustRootDocument,
): readonly RootChange[] {
  const members = (document: TrustRootDocument | undefined) =>
    (document ?? {}) as { readonly [member: string]: Json | undefined };
  const [old, now] = [members(before), members(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name): RootChange[] => {
    if (told.has(name)) return [];
    const [was, is] = [written(old[name]), written(now[name])];
    if (was === is) return [];
    return [{ kind: "allows", text: `${name}: ${before === undefined ? "" : `${was} -> `}${is}` }];
  });
}

function written(value: Json | undefined): string {
  return value === undefined ? "none" : JSON.stringify(value);
}

function sameButNumber(before: TrustRootDocument, after: TrustRootDocument): boolean {
  const bytes = ({ number: _, previous: __, ...rest }: TrustRootDocument) =>
    encodeCanonical(rest as unknown as JsonObject).join();
  return bytes(before) === bytes(after);
}
