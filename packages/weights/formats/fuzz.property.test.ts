/**
 * Malformed model files, made from valid ones of every format: flipped bits, absurd lengths, cuts,
 * splices, repetitions. Whatever comes, opening yields a model or a refusal, in bounded time and
 * memory, and what a model says it holds can be read. `SLOW=1` runs a million cases, `CASES=n`
 * as many; a failure prints the seed and the case, which `FUZZ=seed:case` runs again alone.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import zlib from "node:zlib";
import { usualLimits } from "../archives/budget.ts";
import { membersOf } from "../archives/open.ts";
import { BeyondEnd, memoryReader, type Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import { treeVectorNames, vectorBytes, vectorNames, vectorOptions } from "../testing/files.ts";
import { openModel } from "./dispatch.ts";
import { Stop } from "./stop.ts";

const cases = Number(process.env.CASES ?? (process.env.SLOW === "1" ? 1_000_000 : 20_000));

/** Of the processor, garbage collection too: the machine may be busy with something else. */
const caseMillisecondsMax = 3_000;

/** Bytes that one case may have asked the reader for: reading is how memory is used. */
const readBytesMax = 64_000_000;

/** In use at any sampled time, once garbage is collected. */
const memoryBytesMax = 300_000_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes in use. When much of it may be garbage, that is collected first. */
function bytesInUse(): number {
  const sum = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  if (sum() < memoryBytesMax / 2) return sum();
  collectGarbage();
  return sum();
}

type Random = () => number;

/** mulberry32: a seed names a run. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

const numbers = [
  ...[0n, 1n, 2n, 7n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x1_0000n, 0x7fff_ffffn],
  ...[0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n],
  ...[2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 8n, 100_000_000n, 4_096n, 65_535n],
];

function putNumber(bytes: Uint8Array, at: number, random: Random): void {
  const width = [1, 2, 4, 8][below(random, 4)]!;
  const little = random() < 0.8;
  let number = numbers[below(random, numbers.length)]!;
  for (let k = 0; k < width; k += 1, number >>= 8n) {
    const to = at + (little ? k : width - 1 - k);
    if (to < bytes.length) bytes[to] = Number(number & 0xffn);
  }
}

/** Headers matter most: half of all places are in the first kilobyte or the last. */
function placeIn(bytes: Uint8Array, random: Random): number {
  const choice = random();
  const near = Math.min(bytes.length, 1_024);
  if (choice < 0.35) return below(random, near);
  if (choice < 0.5) return bytes.length - 1 - below(random, near);
  return below(random, bytes.length);
}

