/**
 * A finding: two of claim, observation, register and writ contradict each other. Findings are read
 * off the estate by named rules and stored nowhere; when the contradiction ends, so do they.
 */
import type { Digest } from "../encoding/digest.ts";
import type { Disposition } from "../estate/estate.ts";

/** Every rule there is, by what it compares. Closed: a new rule is a new name here. */
export const rules = {
  // register × observation
  unregistered: "medium",
  missing: "high",
  "wrong-release": "critical",
  "retired-present": "critical",
  altered: "critical",
  misplaced: "low",
  "unexplained-mass": "low",
  "endpoint-impostor": "critical",
  vulnerable: "high",
  "weights-leaving": "critical",
  mislabelled: "high",
  "control-altered": "critical",
  "control-touched": "medium",
  "probe-silent": "high",
  "coverage-shrunk": "high",
  // claim × observation
  "false-completion": "critical",
  "false-inventory": "high",
  "hidden-component": "high",
  // writ × observation
  defied: "critical",
  partial: "critical",
  resurrected: "critical",
  "preserved-copy": "critical",
  // agent × rule
  "unknown-actor": "high",
  // journal × witness
  fork: "critical",
} as const satisfies Readonly<Record<string, Severity>>;

export type Severity = "critical" | "high" | "medium" | "low";
export type RuleName = keyof typeof rules;

export function isRule(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}

/** One side of a contradiction: who says what, and the journal entry that is the evidence. */
export type Side = {
  readonly kind: "register" | "claim" | "observation" | "writ" | "rule";
  readonly says: string;
  readonly entry?: number;
};

export type Finding = {
  /** Names this contradiction: the same two sides at the same place have the same digest. */
  readonly digest: Digest;
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly host: string;
  /** Path, process with its ports, control, or speaker. Text from the estate: render it inert. */
  readonly where: string;
  readonly component?: string;
  readonly release?: string;
  readonly writ?: Digest;
  /** Journal index and witnessed time (milliseconds) since which the contradiction stands. */
  readonly since: { readonly index: number; readonly time: number };
  readonly left: Side;
  readonly right: Side;
  /** What a person can do about it. */
  readonly advice: string;
  /** Whose it is: whom people handed it to, or else who owns the component or the host. */
  readonly owner?: string;
  /** Who bears with it, why, and until when (witnessed milliseconds); absent if nobody does. */
  readonly accepted?: NonNullable<Disposition["accepted"]>;
};

/** What a rule says of one case; the list adds severity, time, and people's word. */
export type Case = Omit<
  Finding,
  "digest" | "rule" | "severity" | "since" | "owner" | "accepted"
> & {
  readonly since: number;
  /** What the right side says without what time alone changes in it; absent if nothing does. */
  readonly gist?: string;
};

/** True if nobody accepted it: somebody is needed. */
export function isOpen({ accepted }: { readonly accepted?: unknown }): boolean {
  return accepted === undefined;
}

/**
 * What a rule yields between cases while it goes through much: whoever shares a thread with others
 * may let them have it then.
 */
export const pause: unique symbol = Symbol("pause");
export type Pause = typeof pause;
