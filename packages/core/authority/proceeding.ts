/**
 * A proceeding: one writ and all that was said and seen of it, from its proposal on. Which state it
 * is in is derived from these facts, never stored as a thing of its own.
 */
import type { Digest } from "../encoding/digest.ts";
import type { Verdict } from "../estate/judge.ts";
import type { Custody, KeyId } from "../signature/key.ts";
import type { Writ } from "./writ.ts";

export const writStates = [
  "drafted",
  "approved",
  "armed",
  "executing",
  "executed",
  "verifying",
  "fulfilled",
  "denied",
  "vetoed",
  "expired",
  "indeterminate",
  "defied",
] as const;
export type WritState = (typeof writStates)[number];

export type Approval = {
  readonly person: string;
  readonly key: KeyId;
  readonly custody: Custody;
  readonly index: number;
};

export type StepPhase = "intent" | "done" | "failed" | "indeterminate";
export type StepRecord = {
  readonly phase: StepPhase;
  readonly index: number;
  readonly intentIndex: number;
  readonly detail: string;
};

/** The facts of a writ's course. Owned by the estate and changed in place by its fold. */
export type Proceeding = {
  readonly digest: Digest;
  readonly writ: Writ;
  readonly proposalIndex: number;
  readonly approvals: Map<string, Approval>;
  /** A human's no: final. A veto is a no after the quorum's yes, before the effect fence. */
  refusal: { readonly person: string; readonly veto: boolean; readonly index: number } | undefined;
  /** Index of the entry with which the quorum was met. */
  quorumIndex: number | undefined;
  /** Index of the first intent: the effect fence. From here on a veto comes too late. */
  fenceIndex: number | undefined;
  readonly steps: Map<number, StepRecord>;
  /** Index of the entry with which the last step ended. */
  executedIndex: number | undefined;
  /** Whether the writ still follows from the register and the root, as of their versions. */
  fit: { readonly register: number; readonly root: Digest; readonly fits: boolean } | undefined;
  /** What sight says since execution; absent before. */
  verdict: Verdict | undefined;
  /** When sight last confirmed it: index, witnessed time (milliseconds), and the looks that did. */
  fulfilled:
    | {
        readonly index: number;
        readonly time: number;
        readonly covered: Verdict["covered"];
        /** Journal indexes of the entries that prove it, in order. */
        readonly evidence: readonly number[];
      }
    | undefined;
  certificateIndex: number | undefined;
  /** Index at which a certificate that had been given was contradicted. */
  revokedIndex: number | undefined;
  /** Every state it was in, with the index at which it began. */
  readonly course: { readonly state: WritState; readonly index: number }[];
};

/** A proceeding as its proposal starts it. */
export function openProceeding(digest: Digest, writ: Writ, proposalIndex: number): Proceeding {
  return {
    digest,
    writ,
    proposalIndex,
    approvals: new Map(),
    refusal: undefined,
    quorumIndex: undefined,
    fenceIndex: undefined,
    steps: new Map(),
    executedIndex: undefined,
    fit: undefined,
    verdict: undefined,
    fulfilled: undefined,
    certificateIndex: undefined,
    revokedIndex: undefined,
    course: [{ state: "drafted", index: proposalIndex }],
  };
}

/** The state that a proceeding is in. */
export function currentState(proceeding: Proceeding): WritState {
  return proceeding.course.at(-1)!.state;
}

/** The first step that has not ended, or `undefined` if the last one has or one failed. */
export function nextStep(proceeding: Proceeding): number | undefined {
  for (let step = 0; step < proceeding.writ.steps.length; step += 1) {
    const phase = proceeding.steps.get(step)?.phase;
    if (phase === "failed") return undefined;
    if (phase !== "done") return step;
  }
  return undefined;
}
