/**
 * The fold: what an admitted entry makes of the estate. It never refuses (admission did) and never
 * asks the time: a claim is noted and moves nothing, and only sight and human words move a writ.
 */

import type { Admitted } from "../admission/admit.ts";
import type { Cosigned } from "../admission/journal-admission.ts";
import type { Signer } from "../admission/signer.ts";
import { seatsFor } from "../admission/writ-admission.ts";
import { nextStep, openProceeding } from "../authority/proceeding.ts";
import { quorumMet } from "../authority/quorum.ts";
import type { TrustRoot } from "../authority/trust-root.ts";
import type { Writ } from "../authority/writ.ts";
import { unreachable } from "../encoding/refusal.ts";
import type { BodyOf, Entry } from "../journal/entry.ts";
import { applyChange } from "../register/register.ts";
import type { Census } from "../sight/census.ts";
import { hear, see } from "../sight/host-sight.ts";
import { appendLeaf, hashLeaf } from "../tlog/merkle.ts";
import { checkpointsMax, claimsMax, dispositionsMax, type Estate } from "./estate.ts";
import { settle } from "./settle.ts";

/** Refusals kept in memory for lists; all of them stay in the journal. */
const refusalsKept = 10_000;

/** Takes the estate over and gives it back with one more entry. */
export function evolve(estate: Estate, admitted: Admitted): Estate {
  const index = estate.size;
  note(estate, admitted.entry);
  if ("signer" in admitted && admitted.signer.counter !== undefined) {
    estate.counters.set(admitted.signer.key.id, admitted.signer.counter);
  }
  switch (admitted.opened) {
    case "root":
      takeRoot(estate, admitted.root, index);
      break;
    case "proposal":
      propose(estate, admitted.entry.body, admitted.writ, index);
      break;
    case "census":
      takeCensus(estate, admitted.entry.body, admitted.census, index);
      break;
    case "witnessed":
      takeTime(estate, admitted.cosigned, index);
      break;
    case "plain":
      takePlain(estate, admitted, index);
      break;
    default:
      return unreachable(admitted);
  }
  settle(estate, index, admitted.entry.body.kind);
  return estate;
}

/**
 * Passes over an entry that the reader has no use for (an executor has none for censuses): it takes
 * its place in the tree and in its key's chain, and changes nothing else.
 */
export function passOver(estate: Estate, entry: Entry): Estate {
  note(estate, entry);
  return estate;
}

function note(estate: Estate, entry: Entry): void {
  estate.size += 1;
  estate.leavesSince.push(hashLeaf(entry.bytes));
  const { chain } = entry.statement;
  if (chain === undefined) return;
  const key = entry.envelope.signatures[0]!.key;
  estate.heads.set(key, { sequence: chain.sequence, digest: entry.digest });
}

function takeRoot(estate: Estate, root: TrustRoot, index: number): void {
  estate.id ??= root.digest;
  estate.root = root;
  estate.rootIndexes.push(index);
}

function propose(estate: Estate, body: BodyOf<"proposal">, writ: Writ, index: number): void {
  estate.proceedings.set(body.writ, openProceeding(body.writ, writ, index));
  estate.open.add(body.writ);
}

function takeCensus(estate: Estate, body: BodyOf<"census">, census: Census, index: number): void {
  const { host, since } = body;
  const heard = hear(estate.sights.get(host), host, { index, time: estate.time });
  estate.sights.set(host, see(heard, { census, index, sinceSize: since.size }));
}

function takeTime(estate: Estate, { size, root, time }: Cosigned, index: number): void {
  const witnessed = { size, root, index, time };
  estate.time = Math.max(estate.time, time);
  const leaves = estate.leavesSince.splice(0, size - estate.frontier.size);
  for (const leaf of leaves) estate.frontier = appendLeaf(estate.frontier, leaf);
  estate.lastWitnessed = witnessed;
  estate.times.push({ size, time: estate.time });
  estate.witnessed.set(size, witnessed);
  if (estate.witnessed.size > checkpointsMax) {
    estate.witnessed.delete(estate.witnessed.keys().next().value!);
  }
}

