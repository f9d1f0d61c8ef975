/** A real certificate from core's small test estate: real keys, signatures, proofs. */
import {
  blobsNamed,
  type Digest,
  encodeCertificate,
  hashLeaf,
  hashNode,
  isRefused,
  parseEntry,
  proveInclusion,
} from "@writ/core";
import { censusOf, chatbotRegister } from "../../../packages/core/testing/chatbot.ts";
import { EstateKit } from "../../../packages/core/testing/estate-kit.ts";

/** The file of a fulfilled rollback on host h1, and the estate's digest. */
export async function certificateFixture(): Promise<{ file: Uint8Array; estate: Digest }> {
  const kit = new EstateKit();
  kit.found();
  kit.register(...chatbotRegister("h1"));
  await kit.witness();
  const order = { action: "rollback", component: "chatbot", from: "4.2", to: "3.8" } as const;
  const writ = await kit.carriedOut(order);
  kit.sees(censusOf("h1", { runs: "3.8" }));
  kit.certify(writ);
  await kit.witness();
  const proceeding = kit.estate.proceedings.get(writ)!;
  const checkpoint = await kit.cosignedCheckpoint();
  const nodeAt = (level: number, index: number): Uint8Array =>
    level === 0
      ? hashLeaf(kit.entries[index]!)
      : hashNode(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1));
  const evidence = [];
  for (const index of [...proceeding.fulfilled!.evidence, proceeding.certificateIndex!]) {
    const bytes = kit.entries[index]!;
    const entry = parseEntry(bytes);
    if (isRefused(entry)) throw new Error(entry.detail);
    const blobs = blobsNamed(entry.body).map((digest) => kit.blobs.get(digest)!);
    const proof = await proveInclusion(index, kit.entries.length, nodeAt);
    evidence.push({ index, entry: bytes, blobs, proof });
  }
  return { file: encodeCertificate({ checkpoint, evidence }), estate: kit.estate.id! };
}
