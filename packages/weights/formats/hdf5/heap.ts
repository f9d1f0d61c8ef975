/** Fractal heaps: where version 2 groups keep the links of large groups. */
import { must } from "../stop.ts";
import { block, Fields, type HdfFile } from "./file.ts";

export type FractalHeap = {
  readonly idLength: number;
  readonly offsetBytes: number;
  readonly width: number;
  readonly startSize: number;
  readonly maxDirectSize: number;
  readonly root: number | undefined;
  /** Rows of the root if it is an indirect block, else 0. */
  readonly rootRows: number;
};

/** Indirect blocks within indirect blocks; each halves what is left at least. */
const depthMax = 64;

/** Reads the heap's header; a heap with filters is refused (nobody writes link heaps so). */
export async function readHeap(file: HdfFile, address: number): Promise<FractalHeap> {
  const size = 22 + 12 * file.lengthBytes + 3 * file.addressBytes;
  const fields = new Fields(file, await block(file, address, size), 0);
  fields.signature("FRHP");
  fields.take(1);
  const idLength = fields.u16();
  must(fields.u16() === 0, "a filtered heap");
  fields.take(5);
  fields.take(2 * file.lengthBytes + 2 * file.addressBytes);
  fields.take(8 * file.lengthBytes);
  const width = fields.u16();
  const startSize = fields.length();
  const maxDirectSize = fields.length();
  const offsetBytes = Math.ceil(fields.u16() / 8);
  fields.take(2);
  const root = fields.address();
  const rootRows = fields.u16();
  const powers = isPower(width) && isPower(startSize) && isPower(maxDirectSize);
  must(powers && startSize <= maxDirectSize && offsetBytes <= 8, "a heap of absurd shape");
  return { idLength, offsetBytes, width, startSize, maxDirectSize, root, rootRows };
}

function isPower(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** Bytes of the object that a heap id names. Tiny ones are in the id; huge ones are refused. */
export async function heapObject(
  file: HdfFile,
  heap: FractalHeap,
  id: Uint8Array,
): Promise<Uint8Array> {
  const fields = new Fields(file, id, 0);
  const kind = (fields.u8() >> 4) & 3;
  if (kind === 2) return fields.take(((id[0] ?? 0) & 15) + 1);
  must(kind === 0, "a huge object in a heap of links");
  const offset = fields.uint(heap.offsetBytes);
  const length = fields.uint(Math.min(fields.left, 8));
  const direct = await directBlock(file, heap, offset);
  must(offset - direct.start + length <= direct.size, "an object past its block");
  return block(file, direct.address + offset - direct.start, length);
}

type Direct = { readonly address: number; readonly start: number; readonly size: number };

/** The direct block that covers an offset: down the doubling table, one indirect block a step. */
async function directBlock(file: HdfFile, heap: FractalHeap, offset: number): Promise<Direct> {
  must(heap.root !== undefined, "an object in an empty heap");
  if (heap.rootRows === 0) return { address: heap.root, start: 0, size: heap.startSize };
  const directRows = Math.log2(heap.maxDirectSize) - Math.log2(heap.startSize) + 2;
  let address = heap.root;
  let start = 0;
  let rows = heap.rootRows;
  for (let depth = 0; depth < depthMax; depth += 1) {
    const { row, column, blockStart, blockSize } = find(heap, { offset, start, rows });
    const prefix = 5 + file.addressBytes + heap.offsetBytes;
    const entry = (row * heap.width + column) * file.addressBytes;
    const fields = new Fields(file, await block(file, address + prefix + entry, 8), 0);
    const child = fields.address();
    must(child !== undefined, "an object in a block that is not there");
    if (row < directRows) return { address: child, start: blockStart, size: blockSize };
    address = child;
    start = blockStart;
    rows = Math.log2(blockSize) - Math.log2(heap.startSize * heap.width) + 1;
  }
  return must(false, "a heap nested too deep") as never;
}

function find(
  heap: FractalHeap,
  { offset, start, rows }: { offset: number; start: number; rows: number },
): { row: number; column: number; blockStart: number; blockSize: number } {
  let rowStart = start;
  for (let row = 0; row < rows; row += 1) {
    const blockSize = heap.startSize * 2 ** Math.max(0, row - 1);
    const rowSize = blockSize * heap.width;
    if (offset < rowStart + rowSize) {
      const column = Math.floor((offset - rowStart) / blockSize);
      must(column >= 0, "an object before its block");
      return { row, column, blockStart: rowStart + column * blockSize, blockSize };
    }
    rowStart += rowSize;
  }
  return must(false, "an object past the heap") as never;
}
