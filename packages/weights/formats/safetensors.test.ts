import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryReader, type Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import { safetensorsFile, sampleTensors, withHeader } from "../testing/model-files.ts";
import { openModel } from "./dispatch.ts";
import { readSafetensors } from "./safetensors.ts";
import { Stop } from "./stop.ts";

const zeros = (length: number): Uint8Array => new Uint8Array(length);

async function open(bytes: Uint8Array): Promise<Model> {
  const model = await openModel(memoryReader(bytes), {});
  assert(!("refused" in model), JSON.stringify(model));
  return model;
}

function codes(model: Model): string[] {
  return model.warnings.map(({ code }) => code);
}

test("a sound file raises nothing, and all of it is explained", async () => {
  const model = await open(safetensorsFile(sampleTensors()));
  assert.deepEqual(model.warnings, []);
  assert.equal(model.coverage.explained, model.coverage.total);
  assert.deepEqual(
    model.tensors.map(({ name }) => name),
    ["layer.weight", "layer.bias"],
  );
});

test("a key that comes twice is told, whichever of the two another reader takes", async () => {
  const entry = (at: number) => `{"dtype":"F32","shape":[2],"data_offsets":[${at},${at + 8}]}`;
  const model = await open(withHeader(`{"a":${entry(0)},"a":${entry(8)}}`, zeros(16)));
  assert(codes(model).includes("duplicate-name"));
});

test("overlapping tensors are told; the same run under two names is a tied weight", async () => {
  const header = (second: string) =>
    `{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},` +
    `"b":{"dtype":"F32","shape":[4],"data_offsets":${second}}}`;
  assert(codes(await open(withHeader(header("[8,24]"), zeros(24)))).includes("overlap"));
  assert(!codes(await open(withHeader(header("[0,16]"), zeros(16)))).includes("overlap"));
});

test("bytes that no tensor claims are a hole", async () => {
  const header = `{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`;
  const model = await open(withHeader(header, zeros(20_016)));
  assert(codes(model).includes("hole"));
  assert.equal(model.coverage.holes[0]!.length, 20_000);
});

test("one bad entry does not hide the others", async () => {
  const bad = [
    `{"dtype":"F32","shape":[99],"data_offsets":[16,999999]}`,
    `{"dtype":"F32","shape":[1e300],"data_offsets":[16,32]}`,
    `{"dtype":"F32","shape":[-4],"data_offsets":[16,32]}`,
    `{"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[16,32]}`,
    `{"dtype":"F32","shape":[4],"data_offsets":[32,16]}`,
    `{"dtype":"F32","shape":[4]}`,
    "[]",
    "null",
  ];
  for (const entry of bad) {
    const good = `{"dtype":"F32","shape":[4],"data_offsets":[0,16]}`;
    const model = await open(withHeader(`{"bad":${entry},"good":${good}}`, zeros(32)));
    assert.deepEqual(
      model.tensors.map(({ name }) => name),
      ["good"],
      entry,
    );
    assert(codes(model).includes("wrong-length"), entry);
  }
});

test("an unknown type keeps its bytes as an opaque tensor", async () => {
  const model = await open(
    withHeader(`{"a":{"dtype":"F12","shape":[4],"data_offsets":[0,6]}}`, zeros(6)),
  );
  assert.equal(model.tensors[0]!.type, "OPAQUE");
  assert.deepEqual(codes(model), ["unknown-type"]);
});

