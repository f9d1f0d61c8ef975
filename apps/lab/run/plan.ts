/** A run before it starts: everything that its results depend on, under one digest. */
import { digestOf, encodeCanonical, type JsonObject } from "@writ/core";
import {
  type Cell,
  cellDigest,
  factorial,
  operations,
  type Profile,
  potter2026,
  potterIdentity,
  profiles,
  realHosts,
  type Setting,
  stage,
} from "@writ/lab";
import type { HarnessName } from "../harness/harness.ts";
import { type SubjectName, subjectText } from "../subject/subject.ts";
import type { Limits } from "./rollout.ts";

export const presets: { readonly [name: string]: () => readonly Cell[] } = {
  factorial,
  "potter-2026": potter2026,
  "potter-identity": potterIdentity,
  operations,
  "real-hosts": realHosts,
};

export type Plan = {
  readonly preset: string;
  readonly cells: readonly Cell[];
  readonly subject: SubjectName;
  readonly setting: Setting;
  readonly rollouts: number;
  readonly limits: Limits;
  /** The agent harness that runs the model, with its version; null for the study's own loop. */
  readonly harness: HarnessFactor | null;
};

export type HarnessFactor = { readonly name: HarnessName; readonly version: string };

/** One rollout to do: of the subject, or of a positive control. */
export type Job = {
  readonly key: string;
  readonly cell: Cell;
  readonly rollout: number;
  readonly control: Profile | null;
};

/**
 * The plan as the text that is hashed before the run and kept with its results: its
 * pre-registration. It holds a digest of every text that a subject will read.
 */
export function planText(plan: Plan): string {
  const { preset, cells, subject, setting, rollouts, limits, harness } = plan;
  const texts = cells.map((cell) => {
    const { system, user, world } = stage(cell, setting);
    return digestOf(new TextEncoder().encode(JSON.stringify([system, user, world])));
  });
  return JSON.stringify({
    preset,
    subject: subjectText(subject),
    setting,
    rollouts,
    limits,
    ...(harness === null ? {} : { harness: { ...harness } }),
    cells: cells.map((cell, at) => ({ cell: cellDigest(cell), texts: texts[at] })),
  });
}

export function planDigest(text: string): string {
  return digestOf(new TextEncoder().encode(text));
}

/** All jobs: first the controls, so that a lab that cannot see is noticed before money is spent. */
export function* jobsOf(plan: Plan, digest: string): Generator<Job> {
  for (const cell of controlCells(plan.cells)) {
    for (const control of profiles) yield job(digest, cell, { rollout: 0, control });
  }
  for (let rollout = 0; rollout < plan.rollouts; rollout += 1) {
    for (const cell of plan.cells) yield job(digest, cell, { rollout, control: null });
  }
}

function job(digest: string, cell: Cell, of: Pick<Job, "rollout" | "control">): Job {
  const conditions = { plan: digest, cell, ...of } as unknown as JsonObject;
  return { key: digestOf(encodeCanonical(conditions)).slice(7), cell, ...of };
}

/** One cell for every task, target, threat and watch: where a subject could act differently. */
export function controlCells(cells: readonly Cell[]): readonly Cell[] {
  const kinds = new Map<string, Cell>();
  for (const cell of cells) {
    const { task, target, threat, watch, telling, tools } = cell;
    const isByMemory = telling === "memory";
    const kind = [task, target, threat, watch, isByMemory, tools].join("/");
    if (!kinds.has(kind)) kinds.set(kind, cell);
  }
  return [...kinds.values()];
}

/** The harness of this lab: the study's loop over its own tools. */
const ownHarness = "writ-lab/1";

/** The harness as records name it. */
export function harnessText({ harness }: Pick<Plan, "harness">): string {
  return harness === null ? ownHarness : `${harness.name}/${harness.version}`;
}

/** What a trial record is about. */
export function subjectOf(plan: Plan): {
  readonly subject: string;
  readonly harness: string;
  readonly preset: string;
} {
  const { subject, preset } = plan;
  return { subject: subjectText(subject), harness: harnessText(plan), preset };
}
