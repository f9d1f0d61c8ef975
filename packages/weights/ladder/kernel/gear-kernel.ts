/**
 * The search for a chunk's end, four stretches at a time: the gear hash waits for itself at each
 * byte, so four of them side by side take hardly longer than one. See `xet-chunker.ts`.
 */
import { gearHigh, gearLow } from "../gear-table.ts";
import { type CutFinder, chunkBytesMax, chunkBytesMin } from "../xet-chunker.ts";
import { type Code, type KernelFunction, op, start } from "./assembler.ts";

/** Memory: the table, then the bytes of one chunk at most. */
const tableAt = 0;
const bytesAt = 4096;
const pages = 4;

/** Streams side by side, and bytes that each takes in one round. */
const streams = 4;
const stretch = 2048;
/** Bytes that fill the hash before its first verdict counts. */
const warmUp = 64;
/** A hash under 2^48 has its top 16 bits zero. */
const cutBelow = 2 ** 48;

// Locals of `search(at, end)`: parameters, then a position, the best cut, a byte index, four
// hashes.
const local = { at: 0, end: 1, best: 2, index: 3, stop: 4, hash: 5 } as const;

/** hash = (hash << 1) + table[byte at index + offset] */
function roll(stream: number, offset: number): Code {
  return [
    ...op.get(local.hash + stream),
    ...op.i64(1),
    ...op.i64Shl,
    ...op.get(local.index),
    ...op.i32Load8(offset),
    ...op.i32(3),
    ...op.i32Shl,
    ...op.i64Load(tableAt),
    ...op.i64Add,
    ...op.tee(local.hash + stream),
  ];
}

const drop: Code = [0x1a];
const isCut: Code = [...op.i64(cutBelow), ...op.i64LessUnsigned];

/** best = min(best, index + place) if the stream's hash says so. */
function note(stream: number, place: number): Code {
  return [
    ...op.get(local.hash + stream),
    ...isCut,
    ...op.if,
    ...op.get(local.index),
    ...op.i32(place),
    ...op.i32Add,
    ...op.tee(local.stop + 1 + streams),
    ...op.get(local.best),
    ...op.i32LessUnsigned,
    ...op.if,
    ...op.get(local.stop + 1 + streams),
    ...op.set(local.best),
    ...op.end,
    ...op.end,
  ];
}

const each = (code: (stream: number) => Code): Code =>
  Array.from({ length: streams }, (_, stream) => code(stream)).flat();

/** Loop over `index` until `stop`, running `body`. */
function upTo(body: Code): Code {
  return [
    ...op.loop,
    ...body,
    ...op.get(local.index),
    ...op.i32(1),
    ...op.i32Add,
    ...op.tee(local.index),
    ...op.get(local.stop),
    ...op.i32LessUnsigned,
    ...op.branchIf(0),
    ...op.end,
  ];
}

const round: Code = [
  ...each((stream) => [...op.i64(0), ...op.set(local.hash + stream)]),
  ...op.get(local.at),
  ...op.tee(local.stop),
  ...op.i32(warmUp),
  ...op.i32Sub,
  ...op.set(local.index),
  ...upTo(each((stream) => [...roll(stream, bytesAt + stream * stretch), ...drop])),
  ...op.get(local.at),
  ...op.i32(stretch),
  ...op.i32Add,
  ...op.set(local.stop),
  ...upTo([
    ...each((stream) => [
      ...roll(stream, bytesAt + stream * stretch),
      ...isCut,
      ...(stream > 0 ? op.i32Or : []),
    ]),
    ...op.if,
    ...each((stream) => note(stream, stream * stretch + 1)),
    ...op.end,
  ]),
];

/**
 * search(at, end): the first cut after byte `at` (an index from 0), or 2^31 − 1 if there is none.
 */
const search: KernelFunction = {
  name: "search",
  parameters: ["i32", "i32"],
  results: ["i32"],
  locals: ["i32", "i32", "i32", "i64", "i64", "i64", "i64", "i32"],
  body: [
    [...op.i32(2 ** 31 - 1), ...op.set(local.best)],
    [...op.loop, ...round],
    [...op.get(local.best), ...op.i32(2 ** 31 - 1), ...op.i32LessUnsigned, ...op.if],
    [...op.get(local.best), ...op.return, ...op.end],
    [...op.get(local.at), ...op.i32(streams * stretch), ...op.i32Add, ...op.tee(local.at)],
    [...op.get(local.end), ...op.i32LessUnsigned, ...op.branchIf(0), ...op.end],
    [...op.get(local.best)],
  ],
};

/** A {@link CutFinder} that gives the same answers as the plain one, several times as fast. */
export function makeFastCutFinder(): CutFinder {
  type Exports = {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly search: (at: number, end: number) => number;
  };
  const { memory, search: find } = start<Exports>(pages, [search]);
  const room = new Uint8Array(memory.buffer, bytesAt);
  const table = new Uint32Array(memory.buffer, tableAt, 512);
  for (let i = 0; i < 256; i += 1) {
    table[2 * i] = gearLow[i]!;
    table[2 * i + 1] = gearHigh[i]!;
  }
  return (bytes, from, to) => {
    const length = to - from;
    if (length < chunkBytesMin) return 0;
    room.set(bytes.subarray(from, to));
    // A cut ends with the byte before it: the first that may end a chunk is the 8,192nd.
    const cut = find(chunkBytesMin - 1, length);
    if (cut <= length) return from + cut;
    return length >= chunkBytesMax ? from + chunkBytesMax : 0;
  };
}
