/** What users' documents show exists: every command with its options, every file, each picture. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pictureOf, titleOf } from "./picture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const documents = ["README.md", ...globSync("docs/**/*.md", { cwd: root })].sort();
/** Command lines of ./writ in a text's code, each as its words. */
function commandsIn(text: string): readonly (readonly string[])[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)];
  const lines = code.flatMap(([, block, inline]) => (block ?? inline ?? "").split("\n"));
  const found = lines.flatMap((line) => [...line.matchAll(/\.\/writ((?: +[^ |&;>#`]+)+)/g)]);
  return found.map(([, words]) => words!.replace(/"$/, "").trim().split(/ +/));
}

const helps = new Map<string, string>();

/** The help of a command; fails if there is no such command. */
function helpOf(path: string): string {
  const known = helps.get(path);
  if (known !== undefined) return known;
  const words = ["--disable-warning=ExperimentalWarning", "apps/cli/main.ts", ...path.split(" ")];
  const { status, stdout } = spawnSync(process.execPath, [...words, "--help"], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(status, 0, `./writ ${path} is no command`);
  helps.set(path, stdout);
  return stdout;
}

function checkCommand(words: readonly string[]): void {
  const at = words.findIndex((word) => !word.startsWith("-"));
  if (at < 0) return;
  const first = words[at]!;
  // A group's command follows it at once: a later word is an option's.
  const second = words[at + 1] ?? "-";
  const isGroup = helpOf(first).includes("\nCommands:");
  const path = isGroup && !second.startsWith("-") ? `${first} ${second}` : first;
  const help = helpOf(path);
  assert.match(help, new RegExp(`^Usage: writ ${path}\\b`), `./writ ${path} is no command`);
  for (const word of words.filter((one) => one.startsWith("--"))) {
    const [option] = word.split("=");
    assert.match(help, new RegExp(`${option}\\b`), `./writ ${path} has no ${option}`);
  }
}

for (const path of documents) {
  test(`${path}: its commands and their options exist, and so do the files that it links`, () => {
    const text = readFileSync(join(root, path), "utf8");
    for (const words of commandsIn(text)) checkCommand(words);
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, dirname(path), target!)), `${path} links ${target}`);
    }
  });
}

test("a command or an option that does not exist is seen", () => {
  assert.deepEqual(commandsIn("text `./writ up --once`\n```sh\n./writ fly | less\n```\n"), [
    ["up", "--once"],
    ["fly"],
  ]);
  assert.throws(() => checkCommand(["fly"]), /no command/);
  assert.throws(() => checkCommand(["register", "fly"]), /no command/);
  assert.throws(() => checkCommand(["verify", "x", "--fast"]), /has no --fast/);
});

test("each picture is what its capture shows", () => {
  const captures = globSync("docs/images/*.ansi", { cwd: root });
  assert.ok(captures.length > 0);
  for (const capture of captures) {
    const text = readFileSync(join(root, capture), "utf8");
    const picture = readFileSync(join(root, capture.replace(/\.ansi$/, ".svg")), "utf8");
    assert.equal(pictureOf(text, titleOf(text)), picture, capture);
  }
});
