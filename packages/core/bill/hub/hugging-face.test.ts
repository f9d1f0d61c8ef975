/** A saved answer of a hub is a release known by content, with no download. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused } from "../../encoding/refusal.ts";
import { emptyRegister } from "../../register/register.ts";
import { planImport } from "../merge.ts";
import { fromHuggingFace, isHuggingFace } from "./hugging-face.ts";

const sha = "a".repeat(40);
const answer = {
  id: "acme/chat-bot",
  modelId: "acme/chat-bot",
  sha,
  downloads: 12,
  cardData: { license: "apache-2.0", datasets: ["acme/faq"], base_model: "meta/llama" },
  siblings: [
    { rfilename: "README.md", blobId: "b".repeat(40), size: 3 },
    {
      rfilename: "model.safetensors",
      size: 1024,
      lfs: { sha256: "1".repeat(64), size: 1024, pointerSize: 135 },
      xetHash: "2".repeat(64),
    },
  ],
};

test("weights by SHA-256 and Xet hash; what is not taken is named", () => {
  assert.ok(isHuggingFace(answer));
  const imported = fromHuggingFace(answer);
  assert.ok(!isRefused(imported), JSON.stringify(imported));
  const options = { owner: "ops", lifecycle: "approved" } as const;
  const plan = planImport(emptyRegister(), imported, options);
  assert.ok(!isRefused(plan), JSON.stringify(plan));
  const release = plan.differences[1]!.document;
  assert.ok(release.document === "release");
  assert.deepEqual(release.artefacts, [
    {
      name: "model.safetensors",
      digest: `sha256:${"1".repeat(64)}`,
      size: 1024,
      xet: "2".repeat(64),
    },
  ]);
  assert.equal(release.purl, `pkg:huggingface/acme/chat-bot@${sha}`);
  assert.deepEqual(release.licences, ["apache-2.0"]);
  assert.deepEqual(release.training, ["acme/faq"]);
  assert.deepEqual(release.derivedFrom, [{ what: "meta/llama" }]);
  const left = imported.left.map(({ at }) => at);
  assert.deepEqual(left, ["/siblings/0", "/downloads", "/siblings/1/lfs/pointerSize"]);
});

test("an answer that names no commit is refused", () => {
  const refusal = fromHuggingFace({ ...answer, sha: "main" });
  assert.ok(isRefused(refusal) && refusal.refused === "malformed");
});
