import assert from "node:assert/strict";
import { test } from "node:test";
import { censusOf, chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";
import { findings } from "./findings.ts";

test("a service that an order restarts is missing only if it does not come back", async () => {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  kit.sees(censusOf("h1"));
  const missing = () => findings(kit.estate).filter(({ rule }) => rule === "missing").length;
  const writ = kit.propose({ action: "rollback", component: "chatbot", from: "4.2", to: "3.8" });
  kit.decide("ben", writ);
  kit.decide("cleo", writ);
  await kit.witness();
  kit.say("executor-h1", { kind: "execution", writ, step: 0, phase: "intent" });
  kit.sees(censusOf("h1", { runs: "nothing", link: "3.8" }));
  assert.equal(missing(), 0);
  kit.say("executor-h1", { kind: "execution", writ, step: 0, phase: "done" });
  kit.say("executor-h1", { kind: "execution", writ, step: 1, phase: "intent" });
  kit.say("executor-h1", { kind: "execution", writ, step: 1, phase: "done" });
  await kit.witness();
  kit.sees(censusOf("h1", { runs: "nothing", link: "3.8" }));
  assert.equal(missing(), 1);
  kit.sees(censusOf("h1", { runs: "3.8" }));
  assert.equal(missing(), 0);
});
