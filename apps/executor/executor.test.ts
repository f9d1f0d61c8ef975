import assert from "node:assert/strict";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { encodeStatement, encodeWrit, toBase64 } from "@writ/core";
import { censusOf, coverageOf, holder, mass } from "../../packages/core/testing/chatbot.ts";
import { EstateKit, signEntry, testKey } from "../../packages/core/testing/estate-kit.ts";
import { openExecutor } from "./testing/local-executor.ts";
import { openSite, rollbackSteps, type Site } from "./testing/site.ts";

const sites: Site[] = [];
after(() => Promise.all(sites.map((site) => site.close())));

async function open(kit?: EstateKit): Promise<Site> {
  const site = await openSite(kit);
  sites.push(site);
  return site;
}

/** That nothing was done on the host, and nothing said in the journal. */
function assertUntouched(site: Site): void {
  assert.equal(site.link(), "4.2");
  assert.equal(site.configured(), "PORT=8080\nRELEASE=4.2 # in force\n");
  assert.equal(site.starts(), 0);
  const posts = site.server.requests.filter((request) => request.startsWith("POST"));
  assert.deepEqual(posts, []);
}

describe("an executor", () => {
  test("carries out what a quorum signed, step by step, each effect after its intent", async () => {
    const site = await open();
    const writ = await site.order();
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("idle"), "idle", log.join("\n"));
    assert.equal(site.kit.state(writ), "executed");
    assert.equal(site.link(), "3.8");
    assert.equal(site.configured(), "PORT=8080\nRELEASE=3.8 # in force\n");
    assert.equal(site.starts(), 1);
    for (const step of Object.values(rollbackSteps)) {
      assert.deepEqual(site.said(writ, step), ["intent", "done"]);
    }
  });

  test("removes weights by decommission, and stops what serves them", async () => {
    const site = await open();
    const { rounds } = await openExecutor(site);
    const writ = site.kit.propose({
      action: "decommission",
      component: "chatbot",
      from: "4.2",
    });
    site.kit.decide("ben", writ);
    site.kit.decide("cleo", writ);
    await site.server.witnessed();
    await rounds("idle");
    assert.equal(site.kit.state(writ), "executed");
    assert.ok(!existsSync(join(site.host, "4.2", "model.gguf")));
    assert.ok(existsSync(join(site.host, "3.8", "model.gguf")));
  });

  test("follows sight: after a fulfilled writ, the next is drawn from the register it left", async () => {
    const site = await open();
    const { rounds, log } = await openExecutor(site);
    const first = await site.order();
    await rounds("idle");
    await site.server.witnessed();
    const { from, to } = site.kit.estate.proceedings.get(first)!.writ;
    const digests = { "4.2": from[0]!.artefacts[0]!.digest, "3.8": to!.artefacts[0]!.digest };
    const masses = (["4.2", "3.8"] as const).map((release) =>
      mass(join(site.host, release, "model.gguf"), digests[release], {
        inode: { device: "1", inode: release },
      }),
    );
    site.kit.sees({
      ...censusOf("h1", { coverage: coverageOf([site.host]) }),
      masses,
      processes: [holder(77, digests["3.8"])],
      links: [
        { path: join(site.host, "current"), target: "3.8" },
        { path: join(site.host, "chatbot.env"), value: "3.8" },
      ],
      controls: [],
    });
    await site.server.witnessed();
    assert.equal(site.kit.state(first), "fulfilled");
    // The register says 3.8 now, by sight alone: only who folded the census can draw the way back.
    const second = site.kit.propose({
      action: "replace",
      component: "chatbot",
      from: "3.8",
      to: "4.2",
    });
    site.kit.decide("ben", second);
    site.kit.decide("cleo", second);
    await site.server.witnessed();
    assert.equal(await rounds("idle"), "idle", log.join("\n"));
    assert.equal(site.kit.state(second), "executed", log.join("\n"));
    assert.equal(site.link(), "4.2");
    assert.equal(site.starts(), 2);
  });

  test("does nothing before the quorum, nor on an order that no witness has seen", async () => {
    const site = await open();
    let elapsed = 10_000;
    const { rounds } = await openExecutor(site, { clock: { elapsed: () => elapsed } });
    const writ = site.kit.propose({
      action: "rollback",
      component: "chatbot",
      from: "4.2",
      to: "3.8",
    });
    site.kit.decide("ben", writ);
    await site.server.witnessed();
    assert.equal(await rounds("acted", 3), "idle");
    site.kit.decide("cleo", writ);
    assert.equal(await rounds("acted", 3), "idle", "no witness has seen the quorum");
    assertUntouched(site);
    await site.server.publish();
    assert.equal(await rounds("acted", 1), "waiting", "seen, and not yet noted in the journal");
    assert.equal(site.kit.state(writ), "approved");
    await site.server.witnessed();
    elapsed += 1000;
    assert.equal(await rounds("acted", 3), "acted");
  });

  test("does nothing after a veto", async () => {
    const site = await open();
    const writ = await site.order();
    site.kit.decide("cleo", writ, "veto");
    await site.server.witnessed();
    const { rounds } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "idle");
    assertUntouched(site);
  });

  test("a veto that overtakes the intent is before the fence: nothing is done", async () => {
    const site = await open();
    const writ = await site.order();
    const { rounds, executor, operations, log } = await openExecutor(site);
    await rounds("acted", 0);
    // The veto reaches the server after the executor's last look, and before its intent does.
    site.server.intercept = (path) => {
      if (path === "/api/entries" && site.kit.state(writ) === "armed") {
        site.kit.decide("cleo", writ, "veto");
      }
      return undefined;
    };
    assert.equal(await executor.round(), "waiting");
    site.server.intercept = undefined;
    await site.server.witnessed();
    for (let i = 0; i < 3; i += 1) await executor.round();
    assert.equal(site.kit.state(writ), "vetoed");
    assert.equal(site.link(), "4.2");
    assert.equal(operations.get({ writ, step: 0 }), undefined, "nothing was begun");
    assert.match(log.join("\n"), /not taken .*vetoed|not taken .*said no/);
  });

  test("either clock ends a writ's time", async () => {
    const site = await open();
    const writ = site.kit.propose(
      { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" },
      "ada",
      { expires: new Date(Date.now() + 10_000).toISOString() },
    );
    site.kit.decide("ben", writ);
    site.kit.decide("cleo", writ);
    await site.server.witnessed();
    const { rounds } = await openExecutor(site, { clock: { now: () => Date.now() + 20_000 } });
    assert.equal(await rounds("acted", 3), "idle", "expired by its own clock");
    assertUntouched(site);
  });

  test("an old checkpoint, or one of the future, is no ground to act on", async () => {
    for (const skew of [90_000, -90_000]) {
      const site = await open();
      await site.order();
      const { rounds, log } = await openExecutor(site, { clock: { now: () => Date.now() + skew } });
      assert.equal(await rounds("acted", 3), "waiting");
      assert.match(log.join("\n"), /stale-sight/);
      assertUntouched(site);
    }
  });

  test("a place that is not as signed fails the step, and stays", async () => {
    const site = await open();
    const writ = await site.order();
    rmSync(join(site.host, "current"));
    symlinkSync("elsewhere", join(site.host, "current"));
    const { rounds } = await openExecutor(site);
    await rounds("idle");
    assert.deepEqual(site.said(writ, rollbackSteps.link), ["intent", "failed"]);
    assert.deepEqual(site.said(writ, rollbackSteps.service), [], "nothing after a failed step");
    assert.equal(site.link(), "elsewhere");
  });

  test("lost answers and a server that is away double nothing", async () => {
    const site = await open();
    const writ = await site.order();
    let elapsed = 0;
    const clock = { elapsed: () => (elapsed += 3000) };
    const { executor } = await openExecutor(site, { clock });
    // The same chances at every run: a third of all requests fail, a third of the answers are lost.
    let chance = 1;
    const falls = () => {
      chance = (chance * 48_271) % 2_147_483_647;
      return chance % 3 === 0;
    };
    site.server.intercept = () => (falls() ? { status: 503, body: new Uint8Array() } : undefined);
    site.server.loses = falls;
    for (let i = 0; i < 300 && site.kit.state(writ) !== "executed"; i += 1) await executor.round();
    assert.equal(site.kit.state(writ), "executed");
    assert.equal(site.starts(), 1);
    for (const step of Object.values(rollbackSteps)) {
      assert.deepEqual(site.said(writ, step), ["intent", "done"]);
    }
  });
});

