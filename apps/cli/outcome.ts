/** How a command ends: an exit code, or a problem that a person and a program can both read. */
import type { RefusalCode, Refused } from "@writ/core";

/** 0: fine. 1: findings, or a refusal. 2: the command was not used as it can be. */
export type ExitCode = 0 | 1 | 2;

/** What is wrong besides refusals of the journal: what a command line runs into. */
export type ProblemCode =
  | RefusalCode
  | "usage"
  | "no-estate"
  | "no-server"
  | "no-file"
  | "not-confirmed"
  | "app-failed"
  | "already-running"
  | "not-running"
  | "stopped"
  | "unsupported";

export type Problem = {
  readonly problem: ProblemCode;
  readonly detail: string;
  /** What to do now; empty if nothing better is known than what the detail says. */
  readonly hint: string;
};

export type Outcome = ExitCode | Problem;

/** Makes a problem. Text from outside in it is made inert where it is shown. */
export function problem(code: ProblemCode, detail: string, hint = ""): Problem {
  return { problem: code, detail, hint };
}

/** Narrows a result to its problem. */
export function isProblem<T>(result: T | Problem): result is Problem {
  return typeof result === "object" && result !== null && "problem" in result;
}

/** A refusal of core as a problem, with the hint that its code deserves. */
export function refusalProblem(refusal: Refused & { readonly hint?: string }): Problem {
  const { refused: code, detail, hint } = refusal;
  return problem(code, detail, hints[code] ?? hint ?? "");
}

/** Which exit code a problem has. */
export function exitCodeOf({ problem: code }: Problem): ExitCode {
  return code === "usage" ? 2 : 1;
}

/** What to do about a refusal where the command line knows; the server's own hint comes before. */
const hints: { readonly [K in RefusalCode]?: string } = {
  "own-proposal": "whoever proposes a writ does not decide on it: ask another member of the group",
  "already-decided": "each person's word counts once; see ./writ status WRIT",
  "writ-expired": "order it again: ./writ order --help",
  "writ-closed": "see ./writ status",
  "writ-vetoed": "see ./writ status",
  "past-the-fence": "it has begun; order the way back: ./writ order --help",
  "writ-not-armed": "see ./writ status WRIT",
  "unknown-writ": "see ./writ status",
  "stale-inventory": "the register has changed since; order it again",
  "wrong-plan": "the register has changed since; order it again",
  "unknown-signer": "use the key of someone whom the trust root names: --as NAME or --key PATH",
  "wrong-role": "use the key of someone who may say this: --as NAME or --key PATH",
  "unknown-reference": "see ./writ register show",
  "conflicting-register": "see ./writ register show",
  "lifecycle-by-writ-only": "releases move by writs: ./writ order --help",
  "exposed-key": "chmod 600 the key file",
  "wrong-estate": "compare with the digest in estate.json, or ask whoever pinned it",
  fork: "do not go on: keep the files, and ask the witnesses what they saw",
  "rollback-of-history": "do not go on: keep the files, and ask the witnesses what they saw",
  overloaded: "try again in a moment",
  unavailable: "see that ./writ up runs, and the logs folder of the data folder",
};
