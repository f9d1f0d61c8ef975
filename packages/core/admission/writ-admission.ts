/**
 * Admission of what orders: proposals, decisions, and the executor's steps. The server runs these
 * rules at its door, and the executor runs them again over the journal it reads: a server that let
 * something through is found out before anything is done.
 */

import { draw, inventoryDigest, type Order } from "../authority/plan.ts";
import { barredBy, type PolicyAct } from "../authority/policy.ts";
import { currentState, nextStep, type Proceeding } from "../authority/proceeding.ts";
import { eligible } from "../authority/quorum.ts";
import type { Seats, TrustRoot, WritAction } from "../authority/trust-root.ts";
import { encodeWrit, parseWrit, type Writ } from "../authority/writ.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type { Estate } from "../estate/estate.ts";
import type { BodyOf } from "../journal/entry.ts";
import type { AdmissionPorts } from "./admit.ts";
import type { Signer } from "./signer.ts";

type Reading = AdmissionPorts["reading"];

/** The seats that must be filled for an action, in a trust root. */
export function seatsFor(root: TrustRoot, action: WritAction): Seats | undefined {
  return root.document.quorums.find((quorum) => quorum.action === action)?.seats;
}

/** Reads a proposed writ and checks that it follows from the estate as it is now. */
export function admitProposal(
  estate: Estate,
  root: TrustRoot,
  proposed: {
    readonly body: BodyOf<"proposal">;
    readonly bytes: Uint8Array;
    readonly signer: Signer;
    readonly ports: Pick<AdmissionPorts, "reading" | "policy">;
  },
): Writ | Refused {
  const writ = parseWrit(proposed.bytes);
  if (isRefused(writ)) return writ;
  if (estate.proceedings.has(proposed.body.writ)) {
    return refused("replayed", "this writ was proposed before; draw it anew, with a new nonce");
  }
  if (writ.estate !== estate.id) return refused("wrong-estate", "the writ is of another estate");
  if (writ.root !== root.digest) {
    return refused("bad-trust-root", "the writ was drawn under another trust root; draw it anew");
  }
  if (writ.proposer !== proposed.signer.principal.name) {
    return refused("wrong-role", `the writ names ${writ.proposer} as its proposer, not its signer`);
  }
  if (isPast(estate, writ)) return refused("writ-expired", `it expired at ${writ.expires}`);
  if (seatsFor(root, writ.action) === undefined) {
    return refused("wrong-role", `the trust root lets nobody order a ${writ.action}`);
  }
  // Longer is a proposer's to ask for; shorter would let what comes back come back unseen.
  if (writ.verification.watchSeconds < root.document.watchSeconds) {
    const seconds = root.document.watchSeconds;
    return refused("wrong-plan", `it is watched for less than the trust root's ${seconds} s`);
  }
  if (proposed.ports.reading === "excerpt") return writ;
  const { name } = proposed.signer.principal;
  const barred = barredFrom(root, writ, { name, act: "propose", ports: proposed.ports });
  return barred ?? checkDrawn(estate, writ) ?? writ;
}

/** Why this human's word may not be added; `undefined` if it may. */
export function admitDecision(
  estate: Estate,
  root: TrustRoot,
  {
    body,
    signer,
    ports,
  }: {
    readonly body: BodyOf<"decision">;
    readonly signer: Signer;
    readonly ports: Pick<AdmissionPorts, "reading" | "policy">;
  },
): Refused | undefined {
  const proceeding = estate.proceedings.get(body.writ);
  if (proceeding === undefined) return refused("unknown-writ", `no writ ${body.writ}`);
  const person = signer.principal.name;
  const { writ } = proceeding;
  const seats = seatsFor(root, writ.action) ?? [];
  if (proceeding.refusal !== undefined) {
    return refused("writ-closed", `${proceeding.refusal.person} said no, which is final`);
  }
  switch (body.decision) {
    case "approve":
      if (person === writ.proposer) {
        return refused("own-proposal", `${person} proposed it; others must approve`);
      }
      if (!eligible(root, seats).has(person)) {
        return refused("wrong-role", `${person} sits in no group that may approve this`);
      }
      if (proceeding.approvals.has(person)) {
        return refused("already-decided", `${person} approved before`);
      }
      if (isPast(estate, writ)) return refused("writ-expired", `it expired at ${writ.expires}`);
      return proceeding.fenceIndex === undefined
        ? barredFrom(root, writ, { name: person, act: "approve", ports })
        : refused("past-the-fence", "it is being carried out already");
    case "deny":
    case "veto":
      if (person !== writ.proposer && !eligible(root, seats).has(person)) {
        return refused("wrong-role", `${person} sits in no group that may stop this`);
      }
      if (proceeding.fenceIndex !== undefined) {
        return refused("past-the-fence", "its first effect has begun; order the way back instead");
      }
      return undefined;
    default:
      return unreachable(body.decision);
  }
}

