import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import { containerOf, edgeBytes, isDense, isText, kindOfContainer } from "./container.ts";
import { endsWithFile } from "./container-end.ts";

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const edgesOf = (bytes: Uint8Array, size = bytes.length) => ({
  head: bytes.subarray(0, edgeBytes),
  tail: bytes.subarray(Math.max(0, bytes.length - edgeBytes)),
  size,
  at: (offset: number, length: number) => bytes.subarray(offset, offset + length),
});
const named = (text: string, size?: number) => containerOf(edgesOf(latin1(text), size));

test("models are named by their first bytes", () => {
  const cases: [string, string][] = [
    ["GGUF\x03\0\0\0rest", "gguf"],
    ["GGUF\0\0\0\x03rest", "gguf"],
    ["GGUFxxxxrest", "text"],
    [`\x10\0\0\0\0\0\0\0{"__metadata__"`, "opaque"],
    [`\x0e\0\0\0\0\0\0\0{"a":{}      }values`, "safetensors"],
    ["\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", "pytorch-legacy"],
    ["\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x18sklearn.linear_model._base\x94.", "pickle-model"],
    ["\x80\x04\x95\x10\0\0\0\0\0\0\0K\x01.", "pickle"],
    ["\x1c\0\0\0TFL3rest", "tflite"],
    ["\x89HDF\r\n\x1a\nrest", "hdf5"],
    [`${"\0".repeat(512)}\x89HDF\r\n\x1a\n`, "hdf5"],
    ["\x93NUMPY\x01\0", "npy"],
    ["\x08\x08\x12\x07pytorch\x1a\x031.9:\x04\x0a\x02\x12\0B\0", "onnx"],
    ["\x08\x08\x12\x07pytorch\x1a\x031.9:\x04\x7f\x02\x12\0B\0", "opaque"],
    ['{"learner":{"attributes":{}}}', "xgboost"],
    ["\x1f\x8b\x08\0\0\0\0\0", "gzip"],
    [`${"x".repeat(257)}ustar\x0000`, "tar"],
    ["plain words\n", "text"],
    ["", "empty"],
    ["\x01\x02\x03\x04", "opaque"],
  ];
  for (const [bytes, expected] of cases)
    assert.equal(named(bytes), expected, JSON.stringify(bytes));
});

/** A zip without any compression or checksum worth the name: only the directory matters here. */
function zipOf(...names: string[]): string {
  const short = (n: number) => String.fromCharCode(n & 255, n >> 8);
  const local = names.map((name) => `PK\x03\x04${"\0".repeat(22)}${short(name.length)}\0\0${name}`);
  const central = names.map(
    (name) => `PK\x01\x02${"\0".repeat(24)}${short(name.length)}${"\0".repeat(16)}${name}`,
  );
  return `${local.join("")}${central.join("")}PK\x05\x06${"\0".repeat(18)}`;
}

test("zips are told apart by the names in them, whatever was put before them", () => {
  assert.equal(named(zipOf("model/data.pkl", "model/data/0")), "pytorch-zip");
  assert.equal(
    named(`\x89PNG\r\n\x1a\n${"junk".repeat(9000)}${zipOf("m/data.pkl")}`),
    "pytorch-zip",
  );
  assert.equal(named(`MZqFpD${"\0".repeat(40000)}${zipOf("llama.gguf")}`), "llamafile");
  assert.equal(named(zipOf("w.npy", "b.npy")), "npz");
  assert.equal(named(zipOf("config.json", "model.weights.h5")), "keras-zip");
  assert.equal(named(zipOf("[Content_Types].xml")), "zip");
});

test("every name has a kind, and nothing unknown is plain", () => {
  assert.equal(kindOfContainer("safetensors"), "model");
  assert.equal(kindOfContainer("zip"), "carrier");
  assert.equal(kindOfContainer("png"), "plain");
  assert.equal(kindOfContainer("constructor"), "opaque");
});

test("real programs are seen to end where their file ends, and not with bytes behind them", () => {
  for (const path of [process.execPath, realPath("sh"), realPath("ls")]) {
    const bytes = readFileSync(path);
    const edges = edgesOf(bytes, statSync(path).size);
    assert.equal(containerOf(edges), "elf");
    assert.equal(endsWithFile("elf", edges), true, path);
    const longer = edgesOf(Buffer.concat([bytes, Buffer.alloc(1_000_000, 7)]));
    assert.equal(endsWithFile("elf", longer), false, path);
  }
});

test("a database and its log are seen to end where their files end, and not before", () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-container-"));
  try {
    const database = new DatabaseSync(join(folder, "d"));
    database.exec("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x)");
    database.exec("INSERT INTO t VALUES (randomblob(100000)), (randomblob(100000))");
    const log = readFileSync(join(folder, "d-wal"));
    database.exec("PRAGMA wal_checkpoint(FULL)");
    const main = readFileSync(join(folder, "d"));
    database.close();
    for (const [name, bytes] of [
      ["sqlite-wal", log],
      ["sqlite", main],
    ] as const) {
      assert.equal(containerOf(edgesOf(bytes)), name);
      assert.equal(endsWithFile(name, edgesOf(bytes)), true, name);
      const longer = edgesOf(Buffer.concat([bytes, Buffer.alloc(5000, 7)]));
      assert.equal(endsWithFile(name, longer), false, name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("text is text in any script; base64 is not prose", () => {
  assert.ok(isText(new TextEncoder().encode("naïve 模型\n\t\x1b[0m")));
  assert.ok(isText(new TextEncoder().encode("模型").subarray(1)), "cut at the start");
  assert.ok(!isText(latin1("a\0b")));
  assert.ok(!isText(latin1("abcdef\xff\xfe")));
  assert.ok(isDense(latin1("QUJDRA".repeat(300))));
  assert.ok(!isDense(latin1("All work and no play. ".repeat(100))));
});

test("hostile bytes get a name, quickly, and nothing throws", () => {
  const starts = fc.constantFrom(
    "GGUF",
    "PK\x03\x04",
    "\x7fELF\x02\x01",
    "\x08\x08",
    "\x80\x04",
    "",
  );
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 2000 }), fc.nat(), (start, rest, size) => {
      const bytes = Uint8Array.from([...latin1(start), ...rest]);
      const edges = edgesOf(bytes, Math.max(bytes.length, size));
      const container = containerOf(edges);
      assert.ok(container.length <= 32);
      assert.equal(typeof endsWithFile(container, edges), "boolean");
    }),
    { numRuns: process.env.SLOW === undefined ? 200 : 20_000 },
  );
});

function realPath(program: string): string {
  return execFileSync("sh", ["-c", `readlink -f "$(command -v ${program})"`])
    .toString()
    .trim();
}
