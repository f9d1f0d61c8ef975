import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeWrit } from "../authority/writ.ts";
import { chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit } from "../testing/estate-kit.ts";

const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

test("a proposer may ask for a longer watch than the trust root, and for no shorter one", async () => {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  const { verification } = kit.drawn(order, "butler");
  const watched = (watchSeconds: number) => {
    const changes = { verification: { ...verification, watchSeconds } };
    return kit.keep(encodeWrit(kit.drawn(order, "butler", changes)));
  };
  const short = watched(verification.watchSeconds - 1);
  assert.equal(kit.refuses("butler", { kind: "proposal", writ: short }), "wrong-plan");
  kit.say("butler", { kind: "proposal", writ: watched(verification.watchSeconds + 1) });
});
