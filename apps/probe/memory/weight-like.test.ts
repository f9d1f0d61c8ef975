import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ggufOf } from "@writ/weights/testing";
import { asSafetensors, disguised, madeModel } from "../testing/disguises.ts";
import { opaqueBytes } from "../testing/scene.ts";
import { isWeightLike } from "./weight-like.ts";

const pageBytes = 4096;

const pagesJudged = 100;

/** The share of a file's pages that look like weights, by a hundred of them. */
function shareOf(bytes: Uint8Array): number {
  let alike = 0;
  const all = Math.floor(bytes.length / pageBytes);
  const pages = Math.min(all, pagesJudged);
  for (let at = 0; at < pages; at += 1) {
    const page = Math.floor((at * all) / pages);
    if (isWeightLike(bytes.slice(page * pageBytes, (page + 1) * pageBytes))) alike += 1;
  }
  return alike / pages;
}

const model = madeModel(1);

test("weights look like weights: BF16, F16, F32, and quantised blocks", () => {
  assert.ok(shareOf(asSafetensors(model)) > 0.95);
  for (const [name, least] of [
    ["cast to f16", 0.95],
    ["widened to f32", 0.95],
    ["Q8_0", 0.9],
    ["Q4_0", 0.8],
  ] as const) {
    const share = shareOf(ggufOf(disguised(name, model)));
    assert.ok(share > least, `${name}: ${share}`);
  }
});

test("what else fills memory does not", () => {
  const floats = new Float64Array(1 << 16).map((_, at) => Math.sin(at) * 1e5);
  const hiss = opaqueBytes(1 << 18);
  const sound = new Int16Array(1 << 18).map((_, at) => 9000 * Math.sin(at / 20) + hiss[at]!);
  const pointers = new BigUint64Array(1 << 16).map(
    (_, at) => 0x7f31_0000_0000n + BigInt(at * 7919) * 16n,
  );
  const counts = new Uint32Array(1 << 17).map((_, at) => (at * 2_654_435_761) % 1_000_003);
  for (const [name, bytes] of [
    ["noise", opaqueBytes(1 << 20)],
    ["a program", readFileSync(process.execPath).subarray(0, 1 << 23)],
    ["text", readFileSync(new URL("../../../package-lock.json", import.meta.url))],
    ["doubles", new Uint8Array(floats.buffer)],
    ["sound", new Uint8Array(sound.buffer)],
    ["pointers", new Uint8Array(pointers.buffer)],
    ["counts", new Uint8Array(counts.buffer)],
    ["nothing", new Uint8Array(1 << 16)],
  ] as const) {
    assert.ok(shareOf(bytes) < 0.1, `${name}: ${shareOf(bytes)}`);
  }
});
