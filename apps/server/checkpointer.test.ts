/** When checkpoints are made, and what is in them: real keys, a real store, a clock set by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cosign,
  type EntryBody,
  encodeStatement,
  isRefused,
  noteKeyTypes,
  parseEntry,
  parseNote,
  refused,
  type VerifierKey,
  verifierKey,
} from "@writ/core";
import { Journal, openSqliteStore, ordinaryLimits, systemClock } from "@writ/node";
import {
  rootEntryBytes,
  signEntry,
  testKey,
  testRootDocument,
} from "../../packages/core/testing/estate-kit.ts";
import { freshFolder } from "../../packages/node/testing/folder.ts";
import { Checkpointer } from "./checkpointer.ts";
import { EstateFold } from "./fold.ts";
import { handClock } from "./testing/hand-clock.ts";
import { Voice } from "./voice.ts";
import type { WitnessClient } from "./witness-client.ts";

/** A witness in this process that cosigns whatever it is shown, or whatever it is told to answer. */
function cosigner(name: string, key = name): WitnessClient & { mute: boolean; asked: number } {
  const named = verifierKey(name, noteKeyTypes.cosignature, testKey(key).publicKey);
  assert.ok(!isRefused(named));
  const witness = {
    url: name,
    mute: false,
    asked: 0,
    cosign: async ({ note }: { readonly note: Uint8Array }) => {
      witness.asked += 1;
      if (witness.mute) return refused("unavailable", "mute");
      const read = parseNote(note);
      assert.ok(!isRefused(read));
      const signed = { text: read.text, timestamp: 1_800_000_000 + witness.asked };
      return [await cosign(signed, named as VerifierKey, testKey(key).sign)];
    },
  };
  return witness;
}

async function open(witnesses: readonly WitnessClient[]) {
  const clock = handClock();
  const store = await openSqliteStore(freshFolder(), systemClock);
  const fold = new EstateFold({ store, trustedSize: 0, onProgress: () => undefined });
  const journal = await Journal.open({
    store,
    foldedSize: 0,
    decide: (batch, size) => fold.decide(batch, size),
    onEntries: (entries, from) => fold.take(entries, from),
    limits: ordinaryLimits,
  });
  const voice = new Voice({ key: testKey("journal"), fold, journal, store, clock });
  const checkpointer = new Checkpointer({
    key: testKey("checkpoint"),
    fold,
    journal,
    store,
    voice,
    witnesses,
    clock,
    log: () => undefined,
  });
  checkpointer.start();
  const submit = async (bytes: Uint8Array) => {
    const entry = parseEntry(bytes);
    assert.ok(!isRefused(entry));
    fold.prepare({ entry, blobs: new Map(), unstored: new Set(), checked: [] });
    const result = await journal.submit(bytes, "test");
    assert.ok(!isRefused(result), JSON.stringify(result));
  };
  const say = (speaker: string, body: EntryBody) => {
    const head = fold.estate.heads.get(testKey(speaker).id);
    const chain = { sequence: (head?.sequence ?? -1) + 1, previous: head?.digest };
    const { id } = fold.estate;
    const at = new Date().toISOString();
    const statement = { version: 1, estate: id, at, chain, body } as never;
    return submit(signEntry(encodeStatement(statement), [testKey(speaker)]));
  };
  const close = async () => {
    await checkpointer.stop();
    await journal.close();
  };
  return { clock, store, fold, submit, say, close };
}

const found = () => rootEntryBytes(testRootDocument(), ["ada", "ben"]);
const note = { kind: "claim", says: "note", note: "x" } as const;
const component = (name: string) =>
  ({
    kind: "register",
    set: [{ document: "component", component: name, kind: "model", owner: "ada" }],
    remove: [],
  }) as const;

/** Lets real work (signing, the disk) go on while no time passes by the hand clock. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(condition());
}
const rest = () => new Promise((resolve) => setTimeout(resolve, 150));

test("what people wait for is witnessed at once, claims within a second, nothing every fifteen", async () => {
  const rig = await open([cosigner("witness-1"), cosigner("witness-2")]);
  const witnessed = () => rig.fold.estate.times.length;
  await rig.submit(found());
  await until(() => witnessed() === 1);
  await rest();
  assert.equal(witnessed(), 1, "its own entry does not call for the next checkpoint");
  await rig.say("ada", component("a"));
  await until(() => witnessed() === 2);
  await rig.say("butler", note);
  await rest();
  assert.equal(witnessed(), 2);
  await rig.clock.pass(1_000);
  await until(() => witnessed() === 3);
  await rig.clock.pass(14_000);
  await rest();
  assert.equal(witnessed(), 3, "an idle journal waits");
  await rig.clock.pass(2_000);
  await until(() => witnessed() === 4);
  await rig.close();
});

test("a busy journal is witnessed a limited number of times at once, then once a second", async () => {
  const rig = await open([cosigner("witness-1"), cosigner("witness-2")]);
  await rig.submit(found());
  for (let i = 0; i < 60; i += 1) {
    await rig.say("ada", component(`c${i}`));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await rest();
  const atOnce = rig.fold.estate.times.length;
  assert.ok(atOnce <= 21, `${atOnce} checkpoints without any time passing`);
  await rig.clock.pass(2_000);
  await until(() => rig.fold.estate.lastWitnessed!.size > 60);
  await rig.close();
});

test("below the threshold nothing is published, and time stands still until witnesses return", async () => {
  const second = cosigner("witness-2");
  const rig = await open([cosigner("witness-1"), second]);
  second.mute = true;
  await rig.submit(found());
  await until(() => second.asked > 0);
  await rest();
  assert.equal(await rig.store.latestCheckpoint(), undefined);
  assert.equal(rig.fold.estate.time, 0);
  const asked = second.asked;
  await rig.clock.pass(5_000);
  await rest();
  assert.ok(second.asked > asked, "it is asked again");
  assert.ok(second.asked <= asked + 6, "and not without a pause");
  second.mute = false;
  await rig.clock.pass(1_000);
  await until(() => rig.fold.estate.lastWitnessed !== undefined);
  await rig.close();
});

test("lines of strangers, and lines under a witness's name that are not its own, do not count", async () => {
  const stranger = cosigner("stranger");
  const impostor = cosigner("witness-2", "stranger");
  const honest = cosigner("witness-1");
  const rig = await open([stranger, impostor, honest]);
  await rig.submit(found());
  await until(() => honest.asked > 0);
  await rest();
  assert.equal(await rig.store.latestCheckpoint(), undefined);
  await rig.close();

  const both = await open([stranger, impostor, honest, cosigner("witness-2")]);
  await both.submit(found());
  await until(() => both.fold.estate.lastWitnessed !== undefined);
  const { text } = (await both.store.latestCheckpoint())!;
  const published = parseNote(new TextEncoder().encode(text));
  assert.ok(!isRefused(published));
  const names = published.signatures.map(({ name }) => name).sort();
  assert.deepEqual(names, ["witness-1", "witness-2", "writ.test/journal"]);
  await both.close();
});
