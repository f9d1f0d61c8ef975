/**
 * BLAKE3 (the BLAKE3 paper, 2020), keyed, four chunks or four parents side by side in 128-bit
 * lanes. Short inputs and the last, partial chunk go through the plain implementation's
 * compression.
 */
import type { KeyedHash } from "../xet-hash.ts";
import { keyedBlake3 } from "../xet-hash.ts";
import { type Code, type KernelFunction, op, start } from "./assembler.ts";
import { compress, flags, initial } from "./blake3-compress.ts";

const chunkBytes = 1024;
const blockBytes = 64;
const lanes = 4;

/** Memory: key, then chaining values out, then chaining values in, then bytes of the input. */
const keyAt = 0;
const outAt = 64;
const inAt = 8192;
const pages = 5;
/** Input beyond this goes through the plain implementation; a Xet chunk has at most half of it. */
const inputMax = 262_144;

/** Order of message words in the seven rounds. */
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

// Locals: parameters from, stride, blocks, out, counter, first, last, always; then vectors.
const local = {
  ...{ from: 0, stride: 1, blocks: 2, out: 3, counter: 4, first: 5, last: 6, always: 7 },
  ...{ block: 8, chaining: 9, state: 17, message: 33, spare: 49 },
} as const;

const rotate16 = [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13];
const rotate8 = [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12];

/** Rotates the vector on the stack right by bits. */
function rotate(bits: number): Code {
  if (bits === 16 || bits === 8) {
    const order = bits === 16 ? rotate16 : rotate8;
    return [...op.tee(local.spare), ...op.get(local.spare), ...op.shuffle(order)];
  }
  return [
    ...[...op.tee(local.spare), ...op.i32(bits), ...op.shr],
    ...[...op.get(local.spare), ...op.i32(32 - bits), ...op.shl, ...op.or],
  ];
}

/** a += b (+ message word); d = (d ^ a) >>> bits */
function half(a: number, b: number, d: number, word: number | undefined, bits: number): Code {
  return [
    ...[...op.get(local.state + a), ...op.get(local.state + b), ...op.add],
    ...(word === undefined ? [] : [...op.get(local.message + word), ...op.add]),
    ...op.tee(local.state + a),
    ...[...op.get(local.state + d), ...op.xor, ...rotate(bits), ...op.set(local.state + d)],
  ];
}

function mix(a: number, b: number, c: number, d: number, x: number, y: number): Code {
  return [
    ...half(a, b, d, x, 16),
    ...half(c, d, b, undefined, 12),
    ...half(a, b, d, y, 8),
    ...half(c, d, b, undefined, 7),
  ];
}

function rounds(): Code {
  const code: number[] = [];
  let words = Array.from({ length: 16 }, (_, i) => i);
  for (let round = 0; round < 7; round += 1) {
    for (let k = 0; k < 4; k += 1) {
      code.push(...mix(k, 4 + k, 8 + k, 12 + k, words[2 * k]!, words[2 * k + 1]!));
    }
    for (let k = 0; k < 4; k += 1) {
      const [b, c, d] = [4 + ((k + 1) % 4), 8 + ((k + 2) % 4), 12 + ((k + 3) % 4)];
      code.push(...mix(k, b, c, d, words[8 + 2 * k]!, words[9 + 2 * k]!));
    }
    words = permutation.map((from) => words[from]!);
  }
  return code;
}

/** Four vectors of locals turned about their diagonal, through 16 bytes each. */
function transpose(first: number): Code {
  const low = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
  const high = low.map((lane) => lane + 8);
  const lowHalves = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const highHalves = lowHalves.map((lane) => lane + 8);
  const join = (a: number, b: number, order: readonly number[], to: number): Code => [
    ...[...op.get(a), ...op.get(b), ...op.shuffle(order), ...op.set(to)],
  ];
  const [a, b, c, d] = [first, first + 1, first + 2, first + 3];
  const s = local.spare;
  return [
    ...join(a, b, low, s),
    ...join(a, b, high, s + 1),
    ...join(c, d, low, s + 2),
    ...join(c, d, high, s + 3),
    ...join(s, s + 2, lowHalves, a),
    ...join(s, s + 2, highHalves, b),
    ...join(s + 1, s + 3, lowHalves, c),
    ...join(s + 1, s + 3, highHalves, d),
  ];
}

/** Loads the block of each lane and turns it, so that a local holds one word of all four. */
function loadMessage(): Code {
  const code: number[] = [];
  for (let quarter = 0; quarter < 4; quarter += 1) {
    for (let lane = 0; lane < lanes; lane += 1) {
      code.push(...op.get(local.from));
      for (let k = 0; k < lane; k += 1) code.push(...op.get(local.stride), ...op.i32Add);
      code.push(...op.load(16 * quarter), ...op.set(local.message + 4 * quarter + lane));
    }
    code.push(...transpose(local.message + 4 * quarter));
  }
  return code;
}

const each8 = (code: (k: number) => Code): Code =>
  Array.from({ length: 8 }, (_, k) => code(k)).flat();

