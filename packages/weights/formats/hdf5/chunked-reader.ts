/** A chunked dataset as the row-major bytes that it stands for; chunks are decoded as needed. */
import { inflateWhole } from "../../archives/inflate.ts";
import { checkRange, type Reader } from "../../reader.ts";
import { must } from "../stop.ts";
import type { Chunk, Grid } from "./chunks.ts";
import type { Filter } from "./type.ts";

/** Decoded chunks kept, in bytes: enough for a band of usual ones. */
const cacheBytesMax = 33_554_432;

/** Largest chunk that is decoded: HDF5 allows 4 GB, everybody writes about 1 MB. */
export const chunkBytesMax = 33_554_432;

export type ChunkedData = {
  readonly reader: Reader;
  /** Added to chunk addresses. */
  readonly base: number;
  readonly shape: readonly number[];
  /** Bytes of an element. */
  readonly width: number;
  readonly grid: Grid;
  readonly chunks: ReadonlyMap<number, Chunk>;
  readonly filters: readonly Filter[];
};

/** True if all filters are ones that can be undone here. */
export function canDecode(filters: readonly Filter[]): boolean {
  return filters.every(({ id }) => id === 1 || id === 2 || id === 3);
}

/** A reader over the whole dataset. */
export function chunkedReader(data: ChunkedData): Reader {
  const size = data.shape.reduce((product, count) => product * count, data.width);
  const cache = new Map<number, Uint8Array>();
  let cached = 0;
  const chunkOf = async (number: number): Promise<Uint8Array> => {
    const known = cache.get(number);
    if (known !== undefined) return known;
    const decoded = await decode(data, number);
    while (cached > 0 && cached + decoded.length > cacheBytesMax) {
      const [oldest, bytes] = cache.entries().next().value!;
      cache.delete(oldest);
      cached -= bytes.length;
    }
    cache.set(number, decoded);
    cached += decoded.length;
    return decoded;
  };
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const run = runAt(data, offset + at);
        const chunk = await chunkOf(run.chunk);
        const count = Math.min(run.length, length - at);
        bytes.set(chunk.subarray(run.from, run.from + count), at);
        at += count;
      }
      return bytes;
    },
  };
}

/** The chunk that holds a byte, where in it, and how many bytes on from there it goes on. */
function runAt(
  { shape, width, grid }: ChunkedData,
  offset: number,
): { chunk: number; from: number; length: number } {
  let element = Math.floor(offset / width);
  const place: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    place.unshift(element % shape[axis]!);
    element = Math.floor(element / shape[axis]!);
  }
  let chunk = 0;
  let within = 0;
  for (const [axis, at] of place.entries()) {
    chunk = chunk * grid.counts[axis]! + Math.floor(at / grid.chunk[axis]!);
    within = within * grid.chunk[axis]! + (at % grid.chunk[axis]!);
  }
  const last = place.at(-1)!;
  const inChunk = grid.chunk.at(-1)! - (last % grid.chunk.at(-1)!);
  const elements = Math.min(inChunk, shape.at(-1)! - last);
  const skipped = offset % width;
  return { chunk, from: within * width + skipped, length: elements * width - skipped };
}

async function decode(data: ChunkedData, number: number): Promise<Uint8Array> {
  const chunk = data.chunks.get(number);
  // Never written: zeros (a fill value other than zero is not looked for in weights).
  if (chunk === undefined) return new Uint8Array(data.grid.chunkBytes);
  must(chunk.size <= chunkBytesMax, "a chunk too large");
  let bytes = await data.reader.read(data.base + chunk.address, chunk.size);
  for (let index = data.filters.length - 1; index >= 0; index -= 1) {
    if ((chunk.mask & (1 << index)) !== 0) continue;
    const filter = data.filters[index]!;
    // Fletcher32 (3) adds four bytes at the end; the chunk after a filter is never longer than it.
    if (filter.id === 1) bytes = inflateWhole("zlib", bytes, data.grid.chunkBytes + 4);
    if (filter.id === 2) bytes = unshuffled(bytes, filter.values[0] ?? data.width);
    if (filter.id === 3) bytes = bytes.subarray(0, Math.max(0, bytes.length - 4));
  }
  must(bytes.length === data.grid.chunkBytes, "a chunk of another size than its kind");
  return bytes;
}

/** Undoes the shuffle filter: byte k of every element lies together. */
function unshuffled(bytes: Uint8Array, width: number): Uint8Array {
  if (width <= 1) return bytes;
  const count = Math.floor(bytes.length / width);
  const plain = new Uint8Array(bytes.length);
  for (let k = 0; k < width && count > 0; k += 1) {
    for (let index = 0; index < count; index += 1) {
      plain[index * width + k] = bytes[k * count + index]!;
    }
  }
  plain.set(bytes.subarray(count * width), count * width);
  return plain;
}
