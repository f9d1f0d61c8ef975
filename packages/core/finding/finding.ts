/**
 * A finding: two of claim, observation, register and writ contradict each other. Findings are read
 * off the estate by named rules and stored nowhere; when the contradiction ends, so do they.
 */
import type { Digest } from "../encoding/digest.ts";

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

/** One side of a contradiction: who says what, and the journal entry that is the evidence. */
export type Side = {
  readonly kind: "register" | "claim" | "observation" | "writ" | "rule";
  readonly says: string;
  readonly entry?: number;
};

export type Finding = {
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
};

/** What a rule says of one case; the list adds severity and time. */
export type Case = Omit<Finding, "rule" | "severity" | "since"> & { readonly since: number };

/**
 * What a rule yields between cases while it goes through much: whoever shares a thread with others
 * may let them have it then.
 */
export const pause: unique symbol = Symbol("pause");
export type Pause = typeof pause;
