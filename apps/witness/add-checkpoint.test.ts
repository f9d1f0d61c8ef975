import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import {
  emptyRoot,
  formatNote,
  isRefused,
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
