/**
 * What to do next about a step, as a function of what is known: what the journal says, what this
 * executor did, what the place reads. Pure, so that every case can be told in a table.
 */
import {
  type Cosigned,
  currentState,
  type Estate,
  isPast,
  mayBegin,
  type Proceeding,
  type Refused,
  refused,
  type StepPhase,
  unreachable,
  type Writ,
} from "@writ/core";
import type { Reading } from "./drivers/driver.ts";
import type { Operation } from "./operations.ts";

/**
 * How old a cosigned checkpoint may be, and how far ahead of the local clock. An idle journal has
 * one every 15 seconds: past four of them a veto may have been given that we are not shown.
 */
export const freshMillisecondsMax = 60_000;

export type Move =
  | { readonly move: "act" }
  | { readonly move: "say"; readonly phase: StepPhase; readonly detail: string }
  | { readonly move: "wait"; readonly why: string };

/** Why this checkpoint is no ground to act on now; the local clock can only object. */
export function notFresh(cosigned: Cosigned, now: number): Refused | undefined {
  const age = now - cosigned.time;
  if (Math.abs(age) <= freshMillisecondsMax) return undefined;
  const detail = `the newest checkpoint was cosigned ${Math.round(age / 1000)} s ago by this clock`;
  return refused("stale-sight", detail);
}

/** By which clock a writ's time is over. */
export type Expired = "witnessed" | "local" | undefined;

/** What time it is: by the newest cosigned checkpoint, and by the local clock, in milliseconds. */
export type Now = { readonly cosigned: Cosigned; readonly local: number };

/** Both clocks are asked; the witnesses' one alone can end a writ. */
export function expired(estate: Estate, writ: Writ, now: Now): Expired {
  const end = Date.parse(writ.expires);
  if (isPast(estate, writ) || now.cosigned.time > end) return "witnessed";
  return now.local > end ? "local" : undefined;
}

/** Why a writ's next step may not be begun now; `undefined` if it may. */
export function mayNotBegin(estate: Estate, proceeding: Proceeding, now: Now): Refused | undefined {
  // Past the fence its later steps follow from its first: an order half carried out because its
  // time ran out in between is what an adversary who can delay would wish for.
  if (proceeding.fenceIndex !== undefined) return undefined;
  if (expired(estate, proceeding.writ, now) !== undefined) {
    return refused("writ-expired", `it expired at ${proceeding.writ.expires}`);
  }
  const objection = mayBegin(estate, proceeding);
  if (objection?.refused !== "writ-not-armed") return objection;
  // The journal tells of a cosigned checkpoint one checkpoint later, on an idle day 15 seconds.
  // What arms a writ is that witnesses saw its quorum, and this reader holds their word for it
  // already.
  const seen = (proceeding.quorumIndex ?? Number.POSITIVE_INFINITY) < now.cosigned.size;
  return seen && currentState(proceeding) === "approved" ? undefined : objection;
}

export type Known = {
  /** What the journal holds of the step: its intent is there, and no veto came before it. */
  readonly recorded: "intent" | "indeterminate";
  readonly operation: Pick<Operation, "phase">;
  readonly reading: Reading;
  readonly expired: Expired;
};

/** What to do about a step whose intent is in the verified journal. */
export function nextMove({ recorded, operation, reading, expired }: Known): Move {
  const begun = operation.phase !== "intent";
  const { state, detail } = reading;
  const unclear: Move =
    recorded === "indeterminate"
      ? { move: "wait", why: detail }
      : { move: "say", phase: "indeterminate", detail };
  switch (state) {
    case "after":
      return {
        move: "say",
        phase: "done",
        detail: begun ? detail : `it was so already, nothing was done: ${detail}`,
      };
    case "before":
      if (expired === undefined) return { move: "act" };
      if (expired === "local") return { move: "wait", why: "expired by the local clock" };
      return { move: "say", phase: "failed", detail: `expired before its effect: ${detail}` };
    case "neither":
      // Nothing was begun, so nothing is unknown: the place is not what humans signed for.
      return begun ? unclear : { move: "say", phase: "failed", detail };
    case "unreadable":
      return unclear;
    default:
      return unreachable(state);
  }
}

/** What to say after the effect was tried, from what is read then. */
export function outcomeOf(
  reading: Reading,
  problem: string | undefined,
): Extract<Move, { move: "say" }> {
  const { state, detail } = reading;
  const told = problem === undefined ? detail : `${problem}; ${detail}`;
  switch (state) {
    case "after":
      return { move: "say", phase: "done", detail };
    case "before":
      return { move: "say", phase: "failed", detail: `it did not take: ${told}` };
    case "neither":
    case "unreadable":
      return { move: "say", phase: "indeterminate", detail: told };
    default:
      return unreachable(state);
  }
}
