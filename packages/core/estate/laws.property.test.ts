/**
 * The laws of the design, each as a property over journals that a seed makes: people, agents, probes
 * and executors say whatever they may (and much that they may not) in any order.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { seatsFor } from "../admission/writ-admission.ts";
import { currentState } from "../authority/proceeding.ts";
import { quorumMet } from "../authority/quorum.ts";
import type { Digest } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import { findings } from "../finding/findings.ts";
import { emptyReconciliation, reconcile, touch } from "../finding/reconciliation.ts";
import { parseEntry } from "../journal/entry.ts";
import { censusOf, chatbotRegister, holder, mass, newWeights } from "../testing/chatbot.ts";
import { EstateKit, verifyWithNode } from "../testing/estate-kit.ts";
import { appendLeaf, emptyFrontier, frontierRoot, hashLeaf } from "../tlog/merkle.ts";
import { type Estate, emptyEstate } from "./estate.ts";
import { replay } from "./replay.ts";

const runs = { numRuns: process.env.SLOW ? 1000 : 10 };

type Act =
  | { readonly act: "propose"; readonly who: "ada" | "butler" }
  | { readonly act: "decide"; readonly who: Person; readonly word: "approve" | "deny" | "veto" }
  | { readonly act: "claim"; readonly says: "completed" | "inventory" }
  | { readonly act: "step"; readonly phase: "intent" | "done" | "failed" | "indeterminate" }
  | {
      readonly act: "look";
      readonly runs: "4.2" | "3.8";
      readonly copy: boolean;
      readonly stale: boolean;
    }
  | { readonly act: "witness"; readonly seconds: number }
  | { readonly act: "certify" };
type Person = "ada" | "ben" | "cleo" | "butler" | "executor-h1" | "probe-h1";

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant("propose" as const),
      who: fc.constantFrom("ada" as const, "butler" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("decide" as const),
      who: fc.constantFrom<Person[]>("ada", "ben", "cleo", "butler", "executor-h1", "probe-h1"),
      word: fc.oneof(
        { weight: 8, arbitrary: fc.constant("approve" as const) },
        { weight: 1, arbitrary: fc.constantFrom("deny" as const, "veto" as const) },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("claim" as const),
      says: fc.constantFrom("completed" as const, "inventory" as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("step" as const),
      phase: fc.constantFrom(
        "intent" as const,
        "done" as const,
        "done" as const,
        "failed" as const,
        "indeterminate" as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant("look" as const),
      runs: fc.constantFrom("4.2" as const, "3.8" as const),
      copy: fc.boolean(),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant("witness" as const),
      seconds: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ act: "certify" as const }) },
);

/** Any acts, and among them the ones that carry an order out: else chance would rarely get so far. */
const anyCourse: fc.Arbitrary<readonly Act[]> = fc
  .tuple(fc.array(anyAct, { minLength: 30, maxLength: 30 }), fc.integer({ min: 0, max: 3 }))
  .map(([acts, noise]) => {
    const path: readonly Act[] = [
      { act: "propose", who: "ada" },
      { act: "decide", who: "ben", word: "approve" },
      { act: "decide", who: "cleo", word: "approve" },
      { act: "witness", seconds: 1 },
      { act: "step", phase: "intent" },
      { act: "step", phase: "done" },
      { act: "step", phase: "intent" },
      { act: "step", phase: "done" },
      { act: "witness", seconds: 1 },
      { act: "look", runs: "3.8", copy: false, stale: false },
    ];
    return path.flatMap((act, at) => [...acts.slice(at * noise, (at + 1) * noise), act]);
  });

async function begun(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  return kit;
}

/** Tries an act; what may not be said is refused, which is as it should be. */
async function attempt(kit: EstateKit, act: Act): Promise<void> {
  const last = [...kit.estate.proceedings.keys()].at(-1);
  const say = (who: string, body: Parameters<EstateKit["say"]>[1]) => kit.refuses(who, body);
  switch (act.act) {
    case "propose": {
      const runsNow = kit.estate.register.placements.get("h1-current")!.document.release;
      const [from, to] = runsNow === "4.2" ? ["4.2", "3.8"] : ["3.8", "4.2"];
      kit.propose({ action: "rollback", component: "chatbot", from, to }, act.who);
      return;
    }
    case "witness":
      await kit.witness(act.seconds * 1000);
      return;
    case "look": {
      const files = act.copy ? [mass("/srv/tmp/a.log", newWeights)] : [];
      const since = act.stale ? [...kit.estate.witnessed.values()][0] : kit.estate.lastWitnessed;
      const processes = act.copy ? [holder(9, newWeights, { listens: [9090] })] : [];
      try {
        kit.sees(censusOf("h1", { runs: act.runs, files, processes }), since);
      } catch (error) {
        assert.match(String(error), /stale-sight/);
      }
      return;
    }
    default:
  }
  if (last === undefined) return;
  if (act.act === "decide") say(act.who, { kind: "decision", writ: last, decision: act.word });
  if (act.act === "claim") {
    const body = act.says === "completed" ? { writ: last } : { host: "h1", releases: [] };
    say("butler", { kind: "claim", says: act.says, ...body });
    say("executor-h1", { kind: "claim", says: act.says, ...body });
  }
  if (act.act === "step") {
    const steps = kit.estate.proceedings.get(last)!.writ.steps.length;
    for (let step = 0; step < steps; step += 1) {
      say("executor-h1", { kind: "execution", writ: last, step, phase: act.phase });
    }
  }
  if (act.act === "certify" && currentState(kit.estate.proceedings.get(last)!) === "fulfilled") {
    kit.refuses("journal", { kind: "certificate", writ: last, statement: newWeights });
  }
}

