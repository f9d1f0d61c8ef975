/** Where the chunks of a dataset are, from each kind of index. */
import { must, stop } from "../stop.ts";
import { extensibleElements, fixedElements } from "./chunk-array.ts";
import { block, Fields, type HdfFile } from "./file.ts";
import { readTree2 } from "./tree.ts";
import type { ChunkIndex } from "./type.ts";

/** `size` as stored (after filters); `mask`: a bit for each filter that was skipped. */
export type Chunk = { readonly address: number; readonly size: number; readonly mask: number };

/** h5py makes chunks of 16 KB to 1 MB: enough for 8 GB at the least. */
const chunksMax = 500_000;

/** Nodes of a chunk tree hold 64 entries. */
const treeDepthMax = 8;

export type Grid = {
  /** Chunks along each dimension. */
  readonly counts: readonly number[];
  /** The same for the most that the dataset may grow to; infinite along an unlimited one. */
  readonly mostCounts: readonly number[];
  readonly chunk: readonly number[];
  /** Bytes of a chunk before filters. */
  readonly chunkBytes: number;
  readonly filtered: boolean;
};

/** Chunks by their row-major number in the grid. Absent ones were never written. */
export async function readChunks(
  file: HdfFile,
  grid: Grid,
  index: ChunkIndex,
): Promise<ReadonlyMap<number, Chunk>> {
  const chunks = new Map<number, Chunk>();
  const { address } = index;
  if (address === undefined) return chunks;
  switch (index.kind) {
    case "tree":
      await fromTree(file, grid, address, chunks);
      return chunks;
    case "single":
      add(chunks, 0, { address, size: index.size || grid.chunkBytes, mask: 0 });
      return chunks;
    case "implicit": {
      const total = grid.mostCounts.reduce((product, count) => product * count, 1);
      if (total > chunksMax) stop("oversized", `a dataset of ${total} chunks`);
      for (let number = 0; number < total; number += 1) {
        const at = address + number * grid.chunkBytes;
        const own = numberInMost(grid, number);
        add(chunks, own, { address: at, size: grid.chunkBytes, mask: 0 });
      }
      return chunks;
    }
    case "fixed":
    case "extensible": {
      const elements = index.kind === "fixed" ? fixedElements : extensibleElements;
      for await (const { number, entry } of elements(file, address)) {
        const at = entry.address();
        const size = grid.filtered ? entry.uint(entry.left - 4) : grid.chunkBytes;
        const mask = grid.filtered ? entry.u32() : 0;
        if (at !== undefined) add(chunks, numberInMost(grid, number), { address: at, size, mask });
      }
      return chunks;
    }
    case "tree2":
      await fromTree2(file, grid, address, chunks);
      return chunks;
    default:
      return index satisfies never;
  }
}

function add(chunks: Map<number, Chunk>, number: number | undefined, chunk: Chunk): void {
  if (number === undefined) return;
  if (chunks.size >= chunksMax) stop("oversized", `a dataset of more than ${chunksMax} chunks`);
  if (!chunks.has(number)) chunks.set(number, chunk);
}

/** Number of the chunk at a place in the grid; `undefined` outside of it. */
function numberOf(grid: Grid, place: readonly number[]): number | undefined {
  let number = 0;
  for (const [axis, count] of grid.counts.entries()) {
    const at = place[axis]!;
    if (!Number.isInteger(at) || at < 0 || at >= count) return undefined;
    number = number * count + at;
  }
  return number;
}

/**
 * Number in the grid from one in the grid of the largest size, which arrays count by; there the
 * unlimited dimension, if there is one, counts slowest (H5D__chunk_idx "swizzled").
 */
function numberInMost(grid: Grid, number: number): number | undefined {
  const axes = grid.mostCounts.map((_, axis) => axis);
  axes.sort((a, b) => Number(isLimited(grid, a)) - Number(isLimited(grid, b)) || a - b);
  const place: number[] = grid.counts.map(() => 0);
  let left = number;
  for (const axis of axes.toReversed()) {
    const count = grid.mostCounts[axis]!;
    place[axis] = Number.isFinite(count) ? left % count : left;
    left = Number.isFinite(count) ? Math.floor(left / count) : 0;
  }
  return numberOf(grid, place);
}

function isLimited(grid: Grid, axis: number): boolean {
  return Number.isFinite(grid.mostCounts[axis]);
}

async function fromTree(
  file: HdfFile,
  grid: Grid,
  root: number,
  chunks: Map<number, Chunk>,
): Promise<void> {
  const rank = grid.chunk.length;
  const todo: { address: number; depth: number }[] = [{ address: root, depth: 0 }];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    must(node.depth <= treeDepthMax, "a chunk tree too deep");
    const head = new Fields(file, await block(file, node.address, 8), 0);
    head.signature("TREE");
    must(head.u8() === 1, "a tree of another kind in a dataset");
    const level = head.u8();
    const count = head.u16();
    const step = 8 + 8 * (rank + 1) + file.addressBytes;
    const start = node.address + 8 + 2 * file.addressBytes;
    const entries = new Fields(file, await block(file, start, count * step), 0);
    for (let index = 0; index < count; index += 1) {
      const size = entries.u32();
      const mask = entries.u32();
      const place = grid.chunk.map((length) => entries.uint(8) / length);
      entries.take(8);
      const address = entries.address();
      if (address === undefined) continue;
      if (level > 0) todo.push({ address, depth: node.depth + 1 });
      else add(chunks, numberOf(grid, place), { address, size, mask });
    }
  }
}

async function fromTree2(
  file: HdfFile,
  grid: Grid,
  root: number,
  chunks: Map<number, Chunk>,
): Promise<void> {
  const rank = grid.chunk.length;
  for (const record of await readTree2(file, root)) {
    const fields = new Fields(file, record, 0);
    const address = fields.address();
    const sizeWidth = record.length - file.addressBytes - 8 * rank - 4;
    const size = grid.filtered ? fields.uint(sizeWidth) : grid.chunkBytes;
    const mask = grid.filtered ? fields.u32() : 0;
    const place = grid.chunk.map(() => fields.uint(8));
    if (address !== undefined) add(chunks, numberOf(grid, place), { address, size, mask });
  }
}
