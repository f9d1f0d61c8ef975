import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused } from "../encoding/refusal.ts";
import { censusOf, chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { copyEstate } from "./copy.ts";
import { emptyEstate } from "./estate.ts";
import { estateImage } from "./image.ts";
import { replay } from "./replay.ts";

async function story(): Promise<EstateKit> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
  await kit.carriedOut(order);
  kit.say("butler", { kind: "claim", says: "note", note: "all done" });
  return kit;
}

test("two folds of the same entries have one image", async () => {
  const kit = await story();
  const again = replay(emptyEstate(), kit.entries, kit.ports);
  assert.ok(!isRefused(again));
  assert.deepEqual(estateImage(again), estateImage(kit.estate));
});

test("an image tells each entry more, whatever kind it is", async () => {
  const kit = await story();
  const estate = emptyEstate();
  const images = new Set<string>();
  for (const entry of kit.entries) {
    assert.ok(!isRefused(replay(estate, [entry], kit.ports)));
    images.add(Buffer.from(estateImage(estate)).toString());
  }
  assert.equal(images.size, kit.entries.length);
});

test("a copy has the same image, and folding on it leaves the original as it was", async () => {
  const kit = await story();
  const copy = copyEstate(kit.estate);
  const before = estateImage(copy);
  assert.deepEqual(before, estateImage(kit.estate));
  kit.sees(censusOf("h1", { runs: "3.8" }));
  kit.say("butler", { kind: "claim", says: "note", note: "more" });
  kit.say("ada", { kind: "register", set: [], remove: ["h1-shutdown"] });
  const order = { action: "rollback", component: "chatbot", from: "3.8", to: "4.2" } as const;
  const writ = kit.propose(order);
  kit.decide("ben", writ);
  await kit.witness();
  assert.deepEqual(estateImage(copy), before);
  assert.notDeepEqual(estateImage(kit.estate), before);
});