/** What must not move by a claim: everything but the claims themselves and the journal's length. */
function standing(estate: Estate): unknown {
  return {
    register: estate.register,
    states: [...estate.proceedings.values()].map(currentState),
    verdicts: [...estate.proceedings.values()].map(({ verdict }) => verdict),
    time: estate.time,
  };
}

test("law 1: a claim changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, async (course) => {
      const kit = await begun();
      for (const act of course) {
        const before = act.act === "claim" ? structuredClone(standing(kit.estate)) : undefined;
        await attempt(kit, act);
        if (before !== undefined) assert.deepEqual(standing(kit.estate), before);
      }
    }),
    runs,
  );
});

// A property that holds because nothing ever happens would be no law.
const reached = { begun: 0, fulfilled: 0 };
after(() => {
  for (const [what, times] of Object.entries(reached)) assert.ok(times > 0, `never ${what}`);
});

test("law 2: nothing is begun without a quorum of humans, none of them the proposer", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, async (course) => {
      const kit = await begun();
      for (const act of course) await attempt(kit, act);
      for (const proceeding of kit.estate.proceedings.values()) {
        if (proceeding.fenceIndex === undefined) continue;
        reached.begun += 1;
        const before = [...proceeding.approvals.values()].filter(
          ({ index }) => index < proceeding.fenceIndex!,
        );
        const people = new Set(before.map(({ person }) => person));
        assert.ok(!people.has(proceeding.writ.proposer));
        assert.ok(quorumMet(kit.root, seatsFor(kit.root, "rollback")!, people));
        assert.equal(proceeding.refusal, undefined);
      }
    }),
    runs,
  );
});

test("law 3: fulfilled means seen since execution, everywhere, with nothing against it", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, async (course) => {
      const kit = await begun();
      for (const act of course) {
        await attempt(kit, act);
        for (const proceeding of kit.estate.proceedings.values()) {
          if (currentState(proceeding) !== "fulfilled") continue;
          if (!kit.estate.open.has(proceeding.digest)) continue;
          reached.fulfilled += 1;
          assert.deepEqual(proceeding.verdict!.contradictions, []);
          assert.deepEqual(
            proceeding.fulfilled!.covered.map(({ host }) => host),
            proceeding.writ.verification.hosts,
          );
          for (const { host } of proceeding.fulfilled!.covered) {
            const { sinceSize } = kit.estate.sights.get(host)!.latest!;
            assert.ok(sinceSize > proceeding.executedIndex!);
          }
        }
      }
    }),
    runs,
  );
});

test("law 4: any prefix of the journal replays to the same estate and root", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, fc.nat(), async (course, seed) => {
      const kit = await begun();
      const shown: string[] = [];
      for (const act of course) {
        await attempt(kit, act);
        shown[kit.estate.size] = JSON.stringify(findings(kit.estate));
      }
      const sizes = Object.keys(shown).map(Number);
      const cut = sizes[seed % sizes.length]!;
      const again = replay(emptyEstate(), kit.entries.slice(0, cut), {
        reading: "whole",
        verify: verifyWithNode,
        blob: (digest: Digest) => kit.blobs.get(digest),
      });
      assert.ok(!isRefused(again), JSON.stringify(again));
      assert.equal(JSON.stringify(findings(again)), shown[cut]);
      let frontier = emptyFrontier();
      for (const bytes of kit.entries.slice(0, cut))
        frontier = appendLeaf(frontier, hashLeaf(bytes));
      let own = again.frontier;
      for (const leaf of again.leavesSince) own = appendLeaf(own, leaf);
      assert.deepEqual(frontierRoot(own), frontierRoot(frontier));
      if (cut === kit.entries.length) assert.deepEqual(again, kit.estate);
    }),
    runs,
  );
});

test("findings kept up to date are those derived from all there is, at every entry", async () => {
  await fc.assert(
    fc.asyncProperty(anyCourse, async (course) => {
      const kit = await begun();
      const kept = emptyReconciliation();
      let taken = 0;
      const compare = () => {
        for (; taken < kit.entries.length; taken += 1) {
          const entry = parseEntry(kit.entries[taken]!);
          assert.ok(!isRefused(entry));
          touch(kept, entry.body);
        }
        assert.deepEqual(reconcile(kept, kit.estate), findings(kit.estate));
      };
      for (const act of course) {
        await attempt(kit, act);
        compare();
      }
    }),
    runs,
  );
});

test("law 4: an entry changed in any byte, or moved, is refused on replay", async () => {
  const kit = await begun();
  await kit.carriedOut({ action: "rollback", component: "chatbot", from: "4.2", to: "3.8" });
  kit.sees(censusOf("h1", { runs: "3.8" }));
  const ports = { ...kit.ports };
  const first = kit.entries.length;
  fc.assert(
    fc.property(fc.nat(first - 1), fc.nat(), fc.integer({ min: 1, max: 255 }), (at, byte, flip) => {
      const entries = kit.entries.map((bytes) => bytes.slice());
      const entry = entries[at]!;
      entry[byte % entry.length]! ^= flip;
      assert.ok(isRefused(replay(emptyEstate(), entries, ports)));
    }),
    { numRuns: process.env.SLOW ? 5000 : 100 },
  );
  for (let at = 1; at < first; at += 1) {
    const moved = [...kit.entries.slice(0, at), ...kit.entries.slice(at + 1)];
    // Leaving the last one out is an honest prefix; leaving any other out breaks a chain or a root.
    const result = replay(emptyEstate(), moved, ports);
    if (at < first - 1) assert.ok(isRefused(result), `without entry ${at}`);
  }
});
