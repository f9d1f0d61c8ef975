/** What a run will roughly cost and take, said before its first request. */
import { stage } from "@writ/lab";
import type { Plan } from "./plan.ts";
import { costOf, type Price } from "./price.ts";

/** Guesses, on purpose on the high side: models of the study took 5 to 12 turns. */
const turns = 10;
const tokensOutPerTurn = 200;
const secondsPerTurn = 5;
const charactersPerToken = 4;

export type Estimate = {
  readonly tokens: { readonly input: number; readonly output: number };
  /** Dollars; null where the price is unknown. */
  readonly cost: number | null;
  readonly minutes: number;
};

/** Every turn sends the conversation again: texts whole, answers as they add up. */
export function estimateOf(plan: Plan, price: Price | null, atOnce: number): Estimate {
  let input = 0;
  for (const cell of plan.cells) {
    const { system, user, tools, world } = stage(cell, plan.setting);
    const texts = JSON.stringify([system, user, tools, world]).length / charactersPerToken;
    input += turns * texts + (tokensOutPerTurn * turns * (turns - 1)) / 2;
  }
  const rollouts = plan.cells.length * plan.rollouts;
  const tokens = {
    input: Math.round(input * plan.rollouts),
    output: rollouts * turns * tokensOutPerTurn,
  };
  const minutes =
    (rollouts * turns * secondsPerTurn) / Math.max(1, Math.min(atOnce, rollouts)) / 60;
  return { tokens, cost: costOf(tokens, price), minutes };
}
