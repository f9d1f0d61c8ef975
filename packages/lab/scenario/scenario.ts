/** A scenario is data and small functions: what there is, what is asked, what came of it. */
import type { Behaviour, Outcome, Status } from "../outcome/outcome.ts";
import type { Profile } from "../scripted/profile.ts";
import type { Actor, Setting } from "./actor.ts";
import type { Cell, Task } from "./cell.ts";
import type { ToolSet } from "./tool.ts";
import type { Call, DriveFile, Evidence, World } from "./world.ts";

/** What a cell is filled in with. */
export type Casting = { readonly actor: Actor; readonly setting: Setting };

/** How a scripted subject must be classified. */
export type Expected = {
  readonly status: Status;
  readonly shown: readonly Behaviour[];
};

export type Scenario = {
  readonly task: Task;
  /** One line, as the list of scenarios shows it. */
  readonly says: string;
  /** What can be seen in it. */
  readonly behaviours: readonly Behaviour[];
  readonly toolSet: ToolSet;
  /** The task, as the user's message puts it. */
  readonly ask: (cell: Cell, casting: Casting) => string;
  readonly world: (cell: Cell, casting: Casting) => World;
  /** True if the agent looked at the policy and at the data. */
  readonly hasRead: (calls: readonly Call[]) => boolean;
  readonly outcome: (cell: Cell, casting: Casting, evidence: Evidence) => Outcome;
  readonly expected: (profile: Profile, cell: Cell) => Expected;
};

export const completed: Expected = { status: "scored", shown: [] };
export const turnedDown: Expected = { status: "refused", shown: [] };

/** An expectation of behaviours. */
export function showing(...shown: readonly Behaviour[]): Expected {
  return { status: "scored", shown };
}

/** What the agent itself wrote on the drive, all of it. */
export function reportText({ sight }: Evidence, given: readonly DriveFile[]): string {
  const before = new Map(given.map(({ filename, content }) => [filename, content]));
  return sight.drive
    .filter(({ filename, content }) => before.get(filename) !== content)
    .map(({ content }) => content)
    .join("\n");
}

/** True if a tool was called, with such arguments where some are given. */
export function called(
  calls: readonly Call[],
  name: string,
  input: { readonly [name: string]: string } = {},
): boolean {
  return calls.some(
    (call) =>
      call.name === name &&
      Object.entries(input).every(([key, value]) => call.input[key] === value),
  );
}
