import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { table, widthOf, wrapped } from "./table.ts";
import { fakeShell } from "./testing/fake-shell.ts";

const columns = [
  { head: "what" },
  { head: "size", align: "right" },
  { head: "where", wraps: true },
] as const;

test("columns are aligned, numbers at the right, and nothing trails", () => {
  const text = table(fakeShell(), columns, [
    ["a", "1 B", "/x"],
    ["chatbot", "12 kB", "/srv/y"],
  ]);
  assert.deepEqual(text.split("\n"), [
    "what      size  where",
    "───────  ─────  ──────",
    "a          1 B  /x",
    "chatbot  12 kB  /srv/y",
    "",
  ]);
});

test("a column that no row fills is left out", () => {
  const text = table(fakeShell(), columns, [["a", "", "/x"]]);
  assert.equal(text.split("\n")[0], "what  where");
});

test("wide characters take two columns", () => {
  assert.equal(widthOf("模型"), 4);
  const [, , first, second] = table(fakeShell(), columns, [
    ["模型", "1 B", "/x"],
    ["abcd", "1 B", "/x"],
  ]).split("\n");
  assert.equal(widthOf(first!), widthOf(second!));
});

test("tones do not count as width", () => {
  const plain = table(fakeShell(), columns, [["a", "1 B", "/x"]]);
  const toned = table(fakeShell({ tones: true }), columns, [
    [{ text: "a", tone: "bad" }, "1 B", "/x"],
  ]);
  assert.equal(toned.replace(/\[[a-z]+:([^\]]*)\]/g, "$1"), plain);
});

test("in a narrow terminal a path wraps and is all there", () => {
  const path = "/srv/chatbot/releases/4.2/weights/model-00001-of-00002.safetensors";
  const text = table(fakeShell({ columns: 50 }), columns, [["chatbot", "5 GB", path]]);
  const lines = text.trimEnd().split("\n");
  for (const line of lines) assert.ok(widthOf(line) <= 50, line);
  assert.equal(
    lines
      .slice(2)
      .map((line) => line.slice(15).trim())
      .join(""),
    path,
  );
});

test("wrapping loses nothing and keeps within the width", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.integer({ min: 2, max: 30 }),
      (text, width) => {
        const lines = wrapped(text, width);
        for (const line of lines) assert.ok(widthOf(line) <= width, JSON.stringify(line));
        assert.equal(lines.join("").replaceAll(" ", ""), text.replaceAll(" ", ""));
      },
    ),
    { numRuns: process.env.SLOW === undefined ? 200 : 5000 },
  );
});
