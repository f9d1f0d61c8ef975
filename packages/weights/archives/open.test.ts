import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import zlib from "node:zlib";
import { zipSync } from "fflate/browser";
import { openModel } from "../formats/dispatch.ts";
import { memoryReader } from "../reader.ts";
import { safetensorsFile, sampleTensors } from "../testing/model-files.ts";
import { usualLimits } from "./budget.ts";
import { type Inner, membersOf, type Trouble } from "./open.ts";

const model = safetensorsFile(sampleTensors());

async function contents(
  bytes: Uint8Array,
  limits = usualLimits,
): Promise<{ members: string[]; models: string[]; troubles: string[] }> {
  const members: string[] = [];
  const models: string[] = [];
  const troubles: string[] = [];
  for await (const found of membersOf(memoryReader(bytes), { limits })) {
    const path = found.path.join(" > ");
    if (found.kind === "trouble") {
      troubles.push(`${path}: ${found.refused.refused}`);
      continue;
    }
    members.push(path);
    const opened = await openModel(found.reader, {});
    if (!("refused" in opened)) models.push(`${path} ${opened.format} ${await valuesOf(found)}`);
  }
  return { members, models, troubles };
}

/** True values read through the archive, or what differs. */
async function valuesOf(found: Inner | Trouble): Promise<string> {
  assert(found.kind === "member");
  const read = await found.reader.read(0, model.length);
  return Buffer.compare(read, model) === 0 ? "intact" : "damaged";
}

function tarOf(files: Record<string, Uint8Array>, ...flags: string[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "writ-tar-"));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    const run = spawnSync("tar", ["-c", ...flags, ...Object.keys(files)], {
      cwd: folder,
      maxBuffer: 2 ** 28,
    });
    assert.equal(run.status, 0, String(run.stderr));
    return new Uint8Array(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const longName = `${"deep-".repeat(40)}.bin`;
for (const format of ["ustar", "gnu", "pax"]) {
  test(`a model in a tar written as ${format} is found, whatever its name`, async () => {
    const name = format === "ustar" ? "a.log" : longName;
    const tar = tarOf({ "readme.txt": Buffer.from("hello"), [name]: model }, `--format=${format}`);
    const found = await contents(tar);
    assert.deepEqual(found.models, [`${name} safetensors intact`]);
    assert.equal(found.members.length, 2);
    assert.deepEqual(found.troubles, []);
  });
}

const wrappings: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
  zip: (bytes) => zipSync({ "x.png": bytes }),
  "stored zip": (bytes) => zipSync({ "x.png": bytes }, { level: 0 }),
  "tar of gzip": (bytes) => tarOf({ "b.tgz": zlib.gzipSync(bytes) }),
  "gzip of tar": (bytes) => zlib.gzipSync(tarOf({ "c.bin": bytes, "d.txt": Buffer.from("d") })),
  "zstd of tar of zip": (bytes) => zlib.zstdCompressSync(tarOf({ e: zipSync({ f: bytes }) })),
  "gzip of gzip": (bytes) => zlib.gzipSync(zlib.gzipSync(bytes)),
};
for (const [name, wrap] of Object.entries(wrappings)) {
  test(`a model inside ${name} is identical inside`, async () => {
    const { models, troubles } = await contents(wrap(model));
    assert.equal(models.length, 1);
    assert.match(models[0]!, /safetensors intact$/);
    assert.deepEqual(troubles, []);
  });
}

test("xz, with the tool where there is one", async (t) => {
  const packed = spawnSync("xz", ["-c"], { input: model });
  if (packed.error !== undefined) return t.skip("no xz on this machine");
  const { models } = await contents(new Uint8Array(packed.stdout));
  assert.deepEqual(models, ["xz safetensors intact"]);
});

test("a bomb is refused by its ratio, within bounded memory", async () => {
  const bomb = zlib.gzipSync(zlib.gzipSync(Buffer.alloc(200_000_000)));
  const { troubles } = await contents(bomb);
  assert.deepEqual(troubles, ["gzip: oversized"]);
});

test("archives nested past the limit are told, not entered", async () => {
  let bytes: Uint8Array = model;
  for (let depth = 0; depth < 9; depth += 1) bytes = zlib.gzipSync(bytes);
  const { troubles, models } = await contents(bytes);
  assert.equal(models.length, 0);
  assert.equal(troubles.length, 1);
  assert.match(troubles[0]!, /oversized$/);
});

test("a truncated archive yields what there is, and says that it is cut", async () => {
  const packed = zlib.gzipSync(tarOf({ "a.bin": model, "z.bin": Buffer.alloc(500_000, 7) }));
  const { models } = await contents(packed.subarray(0, packed.length - 300));
  assert.deepEqual(models, ["gzip > a.bin safetensors intact"]);
});
