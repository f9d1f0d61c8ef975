/** The example of docs/spec/entry.md is an entry: read, canonical, and of the kind it says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { testKey } from "../testing/estate-kit.ts";
import { encodeStatement, parseEntry } from "./entry.ts";

const page = readFileSync(new URL("../../../docs/spec/entry.md", import.meta.url), "utf8");
const block = (name: string) => new RegExp(`\`\`\`${name}\n(.*?)\n\`\`\``, "s").exec(page)![1]!;

test("the example of the specification parses and encodes back", () => {
  const payload = toUtf8(block("payload"));
  const filled = block("entry")
    .replace("<base64 of the payload>", toBase64(payload))
    .replace("<32 hex digits>", testKey("ada").id)
    .replace("<base64>", toBase64(new Uint8Array(64)));
  const entry = parseEntry(toUtf8(filled));
  assert.ok(!isRefused(entry), JSON.stringify(entry));
  assert.equal(entry.body.kind, "decision");
  assert.deepEqual(encodeStatement(entry.statement), payload);
});
