/** Version 2 B-trees: all records, in order. */
import { must, stop } from "../stop.ts";
import { block, Fields, type HdfFile, widthOf } from "./file.ts";

/** As many as chunks or links may be. */
const recordsMax = 500_000;

/** Nodes hold hundreds of records: six levels would hold more than there are atoms. */
const depthMax = 6;

type Shape = {
  readonly nodeSize: number;
  readonly recordSize: number;
  /** Bytes of a child's record count, and of its total, by the depth of the child. */
  readonly countWidth: number;
  readonly totalWidths: readonly number[];
};

/** Records of the tree at an address, each of the tree's record size. */
export async function readTree2(file: HdfFile, address: number): Promise<readonly Uint8Array[]> {
  const fields = new Fields(file, await block(file, address, 22 + headRest(file)), 0);
  fields.signature("BTHD");
  must(fields.u8() === 0, "a tree of unknown version");
  fields.take(1);
  const nodeSize = fields.u32();
  const recordSize = fields.u16();
  const depth = fields.u16();
  must(depth <= depthMax && recordSize > 0 && nodeSize > 32, "a tree of absurd shape");
  fields.take(2);
  const root = fields.address();
  const rootCount = fields.u16();
  const shape = shapeOfTree(file, { nodeSize, recordSize, depth });
  const records: Uint8Array[] = [];
  const todo: { address: number; count: number; depth: number }[] = [];
  if (root !== undefined) todo.push({ address: root, count: rootCount, depth });
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const bytes = new Fields(file, await block(file, node.address, nodeSize), 0);
    bytes.signature(node.depth === 0 ? "BTLF" : "BTIN");
    bytes.take(2);
    for (let index = 0; index < node.count; index += 1) records.push(bytes.take(recordSize));
    if (records.length > recordsMax) stop("oversized", "a tree of too many records");
    for (let index = 0; node.depth > 0 && index <= node.count; index += 1) {
      const child = bytes.address();
      const count = bytes.uint(shape.countWidth);
      if (node.depth > 1) bytes.uint(shape.totalWidths[node.depth - 1]!);
      must(child !== undefined, "a tree with a child nowhere");
      todo.push({ address: child, count, depth: node.depth - 1 });
    }
  }
  return records;
}

function headRest(file: HdfFile): number {
  return file.addressBytes + file.lengthBytes;
}

/** How wide the counts in nodes are follows from how many records fit (H5B2hdr.c). */
function shapeOfTree(
  file: HdfFile,
  { nodeSize, recordSize, depth }: { nodeSize: number; recordSize: number; depth: number },
): Shape {
  const prefix = 10;
  const leafMost = Math.floor((nodeSize - prefix) / recordSize);
  const countWidth = widthOf(leafMost);
  const totalWidths = [0];
  let total = leafMost;
  for (let level = 1; level <= depth; level += 1) {
    const pointer = file.addressBytes + countWidth + (totalWidths[level - 1] ?? 0);
    const most = Math.floor((nodeSize - prefix - pointer) / (recordSize + pointer));
    total = (most + 1) * total + most;
    totalWidths.push(widthOf(total));
  }
  return { nodeSize, recordSize, countWidth, totalWidths };
}
