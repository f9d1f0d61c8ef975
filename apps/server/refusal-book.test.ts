import assert from "node:assert/strict";
import { test } from "node:test";
import { digestOf, type EntryBody, type KeyId, refused, toUtf8 } from "@writ/core";
import { RefusalBook } from "./refusal-book.ts";
import { handClock } from "./testing/hand-clock.ts";
import type { Voice } from "./voice.ts";

/** What the book said, in place of a journal. */
function listening() {
  const said: Extract<EntryBody, { kind: "refusal" }>[] = [];
  const say = async (body: EntryBody) => {
    if (body.kind === "refusal") said.push(body);
    return { index: said.length, duplicate: false };
  };
  return { said, voice: { say } as unknown as Voice };
}

const entry = digestOf(toUtf8("entry"));
const signer = (i: number) => i.toString(16).padStart(32, "0") as KeyId;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the first of a kind is told at once, a flood of it in one line with its count", async () => {
  const clock = handClock();
  const { said, voice } = listening();
  const book = new RefusalBook({ voice, clock, log: () => undefined });
  book.start();
  const refusal = refused("wrong-role", "no");
  for (let i = 0; i < 100_000; i += 1) book.note({ refusal, entry, signer: signer(1) });
  await turn();
  assert.deepEqual(
    said.map(({ count }) => count),
    [1],
  );
  await clock.pass(61_000);
  assert.deepEqual(
    said.map(({ count }) => count),
    [1, 99_999],
  );
  await clock.pass(120_000);
  assert.equal(said.length, 2, "what did not happen again is not told again");
  await book.stop();
});

test("unknown signers are one kind, however many names they take", async () => {
  const clock = handClock();
  const { said, voice } = listening();
  const book = new RefusalBook({ voice, clock, log: () => undefined });
  const refusal = refused("unknown-signer", "who?");
  for (let i = 0; i < 1000; i += 1) book.note({ refusal, entry, signer: signer(i) });
  await turn();
  assert.equal(said.length, 1);
  assert.equal(said[0]!.signer, undefined);
  await book.stop();
});

test("many kinds by many signers are bounded, and every refusal is counted in the end", async () => {
  const clock = handClock();
  const { said, voice } = listening();
  const book = new RefusalBook({ voice, clock, log: () => undefined });
  book.start();
  const total = 5000;
  for (let i = 0; i < total; i += 1) {
    book.note({ refusal: refused("chain-fork", "again"), entry, signer: signer(i) });
  }
  await turn();
  assert.ok(said.length <= 50, `${said.length} lines at once`);
  await clock.pass(3_600_000);
  const counted = said.reduce((sum, { count }) => sum + count, 0);
  assert.equal(counted, total);
  assert.ok(said.length <= 1100);
  await book.stop();
});

test("what is only the server's own trouble is not told", async () => {
  const clock = handClock();
  const { said, voice } = listening();
  const book = new RefusalBook({ voice, clock, log: () => undefined });
  book.note({ refusal: refused("overloaded", "later"), entry, signer: signer(1) });
  await turn();
  assert.deepEqual(said, []);
  await book.stop();
});
