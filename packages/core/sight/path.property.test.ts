import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathBytes, pathText } from "./path.ts";

const numRuns = process.env.SLOW === undefined ? 100 : 10_000;
const mixedBytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 1, max: 255 }).map((byte) => [byte]),
      fc
        .constantFrom("\\", "\\x", "ff", "é", "模", "😀", "\u202e", "\n")
        .map((s) => [...new TextEncoder().encode(s)]),
    ),
    { maxLength: 40 },
  )
  .map((parts) => new Uint8Array(parts.flat()));

test("a path's bytes can be had back from its text, so two paths never read the same", () => {
  fc.assert(
    fc.property(mixedBytes, (bytes) => {
      assert.deepEqual(pathBytes(pathText(bytes)), bytes);
    }),
    { numRuns },
  );
});

test("a backslash in a name does not read like an odd byte", () => {
  assert.equal(pathText(new Uint8Array([0x61, 0xff])), "a\\xff");
  assert.equal(pathText(new TextEncoder().encode("a\\xff")), "a\\\\xff");
});

test("text that no path would yield is not a path", () => {
  for (const text of ["\\", "\\q", "\\xg0", "\\xFF", "\\x61", "a\0b"]) {
    assert.equal(pathBytes(text), undefined, JSON.stringify(text));
  }
});
