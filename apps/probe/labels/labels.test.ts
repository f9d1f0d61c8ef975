/** Stores laid out as their tools do: what their labels say, beside the bytes that lie there. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type Census, censusShape, isRefused } from "@writ/core";
import {
  coverageOf,
  freshFolder,
  lookAt,
  noProcesses,
  safetensorsBytes,
} from "../testing/scene.ts";

const weights = safetensorsBytes(5000, 1);
const others = safetensorsBytes(5000, 2);
const hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const commit = "c0ffee".repeat(6).padEnd(40, "0");

function put(root: string, path: string, bytes: Uint8Array | string): string {
  const at = join(root, path);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, bytes);
  return at;
}

async function seen(root: string): Promise<Census> {
  const census = await lookAt([root], noProcesses);
  const shaped = censusShape(JSON.parse(JSON.stringify(census)), "census");
  assert.ok(!isRefused(shaped), JSON.stringify(shaped));
  return shaped;
}

const rows = ({ labels = [] }: Census, root: string) =>
  labels
    .map(({ store, name, path, there }) => {
      const where = path.slice(root.length + 1);
      return `${store} ${name ?? "-"}: ${where}${there ? "" : " (gone)"}`;
    })
    .sort();

test("Ollama's manifests name blobs; one that lies, one that is gone, one that none names", async (context) => {
  const root = freshFolder(context);
  const manifest = (digest: string, more: object[] = []) =>
    JSON.stringify({
      schemaVersion: 2,
      config: { mediaType: "application/vnd.docker.container.image.v1+json", digest, size: 1 },
      layers: [
        { mediaType: "application/vnd.ollama.image.model", digest, size: weights.length },
        ...more,
      ],
    });
  const [own, lying, gone, alone] = ["1", "2", "3", "4"].map((digit) => digit.repeat(64));
  const honest = hex(weights);
  const blob = (digest: string) => `m/blobs/sha256-${digest}`;
  put(root, blob(honest), weights);
  put(root, blob(lying!), others);
  put(root, blob(alone!), safetensorsBytes(5000, 3));
  const at = "m/manifests/registry.ollama.ai/library";
  const projector = {
    mediaType: "application/vnd.ollama.image.projector",
    digest: `sha256:${own}`,
  };
  put(root, `${at}/llama3/8b`, manifest(`sha256:${honest}`, [{ ...projector, size: 5 }]));
  put(root, `${at}/mistral/latest`, manifest(`sha256:${lying}`));
  put(root, "m/manifests/registry.acme.example/team/bot/1", manifest(`sha256:${gone}`));
  put(root, `${at}/broken/latest`, '{"layers": [{"digest": "../../etc/passwd"}], "config": 7}');
  put(root, `${at}/worse/latest`, "{{{");
  const census = await seen(root);
  assert.deepEqual(rows(census, root), [
    `ollama -: ${blob(alone!)}`,
    `ollama llama3:8b: ${blob(own!)} (gone)`,
    `ollama llama3:8b: ${blob(honest)}`,
    `ollama mistral:latest: ${blob(lying!)}`,
    `ollama registry.acme.example/team/bot:1: ${blob(gone!)} (gone)`,
  ]);
  const lies = census.labels!.find(({ name }) => name === "mistral:latest");
  const mass = census.masses.find(({ names }) => names.includes(lies!.path));
  assert.notEqual(lies!.digest, mass!.digest);
  assert.deepEqual(
    coverageOf(census, "files").gaps.map(({ where }) => where.slice(root.length + 1)),
    [`${at}/worse/latest`],
  );
});

test("Hugging Face's cache names blobs by its snapshots, and the branch by its refs", async (context) => {
  const root = freshFolder(context);
  const at = "hub/models--acme--tiny-llm";
  const blob = put(root, `${at}/blobs/${hex(weights)}`, weights);
  put(root, `${at}/blobs/${"5".repeat(64)}`, others);
  put(root, `${at}/refs/main`, commit);
  const snapshot = join(root, at, "snapshots", commit, "onnx");
  mkdirSync(snapshot, { recursive: true });
  symlinkSync(`../../../blobs/${hex(weights)}`, join(snapshot, "model.safetensors"));
  symlinkSync("../../../../../../../etc/passwd", join(snapshot, "escape"));
  const census = await seen(root);
  assert.deepEqual(rows(census, root), [
    `hugging-face -: ${at}/blobs/${"5".repeat(64)}`,
    `hugging-face acme/tiny-llm@main onnx/model.safetensors: ${at}/blobs/${hex(weights)}`,
  ]);
  assert.equal(census.labels![0]!.digest, `sha256:${hex(weights)}`);
  assert.equal(census.labels![0]!.path, blob);
});

test("folders are labels too: LM Studio, Jan, GPT4All, llama.cpp, Triton, MLflow", async (context) => {
  const root = freshFolder(context);
  const paths = [
    "a/.lmstudio/models/acme/tiny-GGUF/tiny.gguf",
    "b/Jan/data/llamacpp/models/tiny/model.gguf",
    "c/nomic.ai/GPT4All/tiny.gguf",
    "d/.cache/llama.cpp/acme_tiny.gguf",
    "e/repository/scorer/3/model.onnx",
    "f/runs/1/artifacts/model/data/model.safetensors",
  ];
  for (const [at, path] of paths.entries()) put(root, path, safetensorsBytes(5000, 10 + at));
  put(root, "e/repository/scorer/config.pbtxt", 'name: "fraud"\nbackend: "onnxruntime"\n');
  put(root, "f/runs/1/artifacts/model/MLmodel", "artifact_path: model\nmodel_uuid: 0123abcd\n");
  assert.deepEqual(rows(await seen(root), root), [
    `gpt4all tiny: ${paths[2]}`,
    `jan tiny: ${paths[1]}`,
    `llama.cpp acme_tiny: ${paths[3]}`,
    `lm-studio acme/tiny-GGUF: ${paths[0]}`,
    `mlflow 0123abcd: ${paths[5]}`,
    `triton fraud:3: ${paths[4]}`,
  ]);
});
