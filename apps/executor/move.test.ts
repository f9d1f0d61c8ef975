import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { freshMillisecondsMax, type Known, nextMove, notFresh, outcomeOf } from "./move.ts";

describe("the next move about a step whose intent is in the journal", () => {
  type Case = readonly [
    recorded: Known["recorded"],
    phase: Known["operation"]["phase"],
    state: Known["reading"]["state"],
    over: Known["expired"],
    expected: string,
  ];
  const cases: readonly Case[] = [
    ["intent", "intent", "before", undefined, "act"],
    ["intent", "intent", "after", undefined, "done"],
    ["intent", "intent", "neither", undefined, "failed"],
    ["intent", "intent", "unreadable", undefined, "indeterminate"],
    ["intent", "effect", "before", undefined, "act"],
    ["intent", "effect", "after", undefined, "done"],
    ["intent", "effect", "neither", undefined, "indeterminate"],
    ["intent", "effect", "unreadable", undefined, "indeterminate"],
    ["indeterminate", "effect", "before", undefined, "act"],
    ["indeterminate", "effect", "after", undefined, "done"],
    ["indeterminate", "effect", "neither", undefined, "wait"],
    ["indeterminate", "effect", "unreadable", undefined, "wait"],
    ["indeterminate", "intent", "neither", undefined, "failed"],
    ["intent", "intent", "before", "local", "wait"],
    ["intent", "intent", "before", "witnessed", "failed"],
    ["intent", "effect", "before", "witnessed", "failed"],
    ["intent", "effect", "after", "witnessed", "done"],
    ["intent", "effect", "neither", "witnessed", "indeterminate"],
  ];
  for (const [recorded, phase, state, over, expected] of cases) {
    test(`${recorded} said, ${phase} kept, ${state} read, expired ${over}: ${expected}`, () => {
      const reading = { state, detail: "as read" };
      const move = nextMove({ recorded, operation: { phase }, reading, expired: over });
      assert.equal(move.move === "say" ? move.phase : move.move, expected);
    });
  }

  test("after the effect was tried, only reading says what came of it", () => {
    const phase = (state: Known["reading"]["state"], problem?: string) =>
      outcomeOf({ state, detail: "as read" }, problem).phase;
    assert.equal(phase("after", "it complained"), "done");
    assert.equal(phase("before"), "failed");
    assert.equal(phase("neither"), "indeterminate");
    assert.equal(phase("unreadable", "it complained"), "indeterminate");
  });

  test("a checkpoint is fresh for a minute by the local clock, both ways", () => {
    const cosigned = { size: 1, root: "", time: 1_000_000 };
    for (const [age, fresh] of [
      [0, true],
      [freshMillisecondsMax, true],
      [freshMillisecondsMax + 1, false],
      [-freshMillisecondsMax - 1, false],
    ] as const) {
      assert.equal(notFresh(cosigned, cosigned.time + age) === undefined, fresh, `${age}`);
    }
  });
});
