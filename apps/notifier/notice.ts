/** What a channel is given to tell: one finding's beginning or end, or a digest of several. */
import { inert, inertAscii } from "@writ/core";
import type { Finding } from "@writ/core/finding";

/** `opened`, `ended`, `accepted`: of one finding. `distrust`: of the journal as a whole. */
export type Told = "opened" | "ended" | "accepted" | "distrust" | "trusted" | "test";

export type Notice = {
  /** Idempotency key: the same notice sent twice has the same. */
  readonly id: string;
  readonly told: Told;
  /** Names what this is about, through all its notices: findings, by digest. */
  readonly about: string;
  readonly severity: Finding["severity"];
  /** One inert line. */
  readonly title: string;
  /** Inert lines. */
  readonly lines: readonly string[];
  /** By this clock, milliseconds since 1970. */
  readonly time: number;
  /** What is told of a finding to programs; absent where the notice is not of one. */
  readonly finding?: Pick<Finding, "digest" | "rule" | "host" | "where" | "severity">;
};

/** What was held back, told at once. */
export type Digest = { readonly id: string; readonly notices: readonly Notice[] };

const words: { readonly [T in "opened" | "ended" | "accepted"]: string } = {
  opened: "",
  ended: "ended: ",
  accepted: "accepted: ",
};

/** The notice of one finding. `episode` counts how often it has begun. */
export function noticeOf(
  told: "opened" | "ended" | "accepted",
  finding: Finding,
  { episode, time }: { readonly episode: number; readonly time: number },
): Notice {
  const { digest, rule, host, where, severity, left, right, advice, owner, accepted } = finding;
  const subject = [finding.component, finding.release].filter((part) => part !== undefined);
  const of = subject.length === 0 ? "" : ` of ${inertAscii(subject.join("@"))}`;
  return {
    id: `${digest.slice(7, 39)}-${episode}-${told}`,
    told,
    about: digest,
    severity,
    title: `${words[told]}${severity} ${rule}${of} on ${inertAscii(host)}`,
    lines: [
      `where: ${inert(where)}`,
      `${left.kind}: ${inert(left.says)}`,
      `${right.kind}: ${inert(right.says)}`,
      ...(told === "opened" ? [`do: ${inert(advice)}`] : []),
      ...(owner === undefined ? [] : [`owner: ${inert(owner)}`]),
      ...(accepted === undefined
        ? []
        : [`accepted by ${inert(accepted.by)}: ${inert(accepted.reason)}`]),
      `id: ${digest.slice(7, 19)}`,
    ],
    time,
    finding: { digest, rule, host, where, severity },
  };
}

/** That the journal, or its server, is not to be relied on; or is again. */
export function doubtNotice(
  told: "distrust" | "trusted",
  { says, time }: { readonly says: string; readonly time: number },
): Notice {
  const good = told === "trusted";
  return {
    id: `journal-${told}-${time}`,
    told,
    about: "journal",
    severity: "critical",
    title: good ? "the journal is read again" : "critical: the journal cannot be relied on",
    lines: [inert(says)],
    time,
  };
}

export function testNotice(time: number): Notice {
  return {
    id: `test-${time}`,
    told: "test",
    about: "test",
    severity: "low",
    title: "a test of Writ's notifications",
    lines: ["Nothing happened. Somebody pressed the test button: ./writ notify test"],
    time,
  };
}

/** A notice's own words, as plain text. */
export function textOf({ title, lines }: Notice): string {
  return [title, ...lines.map((line) => `  ${line}`)].join("\n");
}
