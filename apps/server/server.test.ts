import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isRefused } from "@writ/core";
import { Rig } from "./testing/rig.ts";

let rig: Rig;
before(async () => {
  rig = await Rig.open({ witnesses: 3, threshold: 2 });
});
after(() => rig.close());

test("before the first trust root, nothing else is taken", async () => {
  assert.equal(
    await rig.refuses("butler", { kind: "claim", says: "note", note: "hi" }),
    "no-trust-root",
  );
});

test("a trust root founds the estate, and witnesses see it", async () => {
  await rig.found();
  const milliseconds = await rig.witnessed(0);
  console.log("root → witnessed", milliseconds);
  const estate = await rig.api.estate();
  assert.ok(!isRefused(estate), JSON.stringify(estate));
  assert.equal(estate.estate, rig.estate);
  console.log(estate, rig.server.log);
});
