import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, countText, durationText, shortDigest, sizeText } from "./words.ts";

test("sizes have three digits and decimal units", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_499, "999 kB"],
    [999_600, "1.00 MB"],
    [4_920_734_272, "4.92 GB"],
    [Number.MAX_SAFE_INTEGER, "9.01 PB"],
  ];
  for (const [bytes, text] of cases) assert.equal(sizeText(bytes), text);
});

test("times are told from now, both ways", () => {
  const now = 1_000_000_000_000;
  assert.equal(agoText(now - 500, now), "just now");
  assert.equal(agoText(now - 90_000, now), "90 s ago");
  assert.equal(agoText(now - 3 * 3_600_000, now), "3 h ago");
  assert.equal(agoText(now + 300_000, now), "in 5 min");
  assert.equal(durationText(250), "250 ms");
  assert.equal(durationText(10 * 86_400_000), "10 days");
});

test("counts agree with their nouns", () => {
  assert.equal(countText(1, "entry", "entries"), "1 entry");
  assert.equal(countText(1_234_567, "file"), "1,234,567 files");
  assert.equal(shortDigest(`sha256:${"ab".repeat(32)}`), "abababababab");
});
