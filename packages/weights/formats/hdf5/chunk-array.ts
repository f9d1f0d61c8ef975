/** Fixed and extensible arrays: chunk indexes of datasets written with `libver="latest"`. */
import { must, stop } from "../stop.ts";
import { block, Fields, type HdfFile } from "./file.ts";

/** An element of an array: the chunk with this number has this entry. */
export type Element = { readonly number: number; readonly entry: Fields };

/** As many elements as chunks are allowed. */
const elementsMax = 500_000;

/** Elements of the fixed array at an address; pages never written are left out. */
export async function* fixedElements(file: HdfFile, root: number): AsyncGenerator<Element> {
  const size = 8 + file.lengthBytes + file.addressBytes;
  const head = new Fields(file, await block(file, root, size), 0);
  head.signature("FAHD");
  head.take(2);
  const elementBytes = head.u8();
  const pageBits = head.u8();
  const count = head.length();
  const data = head.address();
  if (count > elementsMax) stop("oversized", `an array of ${count} chunks`);
  must(pageBits <= 20 && elementBytes > 0, "an array of absurd shape");
  if (data === undefined) return;
  const pageCount = 2 ** pageBits;
  const paged = count > pageCount;
  const pages = paged ? Math.ceil(count / pageCount) : 1;
  const prefix = 6 + file.addressBytes;
  const bitmap = paged ? await block(file, data + prefix, Math.ceil(pages / 8)) : undefined;
  let at = data + prefix + (bitmap === undefined ? 0 : bitmap.length + 4);
  for (let page = 0; page < pages; page += 1) {
    const inPage = paged ? Math.min(pageCount, count - page * pageCount) : count;
    if (bitmap === undefined || (bitmap[page >> 3]! & (0x80 >> (page & 7))) !== 0) {
      yield* elementsAt(file, at, { first: page * pageCount, count: inPage, elementBytes });
    }
    at += inPage * elementBytes + 4;
  }
}

async function* elementsAt(
  file: HdfFile,
  at: number,
  { first, count, elementBytes }: { first: number; count: number; elementBytes: number },
): AsyncGenerator<Element> {
  const fields = new Fields(file, await block(file, at, count * elementBytes), 0);
  for (let index = 0; index < count; index += 1) {
    yield { number: first + index, entry: new Fields(file, fields.take(elementBytes), 0) };
  }
}

type ArrayShape = {
  readonly elementBytes: number;
  readonly inIndex: number;
  readonly leastInBlock: number;
  readonly leastPointers: number;
  /** Elements of a page; a longer data block is paged. */
  readonly pageCount: number;
  readonly superBlocks: number;
  /** Bytes before the elements of a data block or the bitmaps of a super block. */
  readonly prefix: number;
  /** Elements past this were never set. */
  readonly set: number;
};

/** Elements of the extensible array at an address (H5EA). */
export async function* extensibleElements(file: HdfFile, root: number): AsyncGenerator<Element> {
  const size = 12 + 6 * file.lengthBytes + file.addressBytes;
  const head = new Fields(file, await block(file, root, size), 0);
  head.signature("EAHD");
  head.take(2);
  const [elementBytes, bits, inIndex] = [head.u8(), head.u8(), head.u8()];
  const [leastInBlock, leastPointers, pageBits] = [head.u8(), head.u8(), head.u8()];
  head.take(4 * file.lengthBytes);
  const set = head.length();
  head.length();
  const index = head.address();
  if (set > elementsMax) stop("oversized", `an array of ${set} chunks`);
  const powers = [leastInBlock, leastPointers].every(
    (n) => n > 0 && Number.isInteger(Math.log2(n)),
  );
  must(powers && bits <= 64 && pageBits <= 20 && elementBytes > 0, "an array of absurd shape");
  if (index === undefined) return;
  const superBlocks = 1 + bits - Math.log2(leastInBlock);
  const prefix = 6 + file.addressBytes + Math.ceil(bits / 8);
  const shape = { elementBytes, inIndex, leastInBlock, leastPointers, superBlocks, prefix, set };
  yield* fromIndex(file, index, { ...shape, pageCount: 2 ** pageBits });
}

async function* fromIndex(
  file: HdfFile,
  address: number,
  shape: ArrayShape,
): AsyncGenerator<Element> {
  const { elementBytes, inIndex, leastPointers, set } = shape;
  const direct = 2 * Math.log2(leastPointers);
  const pointers = 2 * (leastPointers - 1) + Math.max(0, shape.superBlocks - direct);
  const length = inIndex * elementBytes + pointers * file.addressBytes;
  const start = address + 6 + file.addressBytes;
  const fields = new Fields(file, await block(file, start, length), 0);
  for (let number = 0; number < inIndex; number += 1) {
    yield { number, entry: new Fields(file, fields.take(elementBytes), 0) };
  }
  let first = inIndex;
  for (let level = 0; level < shape.superBlocks && first < set; level += 1) {
    const blocks = 2 ** Math.floor(level / 2);
    const count = 2 ** Math.floor((level + 1) / 2) * shape.leastInBlock;
    if (level >= direct) {
      const at = fields.address();
      if (at !== undefined) yield* fromSuper(file, at, { shape, blocks, count, first });
    } else {
      for (let index = 0; index < blocks; index += 1) {
        const at = fields.address();
        const own = first + index * count;
        if (at !== undefined) yield* fromData(file, at, { shape, count, first: own });
      }
    }
    first += blocks * count;
  }
}

type Level = { readonly shape: ArrayShape; readonly count: number; readonly first: number };

async function* fromSuper(
  file: HdfFile,
  address: number,
  level: Level & { readonly blocks: number },
): AsyncGenerator<Element> {
  const { shape, blocks, count, first } = level;
  const pages = count > shape.pageCount ? count / shape.pageCount : 0;
  const bitmapBytes = Math.ceil(pages / 8);
  const length = blocks * (bitmapBytes + file.addressBytes);
  const fields = new Fields(file, await block(file, address + shape.prefix, length), 0);
  const bitmaps = fields.take(blocks * bitmapBytes);
  for (let index = 0; index < blocks; index += 1) {
    const at = fields.address();
    const own = first + index * count;
    if (at === undefined || own >= shape.set) continue;
    const bitmap = bitmaps.subarray(index * bitmapBytes, (index + 1) * bitmapBytes);
    yield* fromData(file, at, { shape, count, first: own, bitmap });
  }
}

async function* fromData(
  file: HdfFile,
  address: number,
  level: Level & { readonly bitmap?: Uint8Array },
): AsyncGenerator<Element> {
  const { shape, count, first, bitmap } = level;
  const { elementBytes, pageCount, prefix } = shape;
  if (count <= pageCount) {
    yield* elementsAt(file, address + prefix, { first, count, elementBytes });
    return;
  }
  // The prefix of a paged block ends with a checksum of its own, as each page does.
  let at = address + prefix + 4;
  for (let page = 0; page < count / pageCount; page += 1) {
    const written = bitmap === undefined || ((bitmap[page >> 3] ?? 0) & (0x80 >> (page & 7))) !== 0;
    const own = first + page * pageCount;
    if (written && own < shape.set) {
      yield* elementsAt(file, at, { first: own, count: pageCount, elementBytes });
    }
    at += pageCount * elementBytes + 4;
  }
}
