import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, readJson, readJsonMembers } from "./json.ts";
import { Stop } from "./stop.ts";

const runs = { numRuns: process.env.SLOW === "1" ? 1_000 : 100 };
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** As `JSON.parse` would have it. */
function plain(value: Json): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test("reads what JSON.parse reads, and the same", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.nat(3), (text, space) => {
      const spaced = JSON.stringify(JSON.parse(text), null, space);
      const value = plain(readJson(bytesOf(spaced)).value);
      assert.deepEqual(JSON.parse(JSON.stringify(value)), JSON.parse(spaced));
    }),
    runs,
  );
});

test("refuses what JSON.parse refuses", () => {
  const broken = [
    "",
    " ",
    "{",
    "[1,]",
    '{"a":}',
    '{"a" 1}',
    "01",
    "1.",
    "+1",
    "tru",
    '"\\x"',
    '"a',
  ];
  broken.push(
    "[1 2]",
    "{1:2}",
    "nul",
    "--1",
    "1e",
    "[",
    '"\n"',
    '{"a":1,}',
    "1 2",
    "NaN",
    '"\\u12"',
  );
  for (const text of broken) {
    assert.throws(() => JSON.parse(text), text);
    assert.throws(() => readJson(bytesOf(text)), Stop, text);
  }
  assert.throws(() => readJson(new Uint8Array([0x22, 0xff, 0x22])), Stop);
});

test("depth and numbers of values are bounded", () => {
  assert.throws(() => readJson(bytesOf("[".repeat(100_000))), Stop);
  assert.throws(() => readJson(bytesOf(`[${"[],".repeat(900_000)}[]]`)), Stop);
});

test("a key that comes twice is told, the first counts; members are handed over one by one", () => {
  const text = bytesOf('{"a":1,"b":{"c":2,"c":3},"a":4}');
  const { value, duplicates } = readJson(text);
  assert.deepEqual(duplicates, ["c", "a"]);
  assert.deepEqual(plain(value), { a: 1, b: { c: 2 } });
  const taken: [string, unknown][] = [];
  readJsonMembers(text, (key, member) => taken.push([key, plain(member)]));
  assert.deepEqual(taken, [
    ["a", 1],
    ["b", { c: 2 }],
    ["a", 4],
  ]);
  assert.throws(() => readJsonMembers(bytesOf("[]"), () => undefined), Stop);
});
