/** A row of the repertoire: what an adversary does, and a benign twin that looks alike. */
import type { Refused } from "@writ/core";
import type { EstateParts } from "./estate.ts";
import type { Stage } from "./stage.ts";

/** What Writ showed: a finding's rule, a refusal's code, or a state; where, and how soon. */
export type Seen = {
  readonly as: string;
  readonly where: string;
  readonly milliseconds: number;
};

export type Act = {
  readonly name: string;
  /** Performs the act, and answers what was seen of it. Throws {@link Missed} if nothing was. */
  readonly play: (stage: Stage) => Promise<readonly Seen[]>;
};

export type Row = {
  readonly id: string;
  /** What must be seen, in the table's words. */
  readonly must: string;
  /** Hosts that the row's own component lives on. */
  readonly hosts: readonly string[];
  /** An estate of its own, because the row breaks it; absent: it shares one with others. */
  readonly alone?: Partial<EstateParts>;
  readonly twin: { readonly name: string; readonly play: (stage: Stage) => Promise<void> };
  readonly acts: readonly Act[];
};

/** Writ did not show what it must. */
export class Missed extends Error {}

/** The machine lacks something that an act needs; it was not played, and the report says so. */
export class NotPlayed extends Error {}

/** A refusal as something seen; a value that was taken instead is a miss. */
export function refusedAs(
  answer: Refused | object,
  codes: readonly Refused["refused"][],
  told: { readonly where: string; readonly since: number },
): Seen {
  const { where, since } = told;
  if (!("refused" in answer)) throw new Missed(`${where}: it was taken`);
  if (!codes.includes(answer.refused)) {
    throw new Missed(`${where}: refused as ${answer.refused} (${answer.detail}), not ${codes}`);
  }
  const milliseconds = Date.now() - since;
  return { as: `refused: ${answer.refused}`, where, milliseconds };
}
