/**
 * The search for cuts through a whole step of a stream: the gear hash forgets what is more than 64
 * bytes back, so four stretches of the step are searched side by side, two in each vector, wherever
 * chunks may begin. Where the top 16 bits of a hash came to zero is marked, 64 bytes to a mark; who
 * cuts looks there again, exactly. See `xet-chunker.ts`.
 *
 * The marks are of a fixed size, so bytes that were made to look like cuts everywhere cost a second
 * look, and no more.
 */
import { gearHigh, gearLow } from "../gear-table.ts";
import type { StepRoom } from "../hashing.ts";
import { chunkBytesMax } from "../xet-chunker.ts";
import { type Code, type KernelFunction, op, start } from "./assembler.ts";

const stepBytes = 1 << 20;
const lanes = 4;
const stretch = stepBytes / lanes;
/** Bytes of a lane between two tests. */
const unrolled = 16;
const blockBytes = 64;

/** Memory: the table; marks, and one before them; bytes carried, then the step. */
const tableAt = 0;
const marksAt = 4096;
const stepAt = 2 ** 18;
const pages = (stepAt + stepBytes) / 65_536;

// Locals of `search(0)`: a byte index from 64 bytes before a lane, which fill its hash; which bits
// say that a lane has a cut; hashes of two pairs of lanes; the least top words of each pair.
const local = { index: 0, seen: 1, hash: 2, least: 4 } as const;

/** Address of the table's entry for one byte of a lane. */
const entryOf = (lane: number, offset: number): Code => [
  ...op.get(local.index),
  ...op.i32Load8(stepAt - blockBytes + lane * stretch + offset),
  ...op.i32(3),
  ...op.i32Shl,
];

/** hash = (hash << 1) + table[byte], in both lanes of a pair; least = min(least, hash). */
function roll(pair: number, offset: number): Code {
  const hash = local.hash + pair;
  const least = local.least + pair;
  return [
    ...[...op.get(hash), ...op.get(hash), ...op.add64],
    ...[...entryOf(2 * pair + 1, offset), ...entryOf(2 * pair, offset), ...op.load64(tableAt)],
    ...[...op.load64Lane(tableAt, 1), ...op.add64, ...op.tee(hash)],
    ...(offset === 0 ? [] : [...op.get(least), ...op.min16]),
    ...op.set(least),
  ];
}

/** Marks the lanes of a pair whose least top word is zero. The words of a pair are bits 0 to 7. */
function note(pair: number): Code {
  const mark = (lane: number, bit: number): Code => [
    ...[...op.get(local.seen), ...op.i32(bit), ...op.i32And, ...op.if],
    ...[...op.get(local.index), ...op.i32(6), ...op.i32ShrUnsigned, ...op.i32(1)],
    ...[...op.i32Store8(marksAt - 1 + (lane * stretch) / blockBytes), ...op.end],
  ];
  return [
    ...[...op.get(local.least + pair), ...op.constant([0, 0, 0, 0]), ...op.equal16],
    ...[...op.bitmask16, ...op.set(local.seen)],
    ...[...mark(2 * pair, 1 << 3), ...mark(2 * pair + 1, 1 << 7)],
  ];
}

const search: KernelFunction = {
  name: "search",
  parameters: ["i32"],
  results: [],
  locals: ["i32", "v128", "v128", "v128", "v128"],
  body: [
    op.loop,
    ...Array.from({ length: unrolled }, (_, offset) => [...roll(0, offset), ...roll(1, offset)]),
    [...op.get(local.least), ...op.get(local.least + 1), ...op.min16],
    [...op.constant([0, 0, 0, 0]), ...op.equal16, ...op.bitmask16],
    [...op.i32((1 << 3) | (1 << 7)), ...op.i32And, ...op.if, ...note(0), ...note(1), ...op.end],
    [...op.get(local.index), ...op.i32(unrolled), ...op.i32Add, ...op.tee(local.index)],
    [...op.i32(blockBytes + stretch), ...op.i32LessUnsigned, ...op.branchIf(0), ...op.end],
  ],
};

/** A room whose steps are searched by the kernel. */
export function openStepRoom(): StepRoom {
  type Exports = {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly search: (from: number) => void;
  };
  const { memory, search: run } = start<Exports>(pages, [search]);
  const table = new Uint32Array(memory.buffer, tableAt, 512);
  for (let i = 0; i < 256; i += 1) {
    table[2 * i] = gearLow[i]!;
    table[2 * i + 1] = gearHigh[i]!;
  }
  const marks = new Uint8Array(memory.buffer, marksAt, stepBytes / blockBytes);
  const carried = chunkBytesMax + blockBytes;
  return {
    bytes: new Uint8Array(memory.buffer, stepAt - carried),
    stepAt: carried,
    stepBytes,
    search: () => {
      marks.fill(0);
      run(0);
    },
    marks,
  };
}
