/** What a person wants to know first of a writ, in one sentence. */
import { inert, inertAscii, unreachable, type WritState } from "@writ/core";
import type { Api } from "@writ/node/api";
import type { Tone } from "./shell.ts";
import { countText } from "./words.ts";

export type Proceeding = Exclude<Awaited<ReturnType<Api["writ"]>>, { refused: unknown }>;

export type Answer = { readonly text: string; readonly tone: Tone };

/** The tone of a state: what calls for a person is loud. */
export function stateTone(state: WritState): Tone {
  switch (state) {
    case "fulfilled":
      return "good";
    case "defied":
    case "indeterminate":
      return "bad";
    case "denied":
    case "vetoed":
    case "expired":
      return "faint";
    case "drafted":
    case "approved":
    case "armed":
    case "executing":
    case "executed":
    case "verifying":
      return "warning";
    default:
      return unreachable(state);
  }
}

/** One sentence: where the writ is, and what it waits for. */
export function answerOf(proceeding: Proceeding): Answer {
  return { text: sentence(proceeding), tone: stateTone(proceeding.state) };
}

function sentence(proceeding: Proceeding): string {
  const { state, hindrance, verdict, refusal } = proceeding;
  const by = inertAscii(refusal?.person ?? "someone");
  switch (state) {
    case "drafted":
      return `it waits for signatures: ${signatures(proceeding)}`;
    case "approved":
      return `it is signed by a quorum, and waits for witnesses to see that`;
    case "armed":
      return hindrance === undefined
        ? "it is armed; the executor may begin any moment"
        : `it is armed, but may not begin: ${inert(hindrance.detail)}`;
    case "executing":
      return `it is being carried out: ${steps(proceeding)}`;
    case "executed":
    case "verifying":
      return `it was carried out; ${waiting(verdict?.uncovered.length ?? 0)}`;
    case "fulfilled":
      return proceeding.certificateIndex === undefined
        ? "it is fulfilled: sight bears it out; its certificate is being made"
        : "it is fulfilled: sight bears it out, and there is a certificate";
    case "defied":
      return `it is defied: ${contradicted(verdict?.contradictions.length ?? 0)}`;
    case "indeterminate":
      return "the outcome of a step is unknown: look at the host before anything else is done";
    case "denied":
      return `${by} denied it; that is final`;
    case "vetoed":
      return `${by} vetoed it before its first effect`;
    case "expired":
      return "it expired before it was begun";
    default:
      return unreachable(state);
  }
}

function signatures({ seats, approvals }: Proceeding): string {
  const needed = seats.map(({ group, threshold }) => `${threshold} of ${inertAscii(group)}`);
  const have = approvals.map(({ person }) => inertAscii(person)).join(", ") || "nobody";
  return `${needed.join(" and ")} needed, so far ${have}`;
}

function contradicted(count: number): string {
  return `${countText(count, "thing")} seen that must not be`;
}

function steps({ steps: all }: Proceeding): string {
  const ended = all.filter(({ phase }) => phase === "done").length;
  return `${ended} of ${countText(all.length, "step")} done`;
}

function waiting(uncovered: number): string {
  return uncovered === 0
    ? "it waits for its probes' next look"
    : `${countText(uncovered, "thing")} could not be seen, so that nothing is proven yet`;
}
