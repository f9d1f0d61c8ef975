import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  makeModel,
  safetensorsOf,
  smallConfig,
  transform,
  transformations,
} from "../testing/index.ts";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const code = /```ts\n([\s\S]*?)```/.exec(text)![1]!;

test("the README identifies a file in ten lines", () => {
  const lines = code.split("\n").filter((line) => line.trim() !== "" && !/^[}]|^import/.test(line));
  assert.ok(lines.length <= 10, String(lines.length));
});

test("those lines run, and know a renamed, reordered copy", () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-readme-"));
  try {
    const config = { ...smallConfig, layers: 1, vocabulary: 256 };
    const model = makeModel(config, 71);
    const reordered = transformations.find(({ name }) => name === "reordered")!;
    writeFileSync(join(folder, "llama.safetensors"), safetensorsOf(model));
    const copy = safetensorsOf(transform(reordered, model, config));
    writeFileSync(join(folder, "unnamed.bin"), copy);
    const placed = code.replace(/"(llama\.safetensors|unnamed\.bin)"/g, (_, name: string) =>
      JSON.stringify(join(folder, name)),
    );
    const run = spawnSync(process.execPath, ["--input-type=module-typescript", "--eval", placed], {
      cwd: join(import.meta.dirname, ".."),
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /^same-values llama 1 \{ bound: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
