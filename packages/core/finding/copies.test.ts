/** Copies that are known by their values: each story, and its benign twin. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Digest } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import { copiesIn } from "../register/copies.ts";
import { censusShape } from "../sight/census.ts";
import { type Identity, identityWords, likenesses } from "../sight/identity.ts";
import {
  censusOf,
  chatbotRegister,
  holder,
  mass,
  newWeights,
  oldWeights,
  release,
  strangeWeights,
} from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

const rollback = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
const decommission = { action: "decommission", component: "chatbot", from: "3.8" } as const;
const place = "/srv/chatbot/4.2/model.gguf";
const oldPlace = "/srv/chatbot/3.8/model.gguf";

function copyOf(of: Digest, changes: Partial<Identity> = {}): Identity {
  const common = { completeness: 1000, distance: 60, evidence: "21 of 21 stretches agree" };
  return { how: "quantised", of, type: "Q4_0", exponent: -40, ...common, ...changes };
}

function copy(path: string, of: Digest, changes: Partial<Identity> = {}) {
  return mass(path, strangeWeights, { known: [copyOf(of, changes)] });
}

async function estateOn(...hosts: readonly string[]): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister(...hosts));
  await kit.witness();
  for (const host of hosts) kit.sees(censusOf(host));
  await kit.witness();
  return kit;
}

function raised(kit: EstateKit): readonly (readonly [string, string])[] {
  return findings(kit.estate).map(({ rule, where }) => [rule, where] as const);
}

function said(kit: EstateKit, rule: string): string {
  return findings(kit.estate).find((finding) => finding.rule === rule)?.right.says ?? "";
}

describe("a copy that is known by its values", () => {
  test("keeps an order from being fulfilled, whatever was done to it, and is named with how", async () => {
    for (const how of likenesses) {
      const kit = await estateOn("h1");
      const writ = await kit.carriedOut(rollback);
      kit.sees(
        censusOf("h1", { runs: "3.8", files: [copy("/srv/tmp/a.log", newWeights, { how })] }),
      );
      assert.equal(kit.state(writ), "defied", how);
      assert.match(said(kit, "preserved-copy"), new RegExp(`${how}.* of chatbot@4\\.2`));
      kit.sees(censusOf("h1", { runs: "3.8" }));
      assert.equal(kit.state(writ), "fulfilled", how);
    }
  });

  test("of the release that stays, or of what nobody registered, does not", async () => {
    for (const content of [oldWeights, strangeWeights]) {
      const kit = await estateOn("h1");
      const writ = await kit.carriedOut(rollback);
      kit.sees(censusOf("h1", { runs: "3.8", files: [copy("/srv/tmp/a.log", content)] }));
      assert.equal(kit.state(writ), "fulfilled");
    }
  });

  test("that is itself a registered release is that release, and no copy", async () => {
    const kit = await estateOn("h1");
    kit.register(release("3.8-q4", strangeWeights, "approved"));
    const writ = await kit.carriedOut(rollback);
    kit.sees(censusOf("h1", { runs: "3.8", files: [copy("/srv/tmp/a.log", newWeights)] }));
    assert.equal(kit.state(writ), "fulfilled");
    assert.deepEqual(raised(kit), [["misplaced", "/srv/tmp/a.log"]]);
  });

  test("defies an order that was fulfilled, as resurrected", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(rollback);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    assert.equal(kit.state(writ), "fulfilled");
    await kit.witness();
    kit.sees(censusOf("h1", { runs: "3.8", files: [copy("/srv/tmp/a.log", newWeights)] }));
    assert.equal(kit.state(writ), "defied");
    assert.ok(raised(kit).some(([rule]) => rule === "resurrected"));
  });

  test("held by a process runs on, also without a name", async () => {
    const kit = await estateOn("h1");
    const writ = await kit.carriedOut(rollback);
    const hold = {
      how: "open",
      path: "/memfd:x",
      deleted: true,
      known: [copyOf(newWeights)],
    } as const;
    const keeper = holder(78, strangeWeights, { listens: [], hold });
    kit.sees(censusOf("h1", { runs: "3.8", processes: [keeper] }));
    assert.equal(kit.state(writ), "defied");
    assert.match(said(kit, "preserved-copy"), /open: quantised copy \(Q4_0, p < 1e-40\)/);
    const server = holder(78, strangeWeights, { hold: { known: [copyOf(newWeights)] } });
    kit.sees(censusOf("h1", { runs: "3.8", processes: [server] }));
    assert.ok(raised(kit).some(([rule]) => rule === "retired-present"));
  });

  test("of a retired release is retired-present once its order is closed", async () => {
    const kit = await estateOn("h1");
    await kit.carriedOut(rollback);
    kit.sees(censusOf("h1", { runs: "3.8" }));
    await kit.witness(3_700_000);
    kit.sees(censusOf("h1", { runs: "3.8", files: [copy("/srv/a.tar", newWeights)] }));
    assert.deepEqual(raised(kit)[0], ["retired-present", "/srv/a.tar"]);
  });

  test("of an active release is misplaced if only its form is another, else unregistered", async () => {
    const kit = await estateOn("h1");
    kit.sees(censusOf("h1", { files: [copy("/srv/a", newWeights, { how: "cast" })] }));
    assert.deepEqual(raised(kit), [["misplaced", "/srv/a"]]);
    kit.sees(censusOf("h1", { files: [copy("/srv/a", newWeights)] }));
    assert.deepEqual(raised(kit), [["unregistered", "/srv/a"]]);
    assert.match(said(kit, "unregistered"), /quantised copy \(Q4_0, p < 1e-40\) of chatbot@4\.2/);
  });

  test("of a registered release in a tar is no unexplained mass", async () => {
    const kit = await estateOn("h1");
    const within = { path: ["weights.bin"], container: "gguf", size: 8_000_000 };
    const tar = mass("/srv/a.tar", strangeWeights, { container: "tar", kind: "carrier" });
    kit.sees(censusOf("h1", { files: [tar] }));
    assert.deepEqual(raised(kit), [["unexplained-mass", "/srv/a.tar"]]);
    const known = [copyOf(newWeights, { how: "identical", within })];
    kit.sees(censusOf("h1", { files: [{ ...tar, known }] }));
    assert.deepEqual(raised(kit), [["misplaced", "/srv/a.tar"]]);
    assert.match(said(kit, "misplaced"), /inside at weights\.bin/);
  });

  test("at its own registered place is altered, at another's the wrong release", async () => {
    const kit = await estateOn("h1");
    const tuned = copy(place, newWeights, { how: "fine-tuned" });
    kit.sees(censusOf("h1", { without: [place], files: [tuned] }));
    assert.deepEqual(raised(kit), [["altered", place]]);
    assert.match(said(kit, "altered"), /fine-tuned copy .* of chatbot@4\.2/);
    kit.sees(censusOf("h1", { without: [place], files: [copy(place, oldWeights)] }));
    assert.deepEqual(raised(kit), [["wrong-release", place]]);
  });
});

const anyIdentity: fc.Arbitrary<Identity> = fc.record({
  how: fc.constantFrom(...likenesses),
  of: fc.constantFrom(newWeights, oldWeights, strangeWeights),
  completeness: fc.integer({ min: 0, max: 1000 }),
  evidence: fc.string({ maxLength: 40 }),
});
const numRuns = process.env.SLOW === undefined ? 50 : 1000;

describe("laws", () => {
  test("registered bytes are themselves, whatever a probe says of them besides", async () => {
    const { register } = (await estateOn("h1")).estate;
    fc.assert(
      fc.property(
        fc.array(anyIdentity),
        fc.constantFrom(newWeights, oldWeights),
        (known, digest) => {
          const copies = copiesIn(register, { digest, known });
          assert.deepEqual(
            copies.map(({ of, identity }) => [of, identity]),
            [[digest, undefined]],
          );
        },
      ),
      { numRuns },
    );
  });

  test("only registered content is told, each with the words of how it is known", async () => {
    const { register } = (await estateOn("h1")).estate;
    fc.assert(
      fc.property(fc.array(anyIdentity), (known) => {
        const copies = copiesIn(register, { digest: strangeWeights, known });
        assert.equal(copies.length, known.filter(({ of }) => of !== strangeWeights).length);
        for (const { identity } of copies) {
          assert.ok(identityWords(identity!).startsWith(identity!.how));
          if (identity!.completeness < 1000) assert.doesNotMatch(identityWords(identity!), /100 %/);
        }
      }),
      { numRuns },
    );
  });

  test("a census with more identities, or other numbers, than there can be is refused", () => {
    const census = censusOf("h1", { files: [copy("/srv/a", newWeights)] });
    assert.ok(!isRefused(censusShape(JSON.parse(JSON.stringify(census)), "census")));
    for (const change of [
      { completeness: 1001 },
      { how: "alike" as "cast" },
      { exponent: 1 },
      { completeness: 0.5 },
      { evidence: "x".repeat(513) },
    ]) {
      const bad = censusOf("h1", { files: [copy("/srv/a", newWeights, change)] });
      const read = censusShape(JSON.parse(JSON.stringify(bad)), "census");
      assert.ok(isRefused(read), JSON.stringify(change));
    }
  });
});

test("a decommission is not fulfilled while a tarred copy lies anywhere", async () => {
  const kit = await estateOn("h1", "h2");
  const writ = await kit.carriedOut(decommission);
  const gone = { without: [oldPlace] };
  kit.sees(censusOf("h1", gone));
  const within = { path: ["gzip", "model.gguf"], container: "gguf", size: 8_000_000 };
  const tar = copy("/srv/backup.log", oldWeights, { how: "identical", within });
  kit.sees(censusOf("h2", { ...gone, files: [tar] }));
  assert.equal(kit.state(writ), "defied");
  kit.sees(censusOf("h2", gone));
  assert.equal(kit.state(writ), "fulfilled");
});
