import assert from "node:assert/strict";
import { test } from "node:test";
import { openChance } from "./chance.ts";

test("each number is made of bytes of its own, and new ones are drawn when they are used up", () => {
  let drawn = 0;
  const numbers = 2 ** 24;
  const chance = openChance((bytes) => {
    for (let at = 0; at < bytes.length; at += 6) {
      drawn += numbers;
      bytes.writeUIntBE(drawn, at, 6);
    }
  });
  for (let at = 1; at <= 3000; at += 1) assert.equal(chance(), at / numbers);
  assert.ok(drawn >= 3000 * numbers);
});

test("numbers lie from 0 up to, not including, 1", () => {
  assert.equal(openChance((bytes) => bytes.fill(0))(), 0);
  assert.ok(openChance((bytes) => bytes.fill(255))() < 1);
});
