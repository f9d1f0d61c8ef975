import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeCanonical, type Json, parseCanonical } from "./canonical-json.ts";
import { isRefused } from "./refusal.ts";

const numRuns = process.env.SLOW ? 1000 : 10;
const bytesOf = (text: string) => new TextEncoder().encode(text);
const isTaken = (text: string) => !isRefused(parseCanonical(bytesOf(text)));

const canonical: readonly string[] = [
  '{"10":1,"9":2}',
  '{"__proto__":1}',
  '{"toJSON":1}',
  '{"":{"a":[]}}',
  "[".repeat(24) + "]".repeat(24),
  `[${"[],".repeat(40)}[]]`,
  JSON.stringify("[{".repeat(100)),
];
const other: readonly string[] = [
  '{"9":1,"10":2}',
  '{"a":1,"a":1}',
  '{"b":1,"a":1}',
  '[{"b":1,"a":1}]',
  '{"a":{"d":1,"c":1}}',
  '{"a":1e2}',
  "[1.5]",
  "[-0]",
  '{ "a":1}',
  '{"a":"\\u0041"}',
  '{"a":"\\/"}',
  '"\\ud800"',
  "[".repeat(25) + "]".repeat(25),
  `${"[{".repeat(13)}${"}]".repeat(13)}`,
];

for (const text of canonical) {
  test(`canonical: ${text.slice(0, 40)}`, () => assert.equal(isTaken(text), true));
}
for (const text of other) {
  test(`not canonical: ${text.slice(0, 40)}`, () => assert.equal(isTaken(text), false));
}

const values = fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }).map(
  (value) =>
    JSON.parse(JSON.stringify(value), (_, member) =>
      // Canonical JSON has integers only.
      typeof member === "number" ? Math.trunc(member % 2 ** 53) + 0 : member,
    ) as Json,
);

test("what is written is read back, and its members in any other order are not", () => {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = encodeCanonical(value);
      assert.deepEqual(parseCanonical(bytes), JSON.parse(new TextDecoder().decode(bytes)));
      const text = new TextDecoder().decode(bytes);
      const turned = JSON.stringify(value);
      assert.equal(isTaken(turned), turned === text);
    }),
    { numRuns },
  );
});
