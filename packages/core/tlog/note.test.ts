import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { verifyEd25519 } from "../signature/ed25519.ts";
import {
  formatNote,
  formatVerifierKey,
  isKeyName,
  noteKeyTypes,
  parseNote,
  parseVerifierKey,
  signNote,
  verifierKey,
  verifyNote,
} from "./note.ts";
import { runs } from "./testing/runs.ts";
import { newSigner, nodeVerify } from "./testing/signer.ts";

function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}
function code(result: unknown): string {
  assert.ok(isRefused(result), "was not refused");
  return result.refused;
}

// The example of c2sp.org/signed-note.
const vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const example = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;

test("the example of the specification verifies, by both implementations", () => {
  const key = got(parseVerifierKey(vkey));
  const note = got(parseNote(toUtf8(example)));
  assert.equal(note.text, "This is an example message.\n");
  assert.equal(verifyNote(note, key, verifyEd25519), undefined);
  assert.equal(verifyNote(note, key, nodeVerify), undefined);
  assert.equal(formatVerifierKey(key), vkey);
});

test("a verifier key with any character changed is refused, or is another key", () => {
  for (let i = 0; i < vkey.length; i += 1) {
    for (const other of ["A", "+", "0", "=", " "]) {
      if (vkey[i] === other) continue;
      assert.ok(isRefused(parseVerifierKey(vkey.slice(0, i) + other + vkey.slice(i + 1))));
    }
  }
  assert.equal(code(parseVerifierKey("")), "malformed");
  const ofLog = vkey.replace("AekyeR", "BekyeR");
  assert.notEqual(ofLog, vkey);
  assert.ok(isRefused(parseVerifierKey(ofLog)));
});

test("signatures of strangers are ignored; a false one under a known name and id is not", async () => {
  const log = newSigner("log.example", noteKeyTypes.ed25519);
  const stranger = newSigner("log.example", noteKeyTypes.ed25519);
  const text = "hello\n\nworld\n";
  const real = await signNote(text, log.key, log.sign);
  const strange = await signNote(text, stranger.key, stranger.sign);
  const forged = { ...strange, id: log.key.id };
  const verdict = (...signatures: (typeof real)[]) =>
    verifyNote({ text, signatures }, log.key, nodeVerify);
  assert.equal(verdict(strange, real), undefined);
  assert.equal(code(verdict(strange)), "unknown-signer");
  assert.equal(code(verdict(forged)), "bad-signature");
  assert.equal(code(verdict(real, forged)), "bad-signature");
  assert.equal(code(verdict()), "unknown-signer");
  const changed = verifyNote({ text: "hello\n", signatures: [real] }, log.key, nodeVerify);
  assert.equal(code(changed), "bad-signature");
});

test("a witness's key does not sign notes", async () => {
  const witness = newSigner("witness.example", noteKeyTypes.cosignature);
  const signatures = [await signNote("x\n", witness.key, witness.sign)];
  const verdict = verifyNote({ text: "x\n", signatures }, witness.key, nodeVerify);
  assert.equal(code(verdict), "unknown-kind");
});

test("what is no note is refused", () => {
  const signature = `— a ${toBase64(new Uint8Array(68))}\n`;
  for (const text of [
    "",
    "x",
    "x\n",
    "x\n\n",
    `x\n${signature}`,
    `x\n\n${signature.slice(0, -1)}`,
    `x\n\n${signature.replace("—", "-")}`,
    `x\n\n${signature} \n`,
    `x\n\n${signature}y\n`,
    `x\u0000\n\n${signature}`,
    `x\r\n\n${signature}`,
    `x\t\n\n${signature}`,
    `x\n\n— a AAAA\n`,
    `x\n\n— a+b ${toBase64(new Uint8Array(68))}\n`,
    `x\n\n— a\u2003b ${toBase64(new Uint8Array(68))}\n`,
    `x\n\n${signature.repeat(101)}`,
  ]) {
    assert.ok(isRefused(parseNote(toUtf8(text))), JSON.stringify(text));
  }
  assert.ok(isRefused(parseNote(new Uint8Array([0x78, 0xff, 10, 10]))));
  assert.equal(code(parseNote(new Uint8Array(256 * 1024 + 1))), "oversized");
  assert.equal(got(parseNote(toUtf8(`x\n\n${signature.repeat(16)}`))).signatures.length, 16);
});

test("key names have no Unicode space and no plus", () => {
  for (const name of [
    "",
    "a b",
    "a+b",
    "a\u00a0b",
    "a\u3000b",
    "a\nb",
    "\ud800",
    "a".repeat(256),
  ]) {
    assert.equal(isKeyName(name), false, JSON.stringify(name));
  }
  assert.equal(isKeyName("example.com/log→1"), true);
  assert.ok(isRefused(verifierKey("a", noteKeyTypes.ed25519, new Uint8Array(31))));
});

test("notes read back as they were written, and no changed byte passes", async () => {
  const log = newSigner("log.example/one", noteKeyTypes.ed25519);
  const line = fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => {
    return text.replace(/[\u0000-\u001f]/g, "?");
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (...drawn) => {
        const [lines, at, change] = drawn;
        const text = [...lines, ""].join("\n") || "\n";
        const note = { text, signatures: [await signNote(text, log.key, log.sign)] };
        const bytes = formatNote(note);
        assert.deepEqual(parseNote(bytes), note);
        const mutated = bytes.slice();
        mutated[at % bytes.length]! ^= change;
        const read = parseNote(mutated);
        assert.ok(isRefused(read) || isRefused(verifyNote(read, log.key, nodeVerify)));
      },
    ),
    runs,
  );
});
