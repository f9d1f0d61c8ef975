import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import {
  emptyRoot,
  formatNote,
  isRefused,
  type Note,
  noteKeyTypes,
  parseNote,
  parseSignatureLines,
  type Refused,
  signCheckpoint,
  toUtf8,
  verifierKey,
  verifyCosignature,
  verifyEd25519,
} from "@writ/core";
import { addCheckpoint } from "./add-checkpoint.ts";
import { openKeyFile } from "./key-file.ts";
import { openMemory } from "./memory.ts";

const folder = mkdtempSync(join(tmpdir(), "writ-witness-"));
after(() => rmSync(folder, { recursive: true }));

function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}

const root = new Uint8Array(32).fill(7);
const remembered = (size: number, timestamp = 100) => {
  return { size, root, timestamp, note: toUtf8(`${size}`) };
};

test("the memory moves only from where the caller saw it", () => {
  const path = join(folder, "memory.sqlite");
  const memory = got(openMemory(path));
  const [one, two] = [remembered(1), remembered(2)];
  assert.equal(memory.latest("a"), undefined);
  assert.equal(memory.advance("a", one, two), false);
  assert.equal(memory.advance("a", undefined, one), true);
  assert.equal(memory.advance("a", undefined, two), false);
  assert.equal(memory.advance("a", { ...one, root: emptyRoot }, two), false);
  assert.equal(memory.advance("a", one, two), true);
  assert.equal(memory.advance("a", one, remembered(3)), false);
  assert.equal(memory.latest("a")?.size, 2);
  assert.equal(memory.latest("b"), undefined);
  memory.close();
  const again = got(openMemory(path));
  assert.deepEqual({ ...again.latest("a") }, two);
  again.close();
});

test("two processes on one memory see each other", () => {
  const path = join(folder, "shared.sqlite");
  const [mine, yours] = [got(openMemory(path)), got(openMemory(path))];
  assert.equal(mine.advance("a", undefined, remembered(5)), true);
  assert.equal(yours.advance("a", undefined, remembered(3)), false);
  assert.equal(yours.latest("a")?.size, 5);
  mine.close();
  yours.close();
});

test("the database itself refuses to shrink or forget a log, or to be of another version", () => {
  const path = join(folder, "guarded.sqlite");
  const memory = got(openMemory(path));
  assert.equal(memory.advance("a", undefined, remembered(5)), true);
  const now = memory.latest("a");
  assert.throws(() => memory.advance("a", now, remembered(4)), /does not shrink/);
  assert.equal(memory.latest("a")?.size, 5);
  memory.close();
  const database = new DatabaseSync(path);
  assert.throws(() => database.exec("DELETE FROM latest"), /not forgotten/);
  database.exec("PRAGMA user_version = 2");
  database.close();
  const other = openMemory(path);
  assert.ok(isRefused(other) && other.refused === "unknown-version");
});

test("time never goes back: a small step is held, a large one stops the cosigning", async () => {
  const log = got(openKeyFile(join(folder, "log.key"), "log.example"));
  const logKey = got(verifierKey("log.example", noteKeyTypes.ed25519, log.key.publicKey));
  const witness = got(openKeyFile(join(folder, "witness.key"), "witness.example"));
  const memory = got(openMemory(join(folder, "clock.sqlite")));
  const checkpoint = { origin: "log.example", size: 0, root: emptyRoot, extensions: [] };
  const note = await signCheckpoint(checkpoint, logKey, log.sign);
  const body = toUtf8(`old 0\n\n${Buffer.from(formatNote(note)).toString()}`);
  const at = async (now: number) => {
    const logs = new Map([["log.example", [logKey]]]);
    const parts = { logs, witness, memory, verify: verifyEd25519, now: () => now };
    const answer = await addCheckpoint(parts, body);
    if (answer.status !== 200) return answer.status;
    const [line] = got(parseSignatureLines(answer.body));
    const cosignature = { witness: witness.key, signature: line!.signature };
    const time = verifyCosignature(note.text, cosignature, verifyEd25519);
    assert.equal(got(parseNote(memory.latest("log.example")!.note)).signatures.length, 2);
    return got(time);
  };
  assert.equal(await at(1000), 1000);
  assert.equal(await at(1010), 1010);
  assert.equal(await at(990), 1010);
  assert.equal(await at(949), 503);
  assert.equal(await at(1011), 1011);
  memory.close();
});

/** A log that signs what it likes, and a witness that follows it. */
async function follow(name: string) {
  const own = join(folder, name);
  mkdirSync(own);
  const log = got(openKeyFile(join(own, "log.key"), "log.example"));
  const logKey = got(verifierKey("log.example", noteKeyTypes.ed25519, log.key.publicKey));
  const witness = got(openKeyFile(join(own, "witness.key"), "witness.example"));
  const memory = got(openMemory(join(own, "witness.sqlite")));
  const signed = async (size: number) => {
    const checkpoint = { origin: "log.example", size, root: new Uint8Array(32).fill(size) };
    return await signCheckpoint({ ...checkpoint, extensions: [] }, logKey, log.sign);
  };
  const body = (note: Note) => toUtf8(`old 0\n\n${Buffer.from(formatNote(note)).toString()}`);
  const logs = new Map([["log.example", [logKey]]]);
  const parts = { logs, witness, memory, verify: verifyEd25519, now: () => 1000 };
  return { parts, logKey, signed, body };
}

test("a request that was overtaken while it was signed does not take history back", async () => {
  const { parts, signed, body } = await follow("race");
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = {
    key: parts.witness.key,
    sign: async (message: Uint8Array) => {
      await held;
      return parts.witness.sign(message);
    },
  };
  const first = addCheckpoint({ ...parts, witness: slow }, body(await signed(3)));
  const second = await addCheckpoint(parts, body(await signed(9)));
  assert.equal(second.status, 200);
  release();
  const late = await first;
  assert.equal(late.status, 409);
  assert.equal(late.body, "9\n");
  assert.equal(parts.memory.latest("log.example")?.size, 9);
  parts.memory.close();
});

test("of a log's several keys one is enough, but a false signature of any refuses", async () => {
  const { parts, logKey, signed, body } = await follow("keys");
  const other = got(openKeyFile(join(folder, "other.key"), "log.example"));
  const otherKey = got(verifierKey("log.example", noteKeyTypes.ed25519, other.key.publicKey));
  const logs = new Map([["log.example", [logKey, otherKey]]]);
  const note = await signed(3);
  const signature = new Uint8Array(64).fill(1);
  const forged = { name: otherKey.name, id: otherKey.id, signature };
  const both = { ...note, signatures: [...note.signatures, forged] };
  assert.equal((await addCheckpoint({ ...parts, logs }, body(both))).status, 403);
  assert.equal((await addCheckpoint({ ...parts, logs }, body(note))).status, 200);
  parts.memory.close();
});