const setState: Code = [
  ...each8((k) => [...op.get(local.chaining + k), ...op.set(local.state + k)]),
  ...initial
    .slice(0, 4)
    .flatMap((word, k) => [
      ...op.constant([word, word, word, word]),
      ...op.set(local.state + 8 + k),
    ]),
  // Chunks have ascending counters; parents have counter zero, told by a negative parameter.
  ...[...op.get(local.counter), ...op.splat, ...op.constant([0, 1, 2, 3]), ...op.add],
  ...op.constant([0, 0, 0, 0]),
  ...[...op.get(local.counter), ...op.i32(0x7fff_ffff), ...op.i32LessUnsigned],
  ...[...op.select, ...op.set(local.state + 12)],
  ...[...op.constant([0, 0, 0, 0]), ...op.set(local.state + 13)],
  ...[...op.constant([64, 64, 64, 64]), ...op.set(local.state + 14)],
  ...op.get(local.always),
  // The first block's flag, then the last block's.
  ...[...op.get(local.first), ...op.i32(0), ...op.get(local.block), ...op.i32Eqz, ...op.select],
  ...op.i32Or,
  ...[...op.get(local.last), ...op.i32(0)],
  ...[...op.get(local.block), ...op.i32(1), ...op.i32Add, ...op.get(local.blocks), ...op.i32Sub],
  ...[...op.i32Eqz, ...op.select, ...op.i32Or, ...op.splat, ...op.set(local.state + 15)],
];

const many: KernelFunction = {
  name: "many",
  parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"],
  results: [],
  locals: ["i32", ...new Array<"v128">(8 + 16 + 16 + 4).fill("v128")],
  body: [
    each8((k) => [...op.i32(keyAt), ...op.loadSplat(4 * k), ...op.set(local.chaining + k)]),
    [...op.i32(0), ...op.set(local.block), ...op.loop],
    loadMessage(),
    setState,
    rounds(),
    each8((k) => [
      ...[...op.get(local.state + k), ...op.get(local.state + 8 + k), ...op.xor],
      ...op.set(local.chaining + k),
    ]),
    [...op.get(local.from), ...op.i32(blockBytes), ...op.i32Add, ...op.set(local.from)],
    [...op.get(local.block), ...op.i32(1), ...op.i32Add, ...op.tee(local.block)],
    [...op.get(local.blocks), ...op.i32LessUnsigned, ...op.branchIf(0), ...op.end],
    transpose(local.chaining),
    transpose(local.chaining + 4),
    Array.from({ length: lanes }, (_, lane) => [
      ...[...op.get(local.out), ...op.get(local.chaining + lane), ...op.store(32 * lane)],
      ...[...op.get(local.out), ...op.get(local.chaining + 4 + lane), ...op.store(32 * lane + 16)],
    ]).flat(),
  ],
};

/** Parents take no counter. */
const noCounter = -1;

/** A {@link KeyedHash} equal to the plain one, many times as fast on more than a few KiB. */
export function makeFastKeyedHash(): KeyedHash {
  type Exports = {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly many: (...parameters: number[]) => void;
  };
  const { memory, many: run } = start<Exports>(pages, [many]);
  const bytes8 = new Uint8Array(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  return (key, bytes) => {
    if (bytes.length <= 2 * chunkBytes || bytes.length > inputMax) return keyedBlake3(key, bytes);
    bytes8.set(key, keyAt);
    bytes8.set(bytes, inAt);
    const whole = Math.floor((bytes.length - 1) / chunkBytes);
    for (let at = 0; at < whole; at += lanes) {
      const from = inAt + at * chunkBytes;
      run(from, chunkBytes, 16, outAt + 32 * at, at, flags.chunkStart, flags.chunkEnd, flags.keyed);
    }
    const keyWords = words.slice(keyAt / 4, keyAt / 4 + 8);
    words.set(
      lastChunk(keyWords, bytes.subarray(whole * chunkBytes), whole),
      (outAt + 32 * whole) / 4,
    );
    let count = whole + 1;
    while (count > 2) {
      const pairs = count >> 1;
      const odd = words.slice((outAt + 32 * (count - 1)) / 4, (outAt + 32 * count) / 4);
      for (let at = 0; at < pairs; at += lanes) {
        const from = outAt + blockBytes * at;
        run(from, blockBytes, 1, outAt + 32 * at, noCounter, 0, 0, flags.keyed | flags.parent);
      }
      if (count % 2 === 1) words.set(odd, (outAt + 32 * pairs) / 4);
      count = pairs + (count % 2);
    }
    const block = words.slice(outAt / 4, outAt / 4 + 16);
    const root = compress(keyWords, block, 0, blockBytes, flags.keyed | flags.parent | flags.root);
    return new Uint8Array(root.buffer, 0, 32);
  };
}

/** The chaining value of the last chunk, which may be partial. */
function lastChunk(key: Uint32Array, bytes: Uint8Array, counter: number): Uint32Array {
  let chaining = key;
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const part = bytes.subarray(at, at + blockBytes);
    const block = new Uint8Array(blockBytes);
    block.set(part);
    const start = at === 0 ? flags.chunkStart : 0;
    const end = at + blockBytes >= bytes.length ? flags.chunkEnd : 0;
    const words = new Uint32Array(block.buffer);
    chaining = compress(chaining, words, counter, part.length, flags.keyed | start | end);
  }
  return chaining;
}
