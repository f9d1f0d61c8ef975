/** The links of a group, in each of the three ways HDF5 keeps them. Only hard ones count. */
import { lenientText } from "../../inert.ts";
import { must, stop } from "../stop.ts";
import { block, Fields, type HdfFile } from "./file.ts";
import type { Message } from "./header.ts";
import { heapObject, readHeap } from "./heap.ts";
import { readTree2 } from "./tree.ts";

export type Link = { readonly name: string; readonly address: number };

/** A group of a model has some thousands of members at most. */
const linksMax = 262_144;

/** Names are short. */
const nameBytesMax = 4_096;

/** Nested v1 trees: a node holds 32 entries, six levels a thousand million. */
const treeDepthMax = 8;

/** Links of an object with these messages; none if it is no group. */
export async function linksOf(file: HdfFile, messages: readonly Message[]): Promise<Link[]> {
  const links: Link[] = [];
  for (const { type, data } of messages) {
    const fields = new Fields(file, data, 0);
    if (type === 0x11) await addSymbols(file, links, fields);
    if (type === 0x06) addLink(links, fields);
    if (type === 0x02) await addDense(file, links, fields);
    if (links.length > linksMax) stop("oversized", `a group of more than ${linksMax} links`);
  }
  return links;
}

/** A link message (also what a dense group's heap holds). */
function addLink(links: Link[], fields: Fields): void {
  must(fields.u8() === 1, "a link of unknown version");
  const flags = fields.u8();
  const kind = (flags & 8) !== 0 ? fields.u8() : 0;
  if ((flags & 4) !== 0) fields.take(8);
  if ((flags & 16) !== 0) fields.take(1);
  const length = fields.uint(1 << (flags & 3));
  must(length <= nameBytesMax, "a link with too long a name");
  const name = lenientText(fields.take(length));
  if (kind !== 0) return;
  const address = fields.address();
  if (address !== undefined) links.push({ name, address });
}

async function addDense(file: HdfFile, links: Link[], fields: Fields): Promise<void> {
  fields.take(1);
  const flags = fields.u8();
  if ((flags & 1) !== 0) fields.take(8);
  const heapAddress = fields.address();
  const names = fields.address();
  if (heapAddress === undefined || names === undefined) return;
  const heap = await readHeap(file, heapAddress);
  for (const record of await readTree2(file, names)) {
    // Type 5: a hash of the name, then the heap id.
    must(record.length >= 4 + heap.idLength, "a link record too short");
    const id = record.subarray(4, 4 + heap.idLength);
    addLink(links, new Fields(file, await heapObject(file, heap, id), 0));
  }
}

/** Symbol tables (HDF5 before 1.8, and h5py by default): a v1 tree over nodes, names in a heap. */
async function addSymbols(file: HdfFile, links: Link[], fields: Fields): Promise<void> {
  const tree = fields.address();
  const heap = fields.address();
  if (tree === undefined || heap === undefined) return;
  const names = await localHeap(file, heap);
  const todo: { address: number; depth: number }[] = [{ address: tree, depth: 0 }];
  for (let node = todo.shift(); node !== undefined; node = todo.shift()) {
    must(node.depth <= treeDepthMax && links.length <= linksMax, "a symbol table too large");
    const head = new Fields(file, await block(file, node.address, 8), 0);
    if (head.bytes[0] === 0x53) {
      await addNode(file, links, { address: node.address, names });
      continue;
    }
    head.signature("TREE");
    must(head.u8() === 0, "a tree of another kind in a group");
    head.take(1);
    const count = head.u16();
    const step = file.lengthBytes + file.addressBytes;
    const start = node.address + 8 + 2 * file.addressBytes;
    const entries = new Fields(file, await block(file, start, count * step), 0);
    for (let index = 0; index < count; index += 1) {
      entries.length();
      const address = entries.address();
      if (address !== undefined) todo.push({ address, depth: node.depth + 1 });
    }
  }
}

type Names = { readonly address: number; readonly size: number };

async function localHeap(file: HdfFile, address: number): Promise<Names> {
  const size = 8 + 2 * file.lengthBytes + file.addressBytes;
  const fields = new Fields(file, await block(file, address, size), 0);
  fields.signature("HEAP");
  fields.take(4);
  const length = fields.length();
  fields.length();
  const data = fields.address();
  must(data !== undefined, "a heap without data");
  return { address: data, size: length };
}

async function addNode(
  file: HdfFile,
  links: Link[],
  { address, names }: { address: number; names: Names },
): Promise<void> {
  const head = new Fields(file, await block(file, address, 8), 0);
  head.signature("SNOD");
  head.take(2);
  const count = head.u16();
  const step = 24 + 2 * file.addressBytes;
  const entries = new Fields(file, await block(file, address + 8, count * step), 0);
  for (let index = 0; index < count; index += 1) {
    const nameAt = entries.uint(file.addressBytes);
    const object = entries.address();
    const cache = entries.u32();
    entries.take(20);
    // 2: a symbolic link, which may point anywhere.
    if (cache === 2 || object === undefined) continue;
    links.push({ name: await nameIn(file, names, nameAt), address: object });
  }
}

async function nameIn(file: HdfFile, names: Names, at: number): Promise<string> {
  must(at < names.size, "a name outside its heap");
  const room = Math.min(names.size - at, nameBytesMax);
  const bytes = await file.reader.read(file.base + names.address + at, room);
  const end = bytes.indexOf(0);
  must(end >= 0, "a name without an end");
  return lenientText(bytes.subarray(0, end));
}
