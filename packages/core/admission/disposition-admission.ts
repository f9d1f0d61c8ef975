/**
 * Admission of a person's word on a finding. Nobody accepts what does not stand, for ever, or what
 * an order of several people is about; no key but that of a person whom the trust root names.
 */
import type { TrustRoot } from "../authority/trust-root.ts";
import { type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type { Estate } from "../estate/estate.ts";
import { isAcceptable } from "../finding/disposition.ts";
import { isRule } from "../finding/finding.ts";
import { standing } from "../finding/findings.ts";
import type { Scope } from "../finding/scope.ts";
import type { BodyOf } from "../journal/entry.ts";
import type { AdmissionPorts } from "./admit.ts";
import type { Signer } from "./signer.ts";

const millisecondsOfDay = 86_400_000;

type Disposing = {
  readonly body: BodyOf<"disposition">;
  readonly signer: Signer;
  readonly reading: AdmissionPorts["reading"];
};

/** Why this word may not be said of this finding; `undefined` if it may. */
export function admitDisposition(
  estate: Estate,
  root: TrustRoot,
  { body, signer, reading }: Disposing,
): Refused | undefined {
  const { owner, says, rule } = body;
  if (owner !== undefined && !isSomebody(root, owner)) {
    return refused("unknown-reference", `${owner} is no person and no group of the trust root`);
  }
  switch (says) {
    case "accept": {
      const barred = checkAcceptance(estate, root, { body, signer });
      if (barred !== undefined) return barred;
      break;
    }
    case "assign":
      if (owner === undefined) return refused("malformed", "to assign it, name its owner");
      break;
    case "withdraw":
      return estate.dispositions.get(body.finding)?.accepted === undefined
        ? refused("unknown-reference", "nobody accepted this finding")
        : undefined;
    default:
      return unreachable(says);
  }
  // An excerpt lacks what the finding follows from; that it stood the whole's readers checked.
  if (reading === "excerpt") return undefined;
  const found = isRule(rule) ? standingNow(estate, { ...body, rule }) : undefined;
  if (found === undefined) {
    return refused("unknown-reference", "no such finding stands now: see the findings again");
  }
  return says === "assign" || isAcceptable(found)
    ? undefined
    : refused("unacceptable", `what is ${rule} is put right, and accepted by nobody`);
}

function checkAcceptance(
  estate: Estate,
  root: TrustRoot,
  { body, signer }: Pick<Disposing, "body" | "signer">,
): Refused | undefined {
  const { acceptance, groups } = root.document;
  const person = signer.principal.name;
  if (acceptance === undefined) {
    return refused("wrong-role", "the trust root lets nobody accept findings");
  }
  const members = groups.find(({ name }) => name === acceptance.group)?.members ?? [];
  if (!members.includes(person)) {
    return refused("wrong-role", `${person} is not in ${acceptance.group}, who may accept`);
  }
  if (body.until === undefined || body.owner === undefined) {
    return refused("malformed", "an acceptance names its owner, and until when it holds");
  }
  const milliseconds = Date.parse(body.until) - estate.time;
  if (milliseconds <= 0) return refused("unacceptable", "it would be over already");
  return milliseconds <= acceptance.daysMax * millisecondsOfDay
    ? undefined
    : refused("unacceptable", `for more than ${acceptance.daysMax} days, the trust root's limit`);
}

function isSomebody(root: TrustRoot, name: string): boolean {
  return (
    root.principals.get(name)?.kind === "human" ||
    root.document.groups.some((group) => group.name === name)
  );
}

function standingNow(
  estate: Estate,
  {
    finding,
    rule,
    host,
    writ,
  }: Omit<BodyOf<"disposition">, "rule"> & {
    readonly rule: Parameters<typeof standing>[1]["rule"];
  },
) {
  const scopes: readonly Scope[] = [
    { over: "host", host },
    ...(writ === undefined || !estate.proceedings.has(writ)
      ? []
      : [{ over: "writ" as const, writ }]),
    { over: "all" },
  ];
  return standing(estate, { digest: finding, rule, scopes });
}
