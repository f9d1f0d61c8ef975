import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inert, inertAscii } from "./inert.ts";

const numRuns = process.env.SLOW === undefined ? 100 : 10_000;

const hostile: readonly (readonly [string, string, string])[] = [
  ["a terminal escape", "a\u001b[2Kb", "a\\u{1b}[2Kb"],
  ["a newline that forges a line", "ok\nhost h2: fine", "ok\\u{a}host h2: fine"],
  ["a carriage return that overwrites", "bad\rgood", "bad\\u{d}good"],
  ["a bidirectional override", "log\u202efdp.exe", "log\\u{202e}fdp.exe"],
  ["an isolate", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
  ["a zero-width space", "mod\u200bel", "mod\\u{200b}el"],
  ["a no-break space", "a\u00a0b", "a\\u{a0}b"],
  ["a Hangul filler, which is a letter that shows nothing", "a\u3164b", "a\\u{3164}b"],
  ["a Braille blank", "a\u2800b", "a\\u{2800}b"],
  ["a combining mark", "e\u0301", "e\\u{301}"],
  ["a lone surrogate", "a\ud800", "a\\u{d800}"],
  ["a tag character outside the basic plane", "a\u{e0041}", "a\\u{e0041}"],
  ["a C1 control", "a\u009b31m", "a\\u{9b}31m"],
  ["an escape that was typed", "a\\u{a}", "a\\u{5c}u{a}"],
];

for (const [what, text, expected] of hostile) {
  test(`${what} is written out`, () => {
    assert.equal(inert(text), expected);
    assert.equal(inertAscii(text), expected);
  });
}

test("letters of all scripts stay readable, and look-alikes show in ids", () => {
  assert.equal(inert("Grüße, 模型 №1"), "Grüße, 模型 №1");
  assert.equal(inertAscii("/srv/ch\u0430tbot"), "/srv/ch\\u{430}tbot");
});

test("no two texts become the same, and the result shows as it is", () => {
  const texts = fc.string({ unit: fc.oneof(fc.constantFrom("\\", "u{a}", "\n"), fc.string()) });
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      for (const make of [inert, inertAscii]) {
        assert.equal(make(a) === make(b), a === b);
        assert.doesNotMatch(make(a), /[[\p{C}\p{Z}]--[ ]]/v);
      }
      assert.match(inertAscii(a), /^[ -~]*$/);
    }),
    { numRuns },
  );
});
