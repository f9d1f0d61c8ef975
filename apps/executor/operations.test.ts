import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Digest, digestOf, isRefused } from "@writ/core";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import { type Operations, openOperations, type Said } from "./operations.ts";

const writ = digestOf(new TextEncoder().encode("a writ"));
const at = "2026-11-25T02:00:00.000Z";

function said(phase: Said["phase"], sequence: number, step = 0): Said {
  const bytes = new TextEncoder().encode(`${phase} ${step} ${sequence}`);
  return { writ, step, phase, sequence, bytes, digest: digestOf(bytes) };
}

function open(path = join(freshFolder(), "operations.sqlite")): Operations {
  const operations = openOperations(path);
  assert.ok(!isRefused(operations));
  return operations;
}

describe("the operation journal", () => {
  test("keeps an intent, its effect and its outcome over a restart", () => {
    const path = join(freshFolder(), "operations.sqlite");
    const name = { writ, step: 0 };
    let operations = open(path);
    const reopened = () => {
      operations.close();
      operations = open(path);
      return operations.get(name);
    };
    operations.say(said("intent", 0), at);
    assert.equal(reopened()?.phase, "intent");
    operations.begin(name, "77:1234", at);
    assert.deepEqual(reopened(), {
      ...name,
      phase: "effect",
      memory: "77:1234",
      outcome: undefined,
      detail: "",
    });
    operations.end(name, { outcome: "done", detail: "it runs" });
    const ended = reopened();
    assert.deepEqual([ended?.phase, ended?.outcome, ended?.detail], ["outcome", "done", "it runs"]);
    operations.close();
    assert.equal(statSync(path).mode & 0o077, 0, "nobody else can read it");
  });

  test("what was there before the first effect is never written over", () => {
    const operations = open();
    const name = { writ, step: 0 };
    operations.say(said("intent", 0), at);
    operations.begin(name, "the old process", at);
    operations.begin(name, "the new process", at);
    assert.equal(operations.get(name)?.memory, "the old process");
    operations.end(name, { outcome: "done", detail: "first" });
    operations.end(name, { outcome: "failed", detail: "second" });
    operations.begin(name, "another", at);
    assert.equal(operations.get(name)?.outcome, "done", "an outcome is final");
  });

  test("an entry waits, with its very bytes, until the journal shows it", () => {
    const operations = open();
    const intent = said("intent", 0);
    operations.say(intent, at);
    assert.deepEqual(operations.waiting()?.bytes, intent.bytes);
    assert.equal(operations.markRead(digestOf(new Uint8Array([1])) as Digest), false, "a stranger");
    assert.equal(operations.markRead(intent.digest), true);
    assert.equal(operations.waiting(), undefined);
  });

  test("a refused intent leaves nothing; a refused outcome leaves what was done", () => {
    const operations = open();
    operations.say(said("intent", 0), at);
    operations.markRefused(said("intent", 0));
    assert.equal(operations.waiting(), undefined);
    assert.equal(operations.get({ writ, step: 0 }), undefined);
    operations.say(said("intent", 1), at);
    operations.begin({ writ, step: 0 }, "", at);
    operations.end({ writ, step: 0 }, { outcome: "done", detail: "" });
    operations.say(said("done", 2), at);
    operations.markRefused(said("done", 2));
    assert.equal(operations.get({ writ, step: 0 })?.outcome, "done");
  });

  test("steps of one writ, and one step of two writs, are different operations", () => {
    const operations = open();
    operations.say(said("intent", 0, 1), at);
    assert.equal(operations.get({ writ, step: 0 }), undefined);
    assert.equal(operations.get({ writ: digestOf(new Uint8Array()), step: 1 }), undefined);
    assert.equal(operations.get({ writ, step: 1 })?.phase, "intent");
  });
});
