import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf } from "../encoding/digest.ts";
import { phraseOf } from "./phrase.ts";
import { phraseWords } from "./phrase-words.ts";

test("256 words, told apart by their first four letters", () => {
  assert.equal(phraseWords.length, 256);
  assert.equal(new Set(phraseWords.map((word) => word.slice(0, 4))).size, 256);
  for (const word of phraseWords) assert.match(word, /^[a-z]{4,8}$/);
});

test("a phrase is the same on every renderer, for good", () => {
  const digest = digestOf(new TextEncoder().encode("a writ"));
  assert.deepEqual(phraseOf(digest), phraseOf(digest));
  assert.equal(
    phraseOf(digest).join(" "),
    "garlic lantern butter bracelet napkin eclipse apron equator ermine bonfire",
  );
});

test("another digest has another phrase", () => {
  const phrases = ["a", "b", "c"].map((text) => phraseOf(digestOf(new TextEncoder().encode(text))));
  assert.equal(new Set(phrases.map((words) => words.join(" "))).size, 3);
});