type Plain = Extract<Admitted, { opened: "plain" }>;

function takePlain(estate: Estate, { entry, signer }: Plain, index: number): void {
  const { body } = entry;
  const speaker = signer.principal.name;
  switch (body.kind) {
    case "register":
      applyChange(estate.register, body, index);
      estate.register.sayings.set(index, {
        person: speaker,
        at: entry.statement.at,
        ...(body.origin === undefined ? {} : { origin: body.origin }),
      });
      break;
    case "claim": {
      const subject = `${speaker}\0${body.says}\0${body.writ ?? body.host ?? ""}`;
      const earlier = estate.claims.get(subject);
      // The first time it was claimed is the lie's date; a repetition does not make it younger.
      const same = earlier !== undefined && sameClaim(earlier.body, body);
      estate.claims.set(subject, { speaker, body, index: same ? earlier.index : index });
      if (estate.claims.size > claimsMax) {
        estate.claims.delete(estate.claims.keys().next().value!);
      }
      break;
    }
    case "heartbeat": {
      const heard = { index, time: estate.time };
      estate.sights.set(body.host, hear(estate.sights.get(body.host), body.host, heard));
      break;
    }
    case "decision":
      decide(estate, body, signer, index);
      break;
    case "execution":
      takeExecution(estate, body, index);
      break;
    case "refusal":
      estate.refusals.push({ body, index });
      if (estate.refusals.length > refusalsKept) estate.refusals.shift();
      break;
    case "disposition":
      dispose(estate, body, speaker, index);
      break;
    case "certificate": {
      const proceeding = estate.proceedings.get(body.writ)!;
      proceeding.certificateIndex = index;
      proceeding.revokedIndex = undefined;
      break;
    }
    default:
      unreachable(body);
  }
}

/** Notes a person's word on a finding. An owner stays until another one is named. */
function dispose(
  { dispositions }: Estate,
  { finding, says, owner, reason, until }: BodyOf<"disposition">,
  by: string,
  entry: number,
): void {
  const { accepted: before, owner: had } = dispositions.get(finding) ?? {};
  const accepted =
    says === "accept" && until !== undefined
      ? { by, reason, until: Date.parse(until), entry }
      : says === "assign"
        ? before
        : undefined;
  const now = owner ?? had;
  dispositions.delete(finding);
  dispositions.set(finding, {
    ...(accepted === undefined ? {} : { accepted }),
    ...(now === undefined ? {} : { owner: now }),
  });
  if (dispositions.size > dispositionsMax) dispositions.delete(dispositions.keys().next().value!);
}

function sameClaim(a: BodyOf<"claim">, b: BodyOf<"claim">): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function decide(estate: Estate, body: BodyOf<"decision">, signer: Signer, index: number): void {
  const proceeding = estate.proceedings.get(body.writ)!;
  const person = signer.principal.name;
  if (body.decision !== "approve") {
    proceeding.refusal = { person, veto: proceeding.quorumIndex !== undefined, index };
    return;
  }
  const { id: key, custody } = signer.key;
  proceeding.approvals.set(person, { person, key, custody, index });
  const root = estate.root!;
  const seats = seatsFor(root, proceeding.writ.action) ?? [];
  if (proceeding.quorumIndex === undefined) {
    const people = new Set(proceeding.approvals.keys());
    if (quorumMet(root, seats, people)) proceeding.quorumIndex = index;
  }
}

function takeExecution(estate: Estate, body: BodyOf<"execution">, index: number): void {
  const proceeding = estate.proceedings.get(body.writ)!;
  const { step, phase } = body;
  const intentIndex = proceeding.steps.get(step)?.intentIndex ?? index;
  proceeding.steps.set(step, { phase, index, intentIndex, detail: body.detail ?? "" });
  if (phase === "intent") proceeding.fenceIndex ??= index;
  const ended = phase === "done" || phase === "failed";
  if (ended && nextStep(proceeding) === undefined) proceeding.executedIndex = index;
}