test("a header length past the file, past the cap or past 2^53 is refused unread", async () => {
  for (const length of [17n, 100_000_001n, 2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = safetensorsFile({});
    new DataView(bytes.buffer).setBigUint64(0, length, true);
    let longest = 0;
    const reader: Reader = {
      size: 200_000_000,
      read(_, count) {
        longest = Math.max(longest, count);
        return bytes.slice(0, count);
      },
    };
    if (length === 17n) continue;
    await assert.rejects(() => readSafetensors(reader), Stop);
    assert(longest <= 8);
  }
});

test("names are made inert and stay distinct", async () => {
  const entry = `{"dtype":"U8","shape":[1],"data_offsets":[0,1]}`;
  const names = ["a\\u0000", "a\\n", "\\u202eevil", "\\u001b[2J", "a\\\\u{0}"];
  const header = `{${names.map((name) => `"${name}":${entry}`).join(",")}}`;
  const model = await open(withHeader(header, zeros(1)));
  const shown = model.tensors.map(({ name }) => name);
  assert.equal(new Set(shown).size, names.length);
  for (const name of shown) assert.match(name, /^[ -~]+$/);
});

test("shards are found by name or by index; missing and forbidden ones are told", async () => {
  const [first, second] = Object.entries(sampleTensors()).map(([name, tensor]) =>
    safetensorsFile({ [name]: tensor }),
  );
  const asked: string[] = [];
  const siblings = (name: string) => {
    asked.push(name);
    return name === "m-00002-of-00003.safetensors" ? memoryReader(second!) : undefined;
  };
  const name = "m-00001-of-00003.safetensors";
  const sharded = await openModel(memoryReader(first!), { name, siblings });
  assert(!("refused" in sharded));
  assert.equal(sharded.tensors.length, 2);
  assert.deepEqual(codes(sharded), ["missing-part"]);
  const map = `{"weight_map":{"a":"../../etc/passwd","b":"/etc/shadow","c":"C:\\\\x","d":"gone"}}`;
  asked.length = 0;
  const indexed = await openModel(memoryReader(Buffer.from(map)), { siblings });
  assert(!("refused" in indexed));
  assert.deepEqual(asked, ["gone"]);
  assert.equal(codes(indexed).filter((code) => code === "path-refused").length, 3);
});

test("the two ways to read a header agree on every header that fits both", async () => {
  const entry = (shape: string, from: number, to: number) =>
    `{"dtype":"F32","shape":[${shape}],"data_offsets":[${from},${to}]}`;
  const headers = [
    `{"a":${entry("2,2", 0, 16)},"b":${entry("", 16, 20)},"c":${entry("0", 20, 20)}}   `,
    `{"__metadata__":{"format":"pt","x":"a b"},"a":${entry("5", 0, 20)}}`,
    `{"a":${entry("5", 0, 20)},"__metadata__":{"format":"pt"}}`,
    `{"__metadata__":{},"a":${entry("5", 0, 20)}}`,
    `{"a":${entry("1", 0, 4)},"a":${entry("1", 4, 8)}}`,
    `{"__metadata__":{"a":"1","a":"2"},"a":${entry("5", 0, 20)}}`,
    `{"a":{"dtype":"F99","shape":[5],"data_offsets":[0,20]}}`,
    `{"a":${entry("5", 20, 0)},"b\\u0041":${entry("1", 0, 4)}}`,
    `{"__proto__":${entry("5", 0, 20)},"constructor":${entry("1", 0, 4)}}`,
    `{"a":${entry("05", 0, 20)}}`,
    `{"a":${entry("5,", 0, 20)}}`,
    `{"a":${entry("5", 0, 20)},}`,
    `{"a":${entry("5", 0, 20)}}x`,
    `{"é":${entry("5", 0, 20)}}`,
  ];
  for (const header of headers) {
    // A space at its beginning is JSON too, but no writer's.
    const told = await openModel(memoryReader(withHeader(header, zeros(20))), {});
    const slow = await openModel(memoryReader(withHeader(`{ ${header.slice(1)}`, zeros(20))), {});
    if ("refused" in told || "refused" in slow) {
      assert.deepEqual("refused" in told, "refused" in slow, header);
      continue;
    }
    const facts = ({ tensors, metadata, warnings }: Model) => ({
      tensors: tensors.map(({ data, ...rest }) => ({ ...rest, length: data.length })),
      ...{ metadata, warnings: warnings.map(({ code }) => code) },
    });
    assert.deepEqual(facts(told), facts(slow), header);
  }
});
