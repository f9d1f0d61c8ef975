import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { cosign, cosignedMessage, verifyCosignature, verifyCosigned } from "./cosignature.ts";
import { formatNote, noteKeyTypes, parseNote, verifierKey } from "./note.ts";
import { runs } from "./testing/runs.ts";
import { newSigner, nodeVerify } from "./testing/signer.ts";

const log = newSigner("log.example", noteKeyTypes.ed25519);
const one = newSigner("witness.example/1", noteKeyTypes.cosignature);
const two = newSigner("witness.example/2", noteKeyTypes.cosignature);
const three = newSigner("witness.example/3", noteKeyTypes.cosignature);
const witnesses = [one.key, two.key, three.key];
const checkpoint = { origin: "log.example", size: 7, root: new Uint8Array(32), extensions: [] };
const bare = await signCheckpoint(checkpoint, log.key, log.sign);
const { text } = bare;

async function noteWith(...times: [typeof one, number][]) {
  const lines = times.map(([witness, timestamp]) => {
    return cosign({ text, timestamp }, witness.key, witness.sign);
  });
  return { text, signatures: [...bare.signatures, ...(await Promise.all(lines))] };
}
function code(result: unknown): string {
  assert.ok(isRefused(result), "was not refused");
  return (result as Refused).refused;
}

test("the message of the specification", () => {
  const body = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`;
  const message = `cosignature/v1\ntime 1679315147\n${body}`;
  assert.deepEqual(cosignedMessage(body, 1679315147), toUtf8(message));
});

test("the cosignature line of the specification carries its time", () => {
  const line =
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
  const bytes = fromBase64(line)!;
  assert.equal(bytes.length, 4 + 8 + 64);
  assert.equal(new DataView(bytes.buffer).getBigUint64(4), 1679315147n);
});

test("a quorum: so many distinct witnesses, and the time that enough of them vouch for", async () => {
  const note = await noteWith([one, 100], [two, 300], [three, 200]);
  assert.deepEqual(parseNote(formatNote(note)), note);
  for (const [threshold, timestamp] of [
    [1, 300],
    [2, 200],
    [3, 100],
  ] as const) {
    const cosigned = verifyCosigned(note, { witnesses, threshold }, nodeVerify);
    assert.ok(!isRefused(cosigned));
    assert.equal(cosigned.timestamp, timestamp);
    assert.equal(cosigned.cosignatures.length, 3);
  }
  const few = await noteWith([one, 100]);
  assert.equal(code(verifyCosigned(few, { witnesses, threshold: 2 }, nodeVerify)), "not-cosigned");
});

test("a threshold below one, or no number, is never met", async () => {
  const note = await noteWith([one, 100]);
  for (const threshold of [0, -1, 0.5, Number.NaN]) {
    assert.equal(code(verifyCosigned(note, { witnesses, threshold }, nodeVerify)), "not-cosigned");
  }
});

test("one key under two names, or cosigning twice, is one witness", async () => {
  const alias = verifierKey("elsewhere.example", noteKeyTypes.cosignature, one.key.publicKey);
  assert.ok(!isRefused(alias));
  const note = await noteWith([one, 100], [{ key: alias, sign: one.sign }, 150], [one, 120]);
  const policy = { witnesses: [one.key, alias], threshold: 2 };
  assert.equal(code(verifyCosigned(note, policy, nodeVerify)), "not-cosigned");
  const single = verifyCosigned(note, { ...policy, threshold: 1 }, nodeVerify);
  assert.ok(!isRefused(single));
  assert.equal(single.timestamp, 150);
});

test("strangers are ignored; a false line under a known name and id refuses the note", async () => {
  const stranger = newSigner("witness.example/1", noteKeyTypes.cosignature);
  const note = await noteWith([stranger, 100], [one, 100]);
  assert.ok(!isRefused(verifyCosigned(note, { witnesses, threshold: 1 }, nodeVerify)));
  const alone = await noteWith([stranger, 100]);
  assert.equal(
    code(verifyCosigned(alone, { witnesses, threshold: 1 }, nodeVerify)),
    "not-cosigned",
  );
  const [forged] = (await noteWith([stranger, 100])).signatures.slice(-1);
  const signatures = [...note.signatures, { ...forged!, id: one.key.id }];
  const verdict = verifyCosigned({ text, signatures }, { witnesses, threshold: 1 }, nodeVerify);
  assert.equal(code(verdict), "bad-signature");
});

test("a log's signature is no cosignature, nor the other way round", async () => {
  const policy = { witnesses: [log.key], threshold: 1 };
  assert.equal(code(verifyCosigned(bare, policy, nodeVerify)), "unknown-kind");
});

test("no changed bit of a cosignature, its time or its checkpoint passes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.maxSafeNat(), fc.nat(), async (time, at) => {
      const timestamp = Math.max(1, time);
      const { signature } = await cosign({ text, timestamp }, one.key, one.sign);
      const witness = one.key;
      assert.equal(verifyCosignature(text, { witness, signature }, nodeVerify), timestamp);
      const changed = signature.slice();
      changed[(at >> 3) % changed.length]! ^= 1 << (at & 7);
      const verdict = verifyCosignature(text, { witness, signature: changed }, nodeVerify);
      assert.equal(code(verdict), "bad-signature");
      const other = verifyCosignature(text.replace("7", "8"), { witness, signature }, nodeVerify);
      assert.equal(code(other), "bad-signature");
    }),
    runs,
  );
});
