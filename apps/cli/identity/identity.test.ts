/** What `identify` and `fingerprint` say of files on a disk: the commands themselves are run. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  makeModel,
  noiseBytes,
  safetensorsOf,
  smallConfig,
  transform,
  transformations,
} from "@writ/weights/testing";
import { freshFolder } from "../../../packages/node/testing/folder.ts";
import { runProgram } from "../program.ts";
import { fakeShell } from "../testing/fake-shell.ts";

const config = { ...smallConfig, layers: 2, vocabulary: 400 };
const original = makeModel(config, 61);
const whole = safetensorsOf(original);
const folder = freshFolder();
const at = (...names: readonly string[]) => join(folder, ...names);

type Told = {
  readonly path: string;
  readonly inside?: readonly string[];
  readonly format: string;
  readonly verdict: string;
  readonly match: string | null;
  readonly completeness: number;
  readonly error: { readonly pValue?: number; readonly bound?: number };
  readonly evidence: readonly { readonly kind: string; readonly detail: string }[];
};

async function writ(...words: readonly string[]) {
  const shell = fakeShell();
  const code = await runProgram(shell, [...words, "--data", at("home")]);
  return { code, out: shell.said.out, notes: shell.said.notes };
}

async function identified(...words: readonly string[]): Promise<readonly Told[]> {
  const { code, out } = await writ("identify", "--json", ...words);
  assert.equal(code, 0, out);
  return JSON.parse(out);
}

function made(name: string) {
  const transformation = transformations.find((one) => one.name === name)!;
  return transform(transformation, original, config);
}

/** A ustar of files. */
function tarOf(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of files) {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write("0000644\0", 100);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.fill(32, 148, 156);
    header.write("0ustar\x0000", 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    parts.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function shardsOf(where: string): readonly (readonly [string, Uint8Array])[] {
  const half = Math.floor(original.length / 2);
  return [original.slice(0, half), original.slice(half)].map((tensors, i) => [
    join(where, `model-0000${i + 1}-of-00002.safetensors`),
    safetensorsOf(tensors),
  ]);
}

before(() => {
  for (const name of ["known", "seen", "shards", "plain"]) mkdirSync(at(name));
  writeFileSync(at("known", "llama.safetensors"), whole);
  writeFileSync(at("known", "other.safetensors"), safetensorsOf(makeModel(config, 62)));
  writeFileSync(at("seen", "holiday.jpg"), whole);
  writeFileSync(at("seen", "renamed.log"), safetensorsOf(made("reordered")));
  writeFileSync(at("seen", "stranger"), safetensorsOf(makeModel(config, 63)));
  writeFileSync(at("seen", "tuned.bin"), safetensorsOf(made("fine-tuned 1 %")));
  writeFileSync(at("seen", "noise"), noiseBytes(500_000, 5));
  writeFileSync(at("seen", "notes.txt"), "nothing to see\n".repeat(10_000));
  for (const [name, bytes] of shardsOf("")) writeFileSync(at("shards", name), bytes);
  writeFileSync(at("part.1"), whole.subarray(0, 500_003));
  writeFileSync(at("part.2"), whole.subarray(500_003));
  const image = noiseBytes(700_001, 9);
  writeFileSync(at("disk.img"), Buffer.concat([image, whole, image]));
  const layer = tarOf([["srv/model.bin", whole]]);
  writeFileSync(at("image.tar"), tarOf([["a/layer.tar.gz", gzipSync(layer)]]));
  writeFileSync(at("shards.tar.zst"), zstdCompressSync(tarOf(shardsOf("weights"))));
  symlinkSync(at("seen", "holiday.jpg"), at("plain", "link.safetensors"));
});

const by = (told: readonly Told[], name: string) => told.find(({ path }) => path === at(name))!;

test("a folder against a folder: names play no part, and what is no model is no model", async () => {
  const told = await identified(at("seen"), "--against", at("known"));
  const seen = told.map(({ path, verdict, match }) => [path, verdict, match]);
  assert.deepEqual(seen.sort(), [
    [at("seen/holiday.jpg"), "identical", "llama.safetensors"],
    [at("seen/renamed.log"), "same-values", "llama.safetensors"],
    [at("seen/stranger"), "unrelated", null],
    [at("seen/tuned.bin"), "fine-tuned", "llama.safetensors"],
  ]);
  assert.deepEqual(by(told, "seen/holiday.jpg").error, { bound: 0 });
  assert.deepEqual(by(told, "seen/renamed.log").error, { bound: 0 });
  assert.ok(by(told, "seen/tuned.bin").error.pValue! < 1e-9);
});

test("weights of no known format are known in a folder by their bytes and pieces; texts are not", async () => {
  const bytes = noiseBytes(400_000, 7);
  mkdirSync(at("opaque/seen"), { recursive: true });
  mkdirSync(at("opaque/known"));
  writeFileSync(at("opaque/known/osd.traineddata"), bytes);
  writeFileSync(at("opaque/known/notes.txt"), "Minutes of the board.\n".repeat(20_000));
  writeFileSync(at("opaque/seen/photo.jpg"), bytes);
  writeFileSync(at("opaque/seen/half"), bytes.subarray(0, 250_000));
  writeFileSync(at("opaque/seen/other"), noiseBytes(400_000, 8));
  const told = await identified(at("opaque/seen"), "--against", at("opaque/known"));
  const seen = told.map(({ path, verdict, match }) => [path, verdict, match]);
  assert.deepEqual(seen.sort(), [
    [at("opaque/seen/half"), "fragment", "osd.traineddata"],
    [at("opaque/seen/photo.jpg"), "identical", "osd.traineddata"],
  ]);
});

test("shards are one model, on disk and in an archive, from whichever of them one begins", async () => {
  for (const path of ["shards", "shards/model-00002-of-00002.safetensors", "shards.tar.zst"]) {
    const told = await identified(at(path), "--against", at("known/llama.safetensors"));
    assert.equal(told.length, 1, JSON.stringify(told));
    const [only] = told;
    assert.deepEqual([only!.verdict, only!.completeness], ["same-values", 1], path);
    assert.deepEqual(only!.error, { bound: 0 });
  }
});

test("one shard alone is a fragment", async () => {
  writeFileSync(at("alone.bin"), shardsOf("")[1]![1]);
  const [only] = await identified(at("alone.bin"), "--against", at("known"));
  assert.equal(only!.verdict, "fragment");
  assert.ok(only!.completeness > 0.1 && only!.completeness < 0.9);
});

test("a model in a layer of an image is found, with the way to it", async () => {
  const [only, ...more] = await identified(at("image.tar"), "--against", at("known"));
  assert.deepEqual(more, []);
  assert.deepEqual([only!.verdict, only!.match], ["identical", "llama.safetensors"]);
  assert.deepEqual(only!.inside, ["a/layer.tar.gz", "gzip", "srv/model.bin"]);
});

test("pieces of a split file, and a disk image that holds one, are fragments with coverage", async () => {
  const paths = ["part.1", "part.2", "disk.img"].map((name) => at(name));
  const told = await identified(...paths, "--against", at("known"));
  assert.deepEqual(
    told.map(({ verdict, match }) => `${verdict} ${match}`),
    new Array(3).fill("fragment llama.safetensors"),
    JSON.stringify(told),
  );
  assert.ok(by(told, "disk.img").completeness > 0.9);
  const both = by(told, "part.1").completeness + by(told, "part.2").completeness;
  assert.ok(both > 0.8 && both < 1.05, String(both));
});

test("an enrolment record knows the model again, and only under its key", async () => {
  const record = at("llama.fingerprint");
  const made = await writ(
    ...["fingerprint", at("known/llama.safetensors"), "--out", record, "--name", "llama"],
  );
  assert.equal(made.code, 0, made.notes);
  assert.ok(readFileSync(record).length < 2_000_000);
  const told = await identified(at("seen"), at("disk.img"), "--against", record);
  const seen = told.map(({ verdict }) => verdict).sort();
  const expected = ["fine-tuned", "fragment", "identical", "same-values", "unrelated"];
  assert.deepEqual(seen, expected, JSON.stringify(told));
  writeFileSync(at("other.key"), `${"ab".repeat(32)}\n`, { mode: 0o600 });
  const other = await writ(
    ...["identify", at("seen"), "--against", record, "--key", at("other.key"), "--json"],
  );
  assert.equal(other.code, 1);
  assert.match(other.out, /"code":"wrong-estate"/);
  writeFileSync(at("open.key"), `${"ab".repeat(32)}\n`, { mode: 0o644 });
  const open = await writ("identify", at("seen"), "--against", record, "--key", at("open.key"));
  assert.match(open.notes, /exposed-key/);
});

test("a special file is not opened but named; a broken header is told for what it is", async () => {
  execFileSync("mkfifo", [at("pipe")]);
  const pipe = await writ("identify", at("pipe"), "--json");
  assert.equal(pipe.code, 1);
  assert.match(pipe.notes, /not read: .*pipe: no regular file/);
  writeFileSync(at("lie.gguf"), Buffer.from("4747554603000000ffffffffffffff7f", "hex"));
  const [lie] = await identified(at("lie.gguf"));
  assert.equal(lie?.verdict, "cannot-tell");
  assert.match(JSON.stringify(lie?.evidence), /its structure cannot be read/);
});

test("a link is one more name, not one more model", async () => {
  const told = await identified(at("plain"), at("seen", "holiday.jpg"), "--against", at("known"));
  assert.equal(told.length, 1);
});

test("a person reads a table, and why below it; a pipe gets no colour", async () => {
  const { out } = await writ("identify", at("seen"), "--against", at("known"));
  assert.match(out, /^verdict +match +held +error +format +size +path\n/);
  assert.match(out, /identical +llama\.safetensors +100 % +exact +safetensors BF16/);
  assert.match(out, /stretches agree at keyed places/);
  assert.doesNotMatch(out, new RegExp(String.fromCharCode(27)));
});

test("what is not there, or holds nothing to compare with, is said with a hint", async () => {
  const missing = await writ("identify", at("nowhere"), "--json");
  assert.equal(missing.code, 1);
  assert.match(missing.out, /"code":"no-file"/);
  const empty = await writ("identify", at("seen"), "--against", at("seen/notes.txt"));
  assert.match(empty.notes, /no models and no enrolment records[\s\S]*hint: make a record/);
  const usage = await writ("identify");
  assert.equal(usage.code, 2);
});

test("an archive that is cut short is told, and what came before it is still seen", async () => {
  const packed = gzipSync(
    tarOf([
      ["a", whole],
      ["b", noiseBytes(400_000, 3)],
    ]),
  );
  writeFileSync(at("cut.tar.gz"), packed.subarray(0, packed.length - 100_000));
  const shell = fakeShell();
  const words = ["identify", at("cut.tar.gz"), "--against", at("known"), "--json"];
  assert.equal(await runProgram(shell, words), 1);
  assert.equal(JSON.parse(shell.said.out)[0].verdict, "identical");
  assert.match(shell.said.notes, /not read: .*cut\.tar\.gz/);
});

test("a file that was asked about gets an answer, also if it is no model that can be read", async () => {
  const hidden = whole.map((byte, at) => byte ^ (at % 251) ^ 0x5a);
  writeFileSync(at("xored"), hidden);
  const [told, ...more] = await identified(at("xored"), "--against", at("known"));
  assert.deepEqual([told?.verdict, told?.match, more.length], ["cannot-tell", null, 0]);
  assert.match(JSON.stringify(told?.evidence), /bits a byte; none of its \d+ chunks/);
  assert.equal((await identified(at("xored"))).length, 1, "and with nothing to compare it with");
  mkdirSync(at("folder"), { recursive: true });
  writeFileSync(at("folder/xored"), hidden);
  assert.deepEqual(await identified(at("folder"), "--against", at("known")), []);
});
