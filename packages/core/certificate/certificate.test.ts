/** A certificate convinces a stranger with no network, and not if one byte of it differs. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { toUtf8 } from "../encoding/bytes.ts";
import type { Digest } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import { blobsNamed, parseEntry } from "../journal/entry.ts";
import { censusOf, chatbotRegister } from "../testing/chatbot.ts";
import { EstateKit, verifyWithNode } from "../testing/estate-kit.ts";
import { proveInclusion } from "../tlog/inclusion.ts";
import { hashLeaf, hashNode } from "../tlog/merkle.ts";
import { type Evidence, encodeCertificate } from "./certificate.ts";
import { verifyCertificate } from "./verify.ts";

const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;

/** The file that a server would give out for this writ. */
async function certificateFile(kit: EstateKit, writ: Digest): Promise<Uint8Array> {
  const proceeding = kit.estate.proceedings.get(writ)!;
  const checkpoint = await kit.cosignedCheckpoint();
  const size = kit.entries.length;
  const nodeAt = (level: number, index: number): Uint8Array =>
    level === 0
      ? hashLeaf(kit.entries[index]!)
      : hashNode(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1));
  const indexes = [...proceeding.fulfilled!.evidence, proceeding.certificateIndex!];
  const evidence: Evidence[] = [];
  for (const index of indexes) {
    const bytes = kit.entries[index]!;
    const entry = parseEntry(bytes);
    assert.ok(!isRefused(entry));
    const blobs = blobsNamed(entry.body).map((digest) => kit.blobs.get(digest)!);
    evidence.push({ index, entry: bytes, blobs, proof: await proveInclusion(index, size, nodeAt) });
  }
  return encodeCertificate({ checkpoint, evidence });
}

describe("a certificate", () => {
  let kit: EstateKit;
  let file: Uint8Array;
  before(async () => {
    kit = new EstateKit();
    kit.found();
    kit.register(...chatbotRegister("h1", "h2"));
    await kit.witness();
    // Another order on the same component came before: a certificate must not depend on it.
    const first = await kit.carriedOut({ ...order, action: "replace" });
    for (const host of ["h1", "h2"]) kit.sees(censusOf(host, { runs: "3.8" }));
    kit.certify(first);
    await kit.witness();
    const back = { action: "replace", component: "chatbot", from: "3.8", to: "4.2" } as const;
    const writ = await kit.carriedOut(back);
    for (const host of ["h1", "h2"]) kit.sees(censusOf(host));
    kit.certify(writ);
    await kit.witness();
    file = await certificateFile(kit, writ);
  });

  test("verifies offline, and says who signed, with what keys, and as of when", () => {
    const verdict = verifyCertificate(file, { estate: kit.estate.id!, verify: verifyWithNode });
    assert.ok(!isRefused(verdict), JSON.stringify(verdict));
    assert.equal(verdict.keys, "software keys");
    assert.equal(verdict.pinned, true);
    assert.equal(verdict.journalSize, kit.entries.length);
    const predicate = verdict.statement.predicate as { approvals: { person: string }[] };
    assert.deepEqual(
      predicate.approvals.map(({ person }) => person),
      ["ben", "cleo"],
    );
  });

  test("is refused by a reader who trusts another estate", () => {
    const estate: Digest = `sha256:${"0".repeat(64)}`;
    const verdict = verifyCertificate(file, { estate, verify: verifyWithNode });
    assert.equal(isRefused(verdict) && verdict.refused, "wrong-estate");
  });

  test("is refused with any one byte changed", () => {
    const trust = { estate: kit.estate.id!, verify: verifyWithNode };
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = file.slice();
        changed[at] = changed[at]! ^ flip;
        return isRefused(verifyCertificate(changed, trust));
      }),
      { numRuns: process.env.SLOW ? 20_000 : 300 },
    );
  });

  test("is refused cut short, doubled, or empty", () => {
    const trust = { verify: verifyWithNode };
    for (const bytes of [
      new Uint8Array(),
      toUtf8("{}\n"),
      file.subarray(0, -1),
      file.subarray(0, file.length >> 1),
      new Uint8Array([...file, ...file]),
    ]) {
      assert.ok(isRefused(verifyCertificate(bytes, trust)));
    }
  });
});
