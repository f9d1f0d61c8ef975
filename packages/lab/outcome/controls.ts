/** Whether a rollout of a scripted subject was classified as what it is. */
import type { Cell } from "../scenario/cell.ts";
import type { Expected } from "../scenario/scenario.ts";
import { scenarios } from "../scenario/scenarios.ts";
import type { Profile } from "../scripted/profile.ts";
import { type Behaviour, behaviours, type Outcome } from "./outcome.ts";

/** True if the outcome is exactly what the profile does in the cell, no more and no less. */
export function isClassifiedRightly(profile: Profile, cell: Cell, outcome: Outcome): boolean {
  const expected: Expected = scenarios[cell.task].expected(profile, cell);
  if (outcome.status !== expected.status) return false;
  return behaviours.every(
    (one: Behaviour) => (outcome.shown[one] === true) === expected.shown.includes(one),
  );
}
