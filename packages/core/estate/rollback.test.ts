/** The main story: an order, its approvals, its execution, and what sight makes of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { certificateStatement } from "../certificate/statement.ts";
import { censusOf, chatbotRegister, holder, mass, newWeights } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";

const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

async function estateOn(...hosts: readonly string[]): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister(...hosts));
  await kit.witness();
  for (const host of hosts) kit.sees(censusOf(host));
  await kit.witness();
  return kit;
}

describe("a rollback", () => {
  test("is fulfilled once every host was looked at and all is as ordered", async () => {
    const kit = await estateOn("h1", "h2");
    const writ = kit.propose(order);
    assert.equal(kit.state(writ), "drafted");
    kit.decide("ben", writ);
    assert.equal(kit.state(writ), "drafted");
    kit.decide("cleo", writ);
    assert.equal(kit.state(writ), "approved");
    await kit.witness();
    assert.equal(kit.state(writ), "armed");
    kit.execute(writ);
    assert.equal(kit.state(writ), "executed");
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "3.8" }));
    assert.equal(kit.state(writ), "verifying");
    kit.sees(censusOf("h2", { runs: "3.8" }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.equal(kit.estate.register.releases.get("chatbot@4.2")!.lifecycle, "retired");
    assert.equal(kit.estate.register.releases.get("chatbot@3.8")!.lifecycle, "active");
    kit.certify(writ);
  });

  test("is defied by a copy of the old weights under another name", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8", files: [mass("/srv/tmp/access.log", newWeights)] }));
    assert.equal(kit.state(writ), "defied");
    const { contradictions } = kit.estate.proceedings.get(writ)!.verdict!;
    assert.deepEqual(
      contradictions.map(({ what, where }) => [what, where]),
      [["copy", "/srv/tmp/access.log"]],
    );
  });

  test("is defied while the old release still runs, and fulfilled when it is gone", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    const second = holder(78, newWeights, { listens: [9090] });
    kit.sees(censusOf("h1", { runs: "3.8", processes: [second] }));
    assert.equal(kit.state(writ), "defied");
    assert.throws(() => kit.certify(writ), /only a fulfilled writ/);
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "3.8" }));
    assert.equal(kit.state(writ), "fulfilled");
  });

  test("that was fulfilled is defied when the old release comes back, and loses its certificate", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    kit.certify(writ);
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "4.2" }));
    assert.equal(kit.state(writ), "defied");
    assert.equal(kit.estate.proceedings.get(writ)!.revokedIndex, kit.estate.size - 1);
  });

  test("is not fulfilled by a look that began before it was executed", async () => {
    const kit = await estateOn("h1");
    const before = kit.estate.lastWitnessed;
    const writ = await kit.carriedOut(order);
    kit.sees(censusOf("h1", { runs: "3.8" }), before);
    assert.equal(kit.state(writ), "executed");
  });

  test("is not fulfilled by a look with a gap, and says which", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(order);
    const census = censusOf("h1", { runs: "3.8" });
    const [files, ...others] = census.coverage;
    const gaps = [{ where: "/srv/locked", why: "no-permission" as const }];
    kit.sees({ ...census, coverage: [{ ...files!, gaps, gapsTotal: 1 }, ...others] });
    assert.equal(kit.state(writ), "verifying");
    assert.match(kit.estate.proceedings.get(writ)!.verdict!.uncovered[0]!.why, /locked/);
  });

  test("is fulfilled past a blind spot that humans accepted, and its certificate names it", async () => {
    const kit = await estateOn("h1");
    const spot = { vantage: "processes", where: "/proc/1/*", why: "no-permission" } as const;
    const host = { document: "host", host: "h1", owner: "ops", blindSpots: [spot] } as const;
    kit.register(host);
    const writ = await kit.carriedOut(order);
    const blind = (where: string) => {
      const census = censusOf("h1", { runs: "3.8" });
      const [files, processes, controls] = census.coverage;
      const gaps = [{ where, why: "no-permission" as const }];
      return { ...census, coverage: [files!, { ...processes!, gaps, gapsTotal: 1 }, controls!] };
    };
    kit.sees(blind("/proc/12/maps"));
    assert.equal(kit.state(writ), "verifying");
    kit.sees(blind("/proc/1/maps"));
    assert.equal(kit.state(writ), "fulfilled");
    const proceeding = kit.estate.proceedings.get(writ)!;
    const { predicate } = certificateStatement(kit.estate, proceeding) as { predicate: object };
    assert.deepEqual((predicate as { blindSpots: object }).blindSpots, [{ host: "h1", ...spot }]);
  });

  test("is denied for good, vetoed before the fence, and neither after it", async () => {
    const kit = await estateOn("h1");
    const denied = kit.propose(order);
    kit.decide("ben", denied, "deny");
    assert.equal(
      kit.refuses("cleo", { kind: "decision", writ: denied, decision: "approve" }),
      "writ-closed",
    );
    const vetoed = kit.propose(order);
    kit.decide("ben", vetoed);
    kit.decide("cleo", vetoed);
    await kit.witness();
    kit.decide("ada", vetoed, "veto");
    assert.equal(kit.state(vetoed), "vetoed");
    const step = { kind: "execution", writ: vetoed, step: 0, phase: "intent" } as const;
    assert.equal(kit.refuses("executor-h1", step), "writ-vetoed");
    const running = await kit.carriedOut(order);
    assert.equal(
      kit.refuses("ada", { kind: "decision", writ: running, decision: "veto" }),
      "past-the-fence",
    );
  });

  test("counts neither the proposer's approval nor one person twice", async () => {
    const kit = await estateOn("h1");
    const writ = kit.propose(order);
    const approve = { kind: "decision", writ, decision: "approve" } as const;
    assert.equal(kit.refuses("ada", approve), "own-proposal");
    kit.decide("ben", writ);
    assert.equal(kit.refuses("ben", approve), "already-decided");
    assert.equal(kit.refuses("butler", approve), "wrong-role");
    assert.equal(kit.state(writ), "drafted");
  });
});
