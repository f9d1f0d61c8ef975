/**
 * What every driver must do, whatever it drives. Called from each driver's test, on real places.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Boundaries, Driver } from "./driver.ts";

/** A real place, as it is before the step. */
export type DriverCase<S> = {
  readonly step: S;
  /** Makes it another thing than before or after. Absent, with the reason, if there is none. */
  readonly disturb: (() => Promise<void>) | string;
  /** What must be the same after any failing or repeated attempt: files, their bytes, processes. */
  readonly look: () => Promise<unknown>;
  readonly cleanUp?: () => Promise<void>;
};

class Crash extends Error {}

/** Runs the contract. `boundaries` are those at which a crash leaves something half done. */
export function driverContract<S>(
  name: string,
  parts: {
    readonly driver: (boundaries: Boundaries) => Driver<S>;
    readonly fresh: () => Promise<DriverCase<S>>;
    readonly boundaries: readonly string[];
  },
): void {
  const quiet = parts.driver({ reached: async () => {} });

  async function withCase(work: (one: DriverCase<S>) => Promise<void>): Promise<void> {
    const one = await parts.fresh();
    try {
      await work(one);
    } finally {
      await one.cleanUp?.();
    }
  }

  async function stateOf(step: S, memory: string | undefined): Promise<string> {
    const { state, detail } = await quiet.readState(step, memory);
    assert.ok(detail.length > 0, "a reading says what was read");
    return state;
  }

  describe(`driver contract: ${name}`, () => {
    test("says in one line what it does, and where", () =>
      withCase(async ({ step }) => {
        const line = quiet.describe(step);
        assert.equal(line, quiet.describe(structuredClone(step)));
        assert.ok(line.length > 10 && !line.includes("\n"));
      }));

    test("reading changes nothing, and tells before from after", () =>
      withCase(async ({ step, look }) => {
        const seen = await look();
        assert.equal(await stateOf(step, undefined), "before");
        const memory = await quiet.remember(step);
        assert.equal(await stateOf(step, memory), "before");
        assert.deepEqual(await look(), seen);
        assert.equal(await quiet.carryOut(step, memory), undefined);
        assert.equal(await stateOf(step, memory), "after");
      }));

    test("carried out twice is carried out once", () =>
      withCase(async ({ step, look }) => {
        const memory = await quiet.remember(step);
        await quiet.carryOut(step, memory);
        const seen = await look();
        assert.equal(await quiet.carryOut(step, memory), undefined);
        assert.deepEqual(await look(), seen);
      }));

    test("what is neither before nor after is said, and left as it is", (context) =>
      withCase(async ({ step, disturb, look }) => {
        if (typeof disturb === "string") return context.skip(disturb);
        const memory = await quiet.remember(step);
        await disturb();
        const seen = await look();
        assert.equal(await stateOf(step, memory), "neither");
        assert.equal(typeof (await quiet.carryOut(step, memory)), "string", "it says why not");
        assert.deepEqual(await look(), seen);
      }));

    for (const boundary of parts.boundaries) {
      test(`a crash at ${boundary} leaves a readable place, and the next attempt ends it`, () =>
        withCase(async ({ step, look }) => {
          const crashing = parts.driver({
            reached: async (at) => {
              if (at === boundary) throw new Crash();
            },
          });
          const memory = await quiet.remember(step);
          await assert.rejects(crashing.carryOut(step, memory), Crash);
          const state = await stateOf(step, memory);
          assert.ok(state === "before" || state === "after", state);
          assert.equal(await quiet.carryOut(step, memory), undefined);
          assert.equal(await stateOf(step, memory), "after");
          const seen = await look();
          await withCase(async (other) => {
            const own = await quiet.remember(other.step);
            await quiet.carryOut(other.step, own);
            assert.deepEqual(seen, await other.look(), "the same as without a crash");
          });
        }));
    }
  });
}
