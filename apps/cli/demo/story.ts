/** A story: an order on a small estate, what is done about it, and what Writ then says. */
import type { Digest, WritState } from "@writ/core";
import type { Finding } from "../commands/findings.ts";
import type { Proceeding } from "../writ-answer.ts";
import type { Stage } from "./stage.ts";

export type StoryName = "honest-rollback" | "resisting-orchestrator" | "decommission";

export type Story = {
  readonly name: StoryName;
  readonly title: string;
  /** The state in which it ought to end. */
  readonly ending: WritState;
  /** Plays it up to its end, and answers the writ that it is about. */
  readonly play: (stage: Stage) => Promise<Digest>;
  /** Tells what a person would see and do, when it has ended as it ought to. */
  readonly tell: (stage: Stage, ended: Ended) => Promise<void>;
};

/** How a story ended, as the server tells it. */
export type Ended = {
  readonly proceeding: Proceeding;
  readonly findings: readonly Finding[];
  /** Path of the certificate, if there is one. */
  readonly certificate: string | null;
};

/** A story's result, as `--json` prints it. */
export type StoryResult = {
  readonly name: StoryName;
  readonly writ: Digest;
  readonly state: WritState;
  readonly findings: readonly ToldFinding[];
  readonly certificate: string | null;
  readonly seconds: number;
  readonly course: Proceeding["course"];
  /** What was not seen, and stood in the way of a yes. */
  readonly uncovered: readonly { readonly host: string; readonly why: string }[];
};

export type ToldFinding = Omit<Finding, "since"> & {
  readonly since: Finding["since"] & { readonly instant: string | null };
  /** What was seen: the right-hand side of the contradiction. */
  readonly detail: string;
};

/** A finding as `--json` prints it. */
export function toldFinding(finding: Finding): ToldFinding {
  const { index, time } = finding.since;
  const instant = time === 0 ? null : new Date(time).toISOString();
  return { ...finding, since: { index, time, instant }, detail: finding.right.says };
}
