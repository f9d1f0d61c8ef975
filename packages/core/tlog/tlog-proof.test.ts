import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { equalBytes, fromUtf8, toUtf8 } from "../encoding/bytes.ts";
import { isRefused } from "../encoding/refusal.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { cosign } from "./cosignature.ts";
import { hashLeaf } from "./merkle.ts";
import { formatNote, noteKeyTypes, verifierKey } from "./note.ts";
import { inclusionPath, testEntries, treeHash } from "./testing/reference-tree.ts";
import { runs } from "./testing/runs.ts";
import { newSigner, nodeVerify } from "./testing/signer.ts";
import { formatTlogProof, parseTlogProof, type TlogProof, verifyTlogProof } from "./tlog-proof.ts";

const log = newSigner("log.example", noteKeyTypes.ed25519);
const witness = newSigner("witness.example", noteKeyTypes.cosignature);
const policy = { origin: "log.example", key: log.key, witnesses: [witness.key], threshold: 1 };

async function proofOf(index: number, size: number, extra?: Uint8Array) {
  const entries = testEntries(size);
  const checkpoint = { origin: "log.example", size, root: treeHash(entries), extensions: [] };
  const note = await signCheckpoint(checkpoint, log.key, log.sign);
  const cosignature = await cosign({ text: note.text, timestamp: 9 }, witness.key, witness.sign);
  const proof: TlogProof = {
    ...(extra === undefined ? {} : { extra }),
    index,
    hashes: inclusionPath(index, entries),
    checkpoint: formatNote({ ...note, signatures: [...note.signatures, cosignature] }),
  };
  return { proof, leafHash: hashLeaf(entries[index]!) };
}

test("a proof convinces with the leaf, the log and its witnesses, and not without one", async () => {
  const { proof, leafHash } = await proofOf(4, 11);
  const judged = (changed: object, leaf = leafHash) =>
    verifyTlogProof(proof, { leafHash: leaf, policy: { ...policy, ...changed } }, nodeVerify);
  const verdict = judged({});
  assert.ok(!isRefused(verdict));
  assert.equal(verdict.checkpoint.size, 11);
  assert.equal(verdict.cosigned.timestamp, 9);
  const stranger = newSigner("log.example", noteKeyTypes.ed25519).key;
  const ownWitness = verifierKey("w.example", noteKeyTypes.cosignature, log.key.publicKey);
  for (const [refusal, found] of [
    ["bad-proof", judged({}, hashLeaf(new Uint8Array([1])))],
    ["unknown-signer", judged({ key: stranger })],
    ["bad-checkpoint", judged({ origin: "other.example" })],
    ["not-cosigned", judged({ threshold: 2 })],
    ["not-cosigned", judged({ threshold: 0 })],
    ["not-cosigned", judged({ witnesses: [] })],
    ["duplicate-signer", judged({ witnesses: [witness.key, ownWitness] })],
  ] as const) {
    assert.ok(isRefused(found) && found.refused === refusal, refusal);
  }
});

test("the text is that of the specification", async () => {
  const { proof } = await proofOf(0, 2, new Uint8Array([1, 2, 3]));
  const lines = fromUtf8(formatTlogProof(proof))!.split("\n");
  assert.deepEqual(lines.slice(0, 3), ["c2sp.org/tlog-proof@v1", "extra AQID", "index 0"]);
  assert.deepEqual(lines.slice(4, 7), ["", "log.example", "2"]);
});

test("what is no proof is refused", async () => {
  const text = fromUtf8(formatTlogProof((await proofOf(1, 3, new Uint8Array([7]))).proof))!;
  for (const changed of [
    "",
    text.replace("@v1", "@v2"),
    text.replace("extra Bw==", "extra Bw="),
    text.replace("extra Bw==", "extra Bx=="),
    text.replace("index 1\n", ""),
    text.replace("index 1", "index 01"),
    text.replace("index 1", "index 9007199254740992"),
    text.replace("index 1", "index 1\nAAAA"),
    text.replace("index 1", `index 1${"\nAAAA".repeat(70)}`),
    text.replace("\n\n", "\n"),
  ]) {
    assert.ok(changed !== text);
    const parsed = parseTlogProof(toUtf8(changed));
    // Without its first blank line, the checkpoint itself is taken for lines of the proof.
    assert.ok(isRefused(parsed), JSON.stringify(changed.slice(0, 60)));
  }
});

test("proofs read back as written, and no changed byte outside `extra` passes", async () => {
  const extra = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined });
  const place = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(place, fc.nat(), extra, fc.nat(), async (size, n, opaque, at) => {
      const { proof, leafHash } = await proofOf(n % size, size, opaque);
      const bytes = formatTlogProof(proof);
      const read = parseTlogProof(bytes);
      assert.deepEqual(read, proof);
      assert.ok(!isRefused(verifyTlogProof(proof, { leafHash, policy }, nodeVerify)));
      const mutated = bytes.slice();
      mutated[at % bytes.length]! ^= 1 + (n % 255);
      const other = parseTlogProof(mutated);
      if (isRefused(other)) return;
      const only = opaque !== undefined && equalBytes(other.checkpoint, proof.checkpoint);
      const verdict = verifyTlogProof(other, { leafHash, policy }, nodeVerify);
      if (only && other.index === proof.index) {
        const { extra: _, ...rest } = other;
        const { extra: __, ...wanted } = proof;
        if (JSON.stringify(rest) === JSON.stringify(wanted)) return;
      }
      assert.ok(isRefused(verdict));
    }),
    runs,
  );
});
