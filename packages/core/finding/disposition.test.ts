/** Findings that people accept, hand on and take back: always shown, never for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isRefused } from "../encoding/refusal.ts";
import { emptyEstate } from "../estate/estate.ts";
import { replay } from "../estate/replay.ts";
import { type BodyOf, parseEntry } from "../journal/entry.ts";
import { censusOf, chatbotRegister, mass, newWeights, strangeWeights } from "../testing/chatbot.ts";
import { EstateKit, testRootDocument } from "../testing/estate-kit.ts";
import { type Finding, isOpen } from "./finding.ts";
import { findings } from "./findings.ts";
import { emptyReconciliation, reconcile, touch } from "./reconciliation.ts";

const day = 86_400_000;
const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
const stray = mass("/srv/x/strange.gguf", strangeWeights);

async function estate(): Promise<EstateKit> {
  const kit = new EstateKit();
  const groups = [
    { name: "operators", members: ["ada", "ben", "cleo"] },
    { name: "risk", members: ["cleo"] },
  ];
  kit.found(testRootDocument({ groups, acceptance: { group: "risk", daysMax: 30 } }));
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1", { files: [stray] }));
  await kit.witness();
  return kit;
}

function only(kit: EstateKit, rule: string): Finding {
  const found = findings(kit.estate).filter((one) => one.rule === rule);
  assert.equal(found.length, 1, `${rule}: ${found.length}`);
  return found[0]!;
}

function word(
  kit: EstateKit,
  { digest: finding, rule, host, writ }: Finding,
  changes: Partial<BodyOf<"disposition">> = {},
): BodyOf<"disposition"> {
  const until = new Date(kit.now + 7 * day).toISOString();
  const about = { finding, rule, host, ...(writ === undefined ? {} : { writ }) };
  const said = { says: "accept", reason: "a test set", owner: "ada", until } as const;
  return { kind: "disposition", ...about, ...said, ...changes };
}

test("an accepted finding is shown as such, after the open ones, with who and why", async () => {
  const kit = await estate();
  const found = only(kit, "unregistered");
  const entry = kit.say("cleo", word(kit, found));
  const shown = only(kit, "unregistered");
  assert.deepEqual(shown.accepted, {
    by: "cleo",
    reason: "a test set",
    until: kit.now + 7 * day,
    entry,
  });
  assert.equal(shown.owner, "ada");
  assert.equal(shown.digest, found.digest);
  kit.sees(censusOf("h1", { files: [stray, mass("/srv/x/b.gguf", newWeights)] }));
  assert.deepEqual(findings(kit.estate).map(isOpen), [true, false]);
});

test("it comes back at its expiry, by witnessed time", async () => {
  const kit = await estate();
  kit.say("cleo", word(kit, only(kit, "unregistered")));
  await kit.witness(7 * day - 2000);
  kit.sees(censusOf("h1", { files: [stray] }));
  assert.ok(!isOpen(only(kit, "unregistered")));
  await kit.witness(2001);
  assert.ok(isOpen(only(kit, "unregistered")));
  assert.equal(only(kit, "unregistered").owner, "ada");
});

test("other bytes there, or the same bytes elsewhere, are another finding and stand open", async () => {
  const kit = await estate();
  kit.say("cleo", word(kit, only(kit, "unregistered")));
  await kit.witness();
  kit.sees(censusOf("h1", { files: [mass("/srv/y/strange.gguf", strangeWeights)] }));
  assert.ok(isOpen(only(kit, "unregistered")));
  kit.sees(censusOf("h1", { files: [mass("/srv/x/strange.gguf", strangeWeights, { size: 9e6 })] }));
  assert.ok(isOpen(only(kit, "unregistered")));
  kit.sees(censusOf("h1", { files: [stray] }));
  assert.ok(!isOpen(only(kit, "unregistered")));
});

test("a probe's silence that was accepted stays so while it goes on, minute by minute", async () => {
  const kit = await estate();
  const silent = () => findings(kit.estate).find(({ where }) => where === "probe-h1")!;
  await kit.witness(600_000);
  const { says: said } = silent().right;
  kit.say("cleo", word(kit, silent()));
  await kit.witness(600_000);
  assert.notEqual(silent().right.says, said);
  assert.ok(!isOpen(silent()));
});

test("who is not in the group, and for longer than allowed, is refused, and so is what stands not", async () => {
  const kit = await estate();
  const found = only(kit, "unregistered");
  const until = (days: number) => new Date(kit.now + days * day).toISOString();
  const refused = (who: string, changes: Partial<BodyOf<"disposition">> = {}) =>
    kit.refuses(who, word(kit, found, changes));
  for (const who of ["ada", "butler", "probe-h1", "executor-h1", "journal"]) {
    assert.equal(refused(who), "wrong-role", who);
  }
  assert.equal(refused("cleo", { until: until(31) }), "unacceptable");
  assert.equal(refused("cleo", { until: until(-1) }), "unacceptable");
  assert.equal(refused("cleo", { owner: "butler" }), "unknown-reference");
  assert.equal(refused("cleo", { finding: newWeights }), "unknown-reference");
  assert.equal(refused("cleo", { rule: "nonsense" }), "unknown-reference");
  assert.equal(refused("cleo", { says: "withdraw" }), "unknown-reference");
  const { until: _, ...endless } = word(kit, found);
  assert.equal(kit.refuses("cleo", endless), "malformed");
  assert.ok(isOpen(only(kit, "unregistered")));
  assert.equal(refused("cleo", { until: until(29) }), "admitted");
  // Anyone may bring it back to sight.
  assert.equal(refused("ben", { says: "withdraw" }), "admitted");
  assert.ok(isOpen(only(kit, "unregistered")));
});

test("without a word of the trust root on it, nobody accepts anything", async () => {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1", { files: [stray] }));
  assert.equal(kit.refuses("ada", word(kit, only(kit, "unregistered"))), "wrong-role");
});

test("what an order is about, and a control, is handed to somebody and never accepted", async () => {
  const kit = await estate();
  await kit.carriedOut(order);
  const control = { control: { value: "false" } };
  kit.sees(censusOf("h1", { files: [mass("/srv/tmp/a.log", newWeights)], ...control }));
  await kit.witness();
  const never = ["defied", "preserved-copy", "control-altered"] as const;
  for (const rule of never) {
    const found = findings(kit.estate).find((one) => one.rule === rule)!;
    assert.equal(kit.refuses("cleo", word(kit, found)), "unacceptable", rule);
    kit.say("ben", { ...word(kit, found, { says: "assign", owner: "operators" }) });
    const after = findings(kit.estate).find((one) => one.rule === rule)!;
    assert.equal(after.owner, "operators");
    assert.ok(isOpen(after));
  }
});

test("a finding that nobody was handed belongs to the component's owner", async () => {
  const kit = await estate();
  kit.sees(censusOf("h1", { without: ["/srv/chatbot/3.8/model.gguf"] }));
  assert.equal(only(kit, "missing").owner, "support team");
});

test("property: a finding is accepted only by the group's word on it, and replay says the same", async () => {
  const people = ["ada", "ben", "cleo", "butler", "probe-h1", "executor-h1"] as const;
  const act = fc.oneof(
    fc.record({
      act: fc.constant("say" as const),
      who: fc.constantFrom(...people),
      at: fc.nat(9),
      says: fc.constantFrom("accept", "accept", "assign", "withdraw"),
      days: fc.integer({ min: -1, max: 40 }),
    }),
    fc.record({ act: fc.constant("look" as const), file: fc.nat(3), control: fc.boolean() }),
    fc.record({ act: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 200 }) }),
  );
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 8, maxLength: 20 }),
      fc.nat(),
      async (acts, cut) => {
        const kit = await estate();
        const shown: string[] = [];
        const kept = emptyReconciliation();
        let taken = 0;
        for (const one of acts) {
          if (one.act === "wait") await kit.witness(one.hours * 3_600_000);
          if (one.act === "look") {
            const files = [mass(`/srv/x/${one.file}.gguf`, strangeWeights)];
            const control = one.control ? {} : { value: "false" };
            kit.sees(censusOf("h1", { files, control }));
          }
          const found = findings(kit.estate);
          const about = one.act === "say" ? found[one.at % Math.max(1, found.length)] : undefined;
          if (one.act === "say" && about !== undefined) {
            const until = new Date(kit.now + one.days * day).toISOString();
            kit.refuses(one.who, word(kit, about, { says: one.says, until }));
          }
          const now = findings(kit.estate);
          for (; taken < kit.entries.length; taken += 1) {
            const entry = parseEntry(kit.entries[taken]!);
            assert.ok(!isRefused(entry));
            touch(kept, entry.body);
          }
          assert.deepEqual(reconcile(kept, kit.estate), now);
          for (const { accepted: by, rule } of now) {
            if (by === undefined) continue;
            accepted += 1;
            assert.equal(by.by, "cleo");
            assert.ok(by.until > kit.estate.time && by.until <= kit.estate.time + 30 * day);
            assert.notEqual(rule, "control-altered");
          }
          shown[kit.estate.size] = JSON.stringify(now);
        }
        const sizes = Object.keys(shown).map(Number);
        const size = sizes[cut % sizes.length]!;
        const again = replay(emptyEstate(), kit.entries.slice(0, size), kit.ports);
        assert.ok(!isRefused(again));
        assert.equal(JSON.stringify(findings(again)), shown[size]);
      },
    ),
    { numRuns: process.env.SLOW ? 1000 : 15 },
  );
  assert.ok(accepted > 0, "nothing was ever accepted");
});