/** A kit whose door is open to any signature, as a stolen server's would be. */
class LaxKit extends EstateKit {
  override readonly ports = {
    reading: "whole" as const,
    verify: () => true,
    blob: (digest: Parameters<EstateKit["ports"]["blob"]>[0]) => this.blobs.get(digest),
  };

  /** A decision in another's name, signed with a key that is not theirs. */
  forge(person: string, writ: `sha256:${string}`): void {
    const head = this.estate.heads.get(testKey(person).id);
    const payload = encodeStatement({
      version: 1,
      estate: this.estate.id!,
      at: new Date(this.now).toISOString(),
      chain:
        head === undefined
          ? { sequence: 0 }
          : { sequence: head.sequence + 1, previous: head.digest },
      body: { kind: "decision", writ, decision: "approve" },
    });
    const thief = { ...testKey("butler"), id: testKey(person).id };
    const result = this.offer(signEntry(payload, [thief]));
    assert.ok("opened" in result);
  }
}

describe("a server that lies", () => {
  test("forges approvals, and has witnesses cosign them: the executor stops for good", async () => {
    const kit = new LaxKit();
    const site = await open(kit);
    const writ = kit.propose({ action: "rollback", component: "chatbot", from: "4.2", to: "3.8" });
    kit.forge("ben", writ);
    kit.forge("cleo", writ);
    await site.server.witnessed();
    assert.equal(kit.state(writ), "armed", "the server itself believes, or would have us believe");
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "distrust");
    assert.match(log.join("\n"), /error STOPPED.*bad-signature/);
    assertUntouched(site);
  });

  test("shows a quorum on a writ of other steps than were signed: the blob is not the writ", async () => {
    const site = await open();
    const writ = await site.order();
    const { writ: signed } = site.kit.estate.proceedings.get(writ)!;
    const steps = signed.steps.map((step) =>
      step.step === "switch-link" ? { ...step, after: "evil" } : step,
    );
    site.kit.blobs.set(writ, encodeWrit({ ...signed, steps }));
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "waiting");
    assert.match(log.join("\n"), /other bytes/);
    assertUntouched(site);
  });

  test("has a writ approved whose steps do not follow from the register", async () => {
    class AnyPlanKit extends EstateKit {
      override readonly ports = {
        reading: "excerpt" as const,
        verify: this.verifyReal,
        blob: (digest: Parameters<EstateKit["ports"]["blob"]>[0]) => this.blobs.get(digest),
      };
      get verifyReal() {
        return new EstateKit().ports.verify;
      }
    }
    const kit = new AnyPlanKit();
    const site = await open(kit);
    const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
    const drawn = kit.drawn(order);
    const steps = drawn.steps.map((step) =>
      step.step === "switch-link" ? { ...step, after: "evil" } : step,
    );
    const writ = kit.propose(order, "ada", { steps });
    kit.decide("ben", writ);
    kit.decide("cleo", writ);
    await site.server.witnessed();
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "distrust");
    assert.match(log.join("\n"), /STOPPED.*wrong-plan/);
    assertUntouched(site);
  });

  test("has a writ approved by somebody whom the policy bars", async () => {
    const text = `permit(principal, action, resource);
@reason("cleo wrote the change")
forbid(principal == Writ::Human::"cleo", action == Writ::Action::"approve", resource);`;
    class BarredKit extends EstateKit {
      override readonly ports = {
        reading: "excerpt" as const,
        verify: new EstateKit().ports.verify,
        blob: (digest: Parameters<EstateKit["ports"]["blob"]>[0]) => this.blobs.get(digest),
      };
      override found(document: Parameters<EstateKit["found"]>[0]) {
        super.found({ ...document!, policy: { engine: "cedar 4.13.0", text } });
      }
    }
    const site = await open(new BarredKit());
    await site.order();
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "distrust");
    assert.match(log.join("\n"), /STOPPED.*"barred".*cleo wrote the change/);
    assertUntouched(site);
  });

  test("takes history back: nothing is done from then on, whatever it shows later", async () => {
    const site = await open();
    const old = site.server.checkpoint;
    const { rounds, executor } = await openExecutor(site);
    site.kit.say("butler", { kind: "claim", says: "note", note: "hello" });
    await site.server.witnessed();
    assert.equal(await rounds("idle", 1), "idle");
    site.server.checkpoint = old;
    assert.equal(await executor.round(), "distrust");
    await site.order();
    assert.equal(await rounds("acted", 3), "distrust");
    assertUntouched(site);
  });

  test("is of another estate: not one entry is believed", async () => {
    const site = await open();
    const other = await open();
    await other.order();
    const { rounds } = await openExecutor({ ...other, pin: site.pin });
    assert.equal(await rounds("acted", 3), "distrust");
    assertUntouched(other);
  });

  test("lists this key as a human's: an executor that is none acts on nothing", async () => {
    const site = await open();
    const { document, digest } = site.kit.root;
    const principals = document.principals.map((principal) =>
      principal.name === "executor-h1"
        ? {
            ...principal,
            keys: [{ type: "ed25519" as const, public: toBase64(testKey("new").publicKey) }],
          }
        : principal,
    );
    site.kit.found({ ...document, number: 2, previous: digest, principals });
    await site.order();
    const { rounds, log } = await openExecutor(site);
    assert.equal(await rounds("acted", 3), "waiting");
    assert.match(log.join("\n"), /no executor's/);
    assertUntouched(site);
  });
});
