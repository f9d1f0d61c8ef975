/** Register × observation: what a probe was challenged to prove that it reads, and its answer. */
import { type Estate, timeOf } from "../estate/estate.ts";
import { type Challenge, type ChallengeAnswer, commitmentTo } from "../sight/challenge.ts";
import type { Case } from "./finding.ts";

type Challenged = {
  readonly host: string;
  readonly challenge: Challenge;
  /** Journal index of the entry that asks. */
  readonly asked: number;
  /** The newest look that was begun after it, with its answer if there is one. */
  readonly look:
    | { readonly index: number; readonly answer: ChallengeAnswer | undefined }
    | undefined;
};

/** A challenge without an answer: the probe looked since and is silent on it, or did not look. */
export function* unanswered(estate: Estate): Iterable<Case> {
  for (const { host, challenge, asked, look } of challenges(estate)) {
    if (look?.answer?.state === "answered" || look?.answer?.state === "missing") continue;
    const says = look === undefined ? lateText(estate, asked) : silentText(look.answer);
    if (says === undefined) continue;
    yield {
      ...caseOf(host, challenge, asked),
      since: asked,
      right: {
        kind: "observation",
        says,
        ...(look === undefined ? {} : { entry: look.index }),
      },
      ...(look === undefined ? { gist: "not answered" } : {}),
      advice: "Find out whether this probe still looks at its host, or answers from elsewhere.",
    };
  }
}

/** An answer that is not the one which the challenger's own copy gives. */
export function* wronglyAnswered(estate: Estate): Iterable<Case> {
  for (const { host, challenge, asked, look } of challenges(estate)) {
    const { answer, state, size } = look?.answer ?? {};
    if (look === undefined || challenge.commitment === undefined) continue;
    if (state === "missing") {
      yield {
        ...caseOf(host, challenge, asked),
        since: asked,
        right: { kind: "observation", says: "there is no such file", entry: look.index },
        advice: "What humans hold a copy of is not there. Find out who removed it.",
      };
    } else if (answer !== undefined && commitmentTo(answer) !== challenge.commitment) {
      yield {
        ...caseOf(host, challenge, asked),
        since: asked,
        right: {
          kind: "observation",
          says: `the bytes there, ${size ?? 0} of them, give another answer`,
          entry: look.index,
        },
        advice: "The file differs from the challenger's copy, or the probe does not read it.",
      };
    }
  }
}

function* challenges(estate: Estate): Iterable<Challenged> {
  for (const { document, index: asked } of estate.register.hosts.values()) {
    const latest = estate.sights.get(document.host)?.latest;
    for (const challenge of document.challenges ?? []) {
      const isSince = latest !== undefined && latest.sinceSize > asked;
      const answer = latest?.census.answers?.find(
        ({ path, nonce }) => path === challenge.path && nonce === challenge.nonce,
      );
      const look = isSince ? { index: latest.index, answer } : undefined;
      yield { host: document.host, challenge, asked, look };
    }
  }
}

function caseOf(host: string, { path, nonce }: Challenge, asked: number) {
  return {
    host,
    where: path,
    left: {
      kind: "register",
      says: `its probe was challenged to read it (nonce ${nonce.slice(0, 8)}…)`,
      entry: asked,
    },
  } as const;
}

function silentText(answer: ChallengeAnswer | undefined): string {
  return answer === undefined
    ? "a look begun since does not answer"
    : "the probe could not read the file";
}

/** By witnessed time, after as long as a probe may be silent. */
function lateText(estate: Estate, asked: number): string | undefined {
  const limit = (estate.root?.document.silenceSeconds ?? 0) * 1000;
  const waited = estate.time - timeOf(estate, asked);
  if (estate.root === undefined || waited <= limit) return undefined;
  return `not answered for ${Math.floor(waited / 60_000)} minutes`;
}