/** Why the policy bars a person's word on this writ. A no is never barred. */
function barredFrom(
  root: TrustRoot,
  { action: order, component, proposer }: Writ,
  {
    name,
    act,
    ports,
  }: {
    readonly name: string;
    readonly act: PolicyAct;
    readonly ports: Pick<AdmissionPorts, "reading" | "policy">;
  },
): Refused | undefined {
  // An excerpt's reader need have no engine: that it entered is what the whole's readers checked.
  if (ports.reading === "excerpt") return undefined;
  return barredBy(root, { name, act, order, component, proposer }, ports.policy);
}

/** Why the executor may not say this of a step; `undefined` if it may. */
export function admitExecution(
  estate: Estate,
  {
    body,
    signer,
    reading,
  }: {
    readonly body: BodyOf<"execution">;
    readonly signer: Signer;
    readonly reading: Reading;
  },
): Refused | undefined {
  const proceeding = estate.proceedings.get(body.writ);
  if (proceeding === undefined) return refused("unknown-writ", `no writ ${body.writ}`);
  const step = proceeding.writ.steps[body.step];
  if (step === undefined) return refused("wrong-plan", `the writ has no step ${body.step}`);
  if (step.host !== signer.principal.host) {
    return refused("wrong-role", `${signer.principal.name} does not speak for ${step.host}`);
  }
  if (nextStep(proceeding) !== body.step) {
    return refused("out-of-order", `step ${body.step} is not the next one`);
  }
  const phase = proceeding.steps.get(body.step)?.phase;
  if (body.phase === "intent") {
    if (phase !== undefined) return refused("replayed", `step ${body.step} has begun before`);
    // An excerpt lacks what armed it; that it was armed is what the whole journal's readers
    // checked.
    return proceeding.fenceIndex === undefined && reading === "whole"
      ? mayBegin(estate, proceeding)
      : undefined;
  }
  return phase === "intent" || phase === "indeterminate"
    ? undefined
    : refused("out-of-order", `step ${body.step} was never begun`);
}

/** Why a writ may not begin to be carried out now; `undefined` if it may. The executor asks too. */
export function mayBegin(estate: Estate, proceeding: Proceeding): Refused | undefined {
  const { writ, refusal } = proceeding;
  if (refusal !== undefined) {
    return refused(refusal.veto ? "writ-vetoed" : "writ-closed", `${refusal.person} said no`);
  }
  if (isPast(estate, writ)) return refused("writ-expired", `it expired at ${writ.expires}`);
  const drifted = disarmed(estate, writ);
  if (drifted !== undefined) return drifted;
  return currentState(proceeding) === "armed"
    ? undefined
    : refused("writ-not-armed", `it is ${currentState(proceeding)}`);
}

/** What has changed since humans signed, so that what they signed no longer fits. */
export function disarmed(estate: Estate, writ: Writ): Refused | undefined {
  if (estate.root?.digest !== writ.root) {
    return refused("bad-trust-root", "the trust root changed since it was drawn; draw it anew");
  }
  return checkDrawn(estate, writ);
}

/** True if the writ's time is over, by witnessed time. */
export function isPast(estate: Estate, writ: Writ): boolean {
  return estate.time > Date.parse(writ.expires);
}

/** Draws the writ again from the register and compares: what it says must follow from its order. */
function checkDrawn(estate: Estate, writ: Writ): Refused | undefined {
  const drawn = draw(estate.register, orderOf(writ), writ.verification.watchSeconds);
  if (isRefused(drawn)) return drawn;
  if (inventoryDigest(drawn.inventory) !== inventoryDigest(writ.inventory)) {
    return refused("stale-inventory", "the register names other places now; draw it anew");
  }
  const again = encodeWrit({ ...writ, ...drawn });
  return equalBytes(again, encodeWrit(writ))
    ? undefined
    : refused("wrong-plan", "its steps or releases do not follow from its order");
}

function orderOf({ action, component, from, to }: Writ): Order {
  const single = from.length === 1 ? { from: from[0]!.release } : {};
  return { action, component, ...single, ...(to === undefined ? {} : { to: to.release }) };
}
