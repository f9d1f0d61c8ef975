import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fromBase64, toUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { verifyEd25519 } from "../signature/ed25519.ts";
import { openCheckpoint } from "./checkpoint.ts";
import { verifyConsistency } from "./consistency.ts";
import { verifyCosigned } from "./cosignature.ts";
import { appendLeaf, emptyFrontier, frontierRoot, hashLeaf } from "./merkle.ts";
import { noteBytesMax, parseVerifierKey } from "./note.ts";
import { parseTlogProof, verifyTlogProof } from "./tlog-proof.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/spec/checkpoint.md"), "utf8");
function block(name: string): string {
  const found = new RegExp(`\`\`\`${name}\n([^\`]*)\`\`\``).exec(page);
  assert.ok(found !== null, `no block ${name}`);
  return found[1]!;
}
function got<T>(result: T | Refused): T {
  assert.ok(!isRefused(result), JSON.stringify(result));
  return result;
}

const [key, ...witnesses] = block("keys")
  .trim()
  .split("\n")
  .map((line) => got(parseVerifierKey(line)));
const policy = { origin: "journal.example/estate", key: key!, witnesses, threshold: 2 };

test("docs/spec/checkpoint.md: the checkpoint opens, and is cosigned", () => {
  const { checkpoint, note } = got(
    openCheckpoint(toUtf8(block("checkpoint")), policy, verifyEd25519),
  );
  let frontier = emptyFrontier();
  const roots = [frontierRoot(frontier)];
  for (const entry of ["first", "second", "third", "fourth", "fifth"]) {
    frontier = appendLeaf(frontier, hashLeaf(toUtf8(entry)));
    roots.push(frontierRoot(frontier));
  }
  assert.deepEqual(checkpoint.root, roots[5]);
  assert.equal(got(verifyCosigned(note, policy, verifyEd25519)).timestamp, 1790000000);
  const [old, ...lines] = block("request").trim().split("\n");
  assert.equal(old, "old 3");
  const proof = lines.map((line) => fromBase64(line)!);
  const claim = { size1: 3, size2: 5, root1: roots[3]!, root2: roots[5]!, proof };
  assert.equal(verifyConsistency(claim), undefined);
});

test("docs/spec/checkpoint.md: the proof convinces", () => {
  const proof = got(parseTlogProof(toUtf8(block("proof"))));
  assert.equal(proof.index, 2);
  const leafHash = hashLeaf(toUtf8("third"));
  got(verifyTlogProof(proof, { leafHash, policy }, verifyEd25519));
});

test("docs/spec/checkpoint.md: the limits are those of the code", () => {
  assert.ok(page.includes("larger than 262,144 bytes"));
  assert.equal(noteBytesMax, 262_144);
  assert.ok(page.includes("413 above 265,024 bytes"));
  assert.equal(noteBytesMax + 64 * 45, 265_024);
});