function mutated(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = placeIn(bytes, random);
  const length = 1 + below(random, 1 << below(random, 11));
  switch (below(random, 9)) {
    case 0:
    case 1:
      bytes[at] = bytes[at]! ^ (1 << below(random, 8));
      return bytes;
    case 2:
    case 3:
      putNumber(bytes, at, random);
      return bytes;
    case 4:
      return bytes.slice(0, at);
    case 5: {
      const other = others[below(random, others.length)]!;
      const from = below(random, other.length);
      bytes.set(other.subarray(from, from + Math.min(length, bytes.length - at)), at);
      return bytes;
    }
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(at + length));
    case 7:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length)));
    default: {
      // Digits of a JSON or Python header turned into others.
      for (let k = at; k < Math.min(bytes.length, at + length); k += 1) {
        if (bytes[k]! >= 0x30 && bytes[k]! <= 0x39) bytes[k] = 0x30 + below(random, 10);
      }
      return bytes;
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** Counts what is read, and refuses to hand out more than a case may need. */
function meteredReader(bytes: Uint8Array): Reader {
  const reader = memoryReader(bytes);
  let read = 0;
  return {
    size: reader.size,
    read(offset, length) {
      read += length;
      assert(read < readBytesMax, "a case that reads without end");
      return reader.read(offset, length);
    },
  };
}

/** Reads what the model says it holds; a refusal there (a broken chunk) is as good as any. */
async function readSome(model: Model): Promise<void> {
  for (const tensor of model.tensors.slice(0, 4)) {
    const { part, offset, length } = tensor.data;
    const { reader } = model.parts[part]!;
    assert(offset >= 0 && length >= 0 && offset + length <= reader.size, tensor.name);
    try {
      const bytes = await reader.read(offset, Math.min(length, 4_096));
      assert.equal(bytes.length, Math.min(length, 4_096));
    } catch (error) {
      if (!(error instanceof Stop || error instanceof BeyondEnd)) throw error;
    }
  }
}

async function runCase(seeds: readonly Seed[], number: number, seed: number): Promise<boolean> {
  const random = randomOf(seed + number * 7_919);
  const chosen = seeds[number % seeds.length]!;
  const others = seeds.map(({ bytes }) => bytes);
  let bytes = chosen.bytes.slice();
  for (let count = 1 + below(random, 4); count > 0; count -= 1) {
    bytes = mutated(bytes, others, random).slice();
  }
  const started = process.cpuUsage();
  let understood = false;
  if (chosen.archive) {
    for await (const found of membersOf(meteredReader(bytes), { limits: usualLimits })) {
      if (found.kind !== "member") continue;
      const opened = await openModel(found.reader, {});
      if (!("refused" in opened)) await readSome(opened);
      understood = true;
    }
  } else {
    const opened = await openModel(meteredReader(bytes), vectorOptions(chosen.name));
    if (!("refused" in opened)) {
      await readSome(opened);
      understood = true;
    }
  }
  const { user, system } = process.cpuUsage(started);
  const took = (user + system) / 1_000;
  assert(took < caseMillisecondsMax, `took ${took} ms`);
  return understood;
}

type Seed = { readonly name: string; readonly bytes: Uint8Array; readonly archive: boolean };

function seedsOf(): readonly Seed[] {
  const names = [...vectorNames(), ...treeVectorNames()];
  const models = names.map((name) => ({ name, bytes: vectorBytes(name), archive: false }));
  const small = vectorBytes("half.safetensors");
  const zip = vectorBytes("deflated.pt");
  const archives = [
    { name: "gzip", bytes: zlib.gzipSync(small) },
    { name: "zstd", bytes: zlib.zstdCompressSync(vectorBytes("plain.gguf")) },
    { name: "gzip of zip", bytes: zlib.gzipSync(zip) },
    { name: "tar", bytes: tarOf("model.bin", small) },
    { name: "gzip of tar", bytes: zlib.gzipSync(tarOf("a/b.pt", zip)) },
    { name: "xz", bytes: xzVector },
  ];
  return [...models, ...archives.map((seed) => ({ ...seed, archive: true }))];
}

/** `xz -9e` of 67 bytes of text. */
const xzVector = new Uint8Array(
  Buffer.from(
    "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4ABCADNdADuZSXHqpqB1rk2alHUGyXoH45OaWv/TpOy66bbEYL7F2+lZUrx4TDR4MVNWGl9Q6EJiIAAALeTMSnZaTJoAAU9Dy/ayuB+2830BAAAAAARZWg==",
    "base64",
  ),
);

function tarOf(name: string, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write("0000644\0", 100);
  header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  header.fill(32, 148, 156);
  header.write("0ustar\x0000", 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padding = Buffer.alloc(1_024 + ((512 - (bytes.length % 512)) % 512));
  return Buffer.concat([header, bytes, padding]);
}

test(`${cases} malformed files crash nothing, hang nothing, fill no memory`, async (t) => {
  const seeds = seedsOf();
  const [again, only] = (process.env.FUZZ ?? "").split(":");
  const seed = again ? Number(again) : Date.now() % 1_000_000_007;
  let understood = 0;
  let peakBytes = 0;
  const started = performance.now();
  for (let number = only ? Number(only) : 0; number < cases; number += 1) {
    try {
      if (await runCase(seeds, number, seed)) understood += 1;
    } catch (error) {
      const { name } = seeds[number % seeds.length]!;
      throw new Error(`FUZZ=${seed}:${number} (${name})`, { cause: error });
    }
    if (only) break;
    if (number % 256 === 0) {
      peakBytes = Math.max(peakBytes, bytesInUse());
    }
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const megabytes = Math.round(peakBytes / 1_000_000);
  t.diagnostic(`seed ${seed}: ${understood} of ${cases} still understood`);
  t.diagnostic(`${seconds} s, at most ${megabytes} MB in use`);
  if (only) return;
  // A fuzzer whose files are all refused at the first byte tests nothing, and so does one whose
  // files are all still good.
  assert(understood > cases / 10 && understood < (cases * 9) / 10);
  assert(peakBytes < memoryBytesMax, `${megabytes} MB in use`);
});
