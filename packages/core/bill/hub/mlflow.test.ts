/** A saved answer of an MLflow registry is releases that are described, and known by no content. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused } from "../../encoding/refusal.ts";
import { emptyRegister } from "../../register/register.ts";
import { planImport } from "../merge.ts";
import { isHuggingFace } from "./hugging-face.ts";
import { fromMlflow, isMlflow } from "./mlflow.ts";

const version = {
  name: "fraud detector",
  version: "3",
  creation_timestamp: 1_760_000_000_000,
  current_stage: "None",
  source: "s3://mlflow/1/abc/artifacts/model",
  run_id: "abc",
  status: "READY",
};
const options = { owner: "risk", lifecycle: "proposed" } as const;

test("each version is a described release; what is not taken is named", () => {
  const answer = {
    model_versions: [version, { ...version, version: "2", source: "models:/m-1" }],
    next_page_token: "x",
  };
  assert.ok(isMlflow(answer) && !isHuggingFace(answer));
  const imported = fromMlflow(answer);
  assert.ok(!isRefused(imported), JSON.stringify(imported));
  const plan = planImport(emptyRegister(), imported, options);
  assert.ok(!isRefused(plan), JSON.stringify(plan));
  const documents = plan.differences.map(({ document }) => document);
  const releases = documents.filter((one) => one.document === "release");
  assert.deepEqual(
    releases.map(({ component, release, artefacts, source }) => [
      component,
      release,
      artefacts.length,
      source,
    ]),
    [
      ["fraud-detector", "3", 0, "s3://mlflow/1/abc/artifacts/model"],
      ["fraud-detector", "2", 0, undefined],
    ],
  );
  const left = imported.left.map(({ at }) => at);
  assert.ok(left.includes("/model_versions/1/source"));
  assert.ok(left.includes("/model_versions/0/run_id") && left.includes("/next_page_token"));
});

test("a registered model with its latest versions; one without a name is refused", () => {
  const model = { name: "fraud detector", latest_versions: [version] };
  const imported = fromMlflow({ registered_model: model });
  assert.ok(!isRefused(imported), JSON.stringify(imported));
  assert.equal(
    imported.left.some(({ at }) => at.endsWith("/name")),
    false,
  );
  for (const broken of [
    { registered_model: { latest_versions: [] } },
    { model_versions: [{ name: "x" }] },
    { model_versions: ["x"] },
  ]) {
    const refusal = fromMlflow(broken);
    assert.ok(isRefused(refusal) && refusal.refused === "malformed", JSON.stringify(refusal));
  }
});
