/** The repository keeps itself tidy, and the rules that say so can fail. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { complaints, type SourceFile, workspaceOf } from "./tidy.ts";

const root = new URL("..", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** Files that git knows or would take, as they are on disk. */
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root })
  .toString()
  .split("\n")
  .filter((path) => path !== "" && existsSync(new URL(path, root)));

function dependenciesOf(path: string): readonly string[] {
  const workspace = workspaceOf(path);
  if (workspace === undefined || workspace === "tools") return [];
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(`${workspace}/package.json`));
  return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
}

test("every source file is tidy", () => {
  const found = files
    .filter((path) => /\.tsx?$/.test(path) && path !== "tools/tidy.test.ts")
    .flatMap((path) => complaints({ path, text: read(path) }, dependenciesOf(path)));
  assert.deepEqual(
    found.map(({ path, line, says }) => `${path}:${line}: ${says}`),
    [],
  );
});

test("no file names a path of the machine it was written on", () => {
  const texts = files.filter((path) =>
    /\.(tsx?|css|md|json|sh|txt|html)$|^(writ|check)$/.test(path),
  );
  const machine = new RegExp(["/wo" + "rk/", "/ro" + "ot/"].join("|"));
  assert.deepEqual(
    texts.filter((path) => path !== "package-lock.json" && machine.test(read(path))),
    [],
  );
});

test("the glossary names every state, rule, entry kind and refusal code", () => {
  const glossary = read("docs/glossary.md");
  const named = (path: string, pattern: RegExp) =>
    [...read(path).matchAll(pattern)].map((match) => match[1]!);
  const words = [
    ...named("packages/core/encoding/refusal.ts", /^ {2}\| "([a-z-]+)"/gm),
    ...named(
      "packages/core/finding/finding.ts",
      /^ {2}"?([a-z-]+)"?: "(?:critical|high|medium|low)"/gm,
    ),
    ...named("packages/core/authority/proceeding.ts", /^ {2}"([a-z]+)",$/gm),
    ...named("packages/core/journal/entry.ts", /kind: oneOf\("([a-z]+)"\)/g),
  ];
  assert.ok(words.length > 60, `only ${words.length} words were found`);
  assert.deepEqual(
    words.filter((word) => !glossary.includes(`\`${word}\``)),
    [],
  );
});

describe("the rules can fail", () => {
  const says = (path: string, text: string) =>
    complaints({ path, text } satisfies SourceFile, ["yaml"]).map((complaint) => complaint.says);
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["packages/core/a.ts", 'import { x } from "node:fs";', /may not import node:fs/],
    ["packages/core/a.ts", 'import { x } from "yaml";', /no dependency/],
    ["apps/probe/a.ts", 'import { x } from "@writ/node";', /may not import @writ\/node/],
    ["apps/probe/a.ts", 'import { x } from "../executor/b.ts";', /leaves apps\/probe/],
    ["apps/probe/a.ts", 'const m = await import("@writ/node");', /may not import @writ\/node/],
    ["packages/core/a.ts", "const t = Date.now();", /time as an argument/],
    ["packages/node/utils.ts", "", /one noun/],
    ["packages/node/a.ts", `const x = "${"y".repeat(100)}";`, /columns/],
    ["packages/node/a.ts", "\n".repeat(301), /301 lines/],
    ["packages/node/a.ts", `function f() {\n${"  g();\n".repeat(70)}}\n`, /f has 72 lines/],
  ];
  for (const [path, text, expected] of cases) {
    test(`${path}: ${expected}`, () => assert.match(says(path, text).join("\n"), expected));
  }
  test("and pass what is fine", () => {
    assert.deepEqual(says("apps/probe/a.ts", 'import { parse } from "yaml";\n'), []);
  });
});
