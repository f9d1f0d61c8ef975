import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inert, lenientText } from "./inert.ts";

const runs = { numRuns: process.env.SLOW === "1" ? 1_000 : 100 };

test("ordinary names stay as they are", () => {
  for (const name of ["model.layers.0.weight", "a/b:0", "größe", "层.权重", "x y"]) {
    assert.equal(inert(name, 100), name);
  }
});

test("nothing that acts on a screen is left", () => {
  const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/u;
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => !acting.test(inert(text, 1_000))),
    runs,
  );
  assert.equal(inert("\u202eabc\u200b\u0007", 100), "\\u{202e}abc\\u{200b}\\u{7}");
});

test("two texts never become one", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "\\", "u", "{", "7", "}", "\u0007", "\n") });
  fc.assert(
    fc.property(text, text, (a, b) => (a === b) === (inert(a, 100) === inert(b, 100))),
    runs,
  );
});

test("a long text is cut and says so", () => {
  assert.equal(inert("a".repeat(50), 10), `${"a".repeat(10)}\\u{…50}`);
});

test("bytes that are no UTF-8 are read all the same", () => {
  assert.equal(lenientText(new Uint8Array([0x61, 0xff])), "\ufffdaÿ");
});
