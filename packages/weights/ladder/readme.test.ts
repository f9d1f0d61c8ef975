import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as surface from "../index.ts";

test("the names that the README imports are exported, and its lines are ten", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```ts\n([\s\S]*?)```/.exec(text)![1]!;
  const names = /import \{ ([^}]*) \} from "@writ\/weights"/.exec(code)![1]!.split(", ");
  for (const name of names) assert.ok(name in surface, name);
  const lines = code.split("\n").filter((line) => line.trim() !== "" && !/^[}]|^import/.test(line));
  assert.ok(lines.length <= 10, String(lines.length));
});
