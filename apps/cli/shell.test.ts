import assert from "node:assert/strict";
import { test } from "node:test";
import { problem, refusalProblem } from "./outcome.ts";
import { openProgress } from "./progress.ts";
import { conclude } from "./shell.ts";
import { fakeShell } from "./testing/fake-shell.ts";

test("a problem is told as error and hint, and as one JSON object to a program", () => {
  const found = problem("no-file", "there is no x\u001b[2J\ny", "look again");
  const person = fakeShell();
  assert.equal(conclude(person, found, false), 1);
  assert.equal(
    person.said.notes,
    "error: there is no x\\u{1b}[2J\\u{a}y (no-file)\nhint: look again\n",
  );
  const program = fakeShell();
  assert.equal(conclude(program, found, true), 1);
  assert.deepEqual(JSON.parse(program.said.out), {
    error: { code: "no-file", detail: found.detail, hint: "look again" },
  });
});

test("a command used wrongly ends with 2, a refusal with 1, and what is fine with 0", () => {
  assert.equal(conclude(fakeShell(), problem("usage", "x"), false), 2);
  assert.equal(
    conclude(fakeShell(), refusalProblem({ refused: "own-proposal", detail: "x" }), false),
    1,
  );
  assert.equal(conclude(fakeShell(), 0, true), 0);
});

test("progress is one line a stage where nobody watches, and nothing to a program", () => {
  const piped = fakeShell();
  const progress = openProgress(piped);
  progress.stage("looking");
  progress.update("1 file");
  progress.done();
  assert.equal(piped.said.notes, "looking…\n");
  const quiet = fakeShell();
  openProgress(quiet, true).stage("looking");
  assert.equal(quiet.said.notes, "");
});

test("progress on a terminal keeps to one line, whatever a path says", () => {
  const watched = fakeShell({ columns: 30, animated: true });
  const progress = openProgress(watched);
  progress.stage(`looking at ${"x".repeat(100)}\n\u001b[2J`);
  progress.done();
  for (const line of watched.said.notes.split("\r\u001b[2K")) {
    assert.ok(line.length < 30, line);
    assert.doesNotMatch(line, /[\n\u001b]/);
  }
});
