import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ggufModel } from "./gguf-model.ts";

test("a seed gives the same model on every machine, and another seed another", () => {
  const model = ggufModel({ name: "chatbot 4.2", seed: 42 });
  assert.equal(model.length, 14_440_960);
  assert.equal(
    createHash("sha256").update(model).digest("hex"),
    "792006440d61e7a6432a2b8173915e8dac7a3348b5ff0c537206702c1e38cfb7",
  );
  const other = ggufModel({ name: "chatbot 3.8", seed: 38 });
  assert.equal(other.length, model.length);
  const tail = -64 * 1024;
  assert.notDeepEqual(other.subarray(tail), model.subarray(tail));
});
