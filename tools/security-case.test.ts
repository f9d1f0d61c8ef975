/** The security case names tests that are there, and its page says what it says. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { renderSecurityCase, securityCase } from "./security-case.ts";

const root = new URL("..", import.meta.url);
const page = new URL("docs/security-case.md", root);

test("every test that the security case names is there", () => {
  const gone = securityCase
    .flatMap(({ lines }) => lines.flatMap(({ shown }) => shown))
    .flatMap(({ file, tests }) => {
      const path = new URL(file, root);
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      return tests.filter((name) => !named(name).test(text)).map((name) => `${file}: ${name}`);
    });
  assert.deepEqual(gone, []);
});

function named(name: string): RegExp {
  return new RegExp(name.split("…").map(RegExp.escape).join("[^\\n]*"));
}

test("the page is the case", () => {
  const rendered = renderSecurityCase(securityCase);
  if (process.env.UPDATE) writeFileSync(page, rendered);
  assert.equal(readFileSync(page, "utf8"), rendered);
});
