/**
 * HDF5 as Keras and h5py write it: superblocks 0 to 3, groups old and new, contiguous, compact and
 * chunked datasets with gzip, shuffle and Fletcher32. Every dataset of numbers is a tensor, named
 * by its path. Attributes are not read.
 */
import { inert, nameCharactersMax } from "../../inert.ts";
import type { Reader } from "../../reader.ts";
import { bytesOf, type Model } from "../../tensor.ts";
import {
  addPart,
  addTensor,
  countOf,
  type Draft,
  finish,
  newDraft,
  tensorsMax,
  warn,
} from "../draft.ts";
import { must, stop } from "../stop.ts";
import { canDecode, chunkBytesMax, chunkedReader } from "./chunked-reader.ts";
import { type Grid, readChunks } from "./chunks.ts";
import { buffered, Fields, type HdfFile } from "./file.ts";
import { linksOf } from "./group.ts";
import { type Message, readMessages } from "./header.ts";
import { filtersOf, type HdfType, type Layout, layoutOf, spaceOf, typeOf } from "./type.ts";

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** A user block puts the signature at 512 or a power of two after it; looked for up to here. */
const userBlockMax = 65_536;

/** Offset of the superblock, or `undefined` if this is no HDF5 file. */
export async function findSuperblock(reader: Reader): Promise<number | undefined> {
  for (let at = 0; at <= userBlockMax && at + 8 <= reader.size; at = at === 0 ? 512 : 2 * at) {
    const bytes = await reader.read(at, 8);
    if (signature.every((byte, index) => bytes[index] === byte)) return at;
  }
  return undefined;
}

/** Reads an HDF5 file. */
export async function readHdf5(reader: Reader): Promise<Model> {
  const draft = newDraft("hdf5", "told");
  const part = addPart(draft, "", reader);
  await addHdf5(draft, { reader, part, offset: 0 });
  return finish(draft);
}

/** Adds the tensors of an HDF5 file that lies at an offset of a part. */
export async function addHdf5(
  draft: Draft,
  place: { readonly reader: Reader; readonly part: number; readonly offset: number },
): Promise<void> {
  const superblock = await findSuperblock(place.reader);
  must(superblock !== undefined, "no superblock");
  const { file, root } = await readSuperblock(draft, place, superblock);
  const seen = new Set<number>();
  const todo: { path: string; address: number }[] = [{ path: "", address: root }];
  let objects = 0;
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    objects += 1;
    if (objects > tensorsMax) stop("oversized", `more than ${tensorsMax} objects`);
    const messages = await readMessages(file, next.address);
    const isDataset = messages.some(({ type }) => type === 0x08);
    if (isDataset) await addDataset(file, next.path, messages);
    // Hard links may form cycles: a group is entered once, a dataset may have several names.
    if (isDataset || seen.has(next.address)) continue;
    seen.add(next.address);
    for (const { name, address } of await linksOf(file, messages)) {
      const path = next.path === "" ? name : `${next.path}/${name}`;
      todo.push({ path: path.slice(0, nameCharactersMax), address });
    }
  }
}

async function readSuperblock(
  draft: Draft,
  place: { readonly reader: Reader; readonly part: number; readonly offset: number },
  at: number,
): Promise<{ file: HdfFile; root: number }> {
  const reader = buffered(place.reader);
  const room = Math.min(128, reader.size - at);
  const bytes = (await reader.read(at, room)).slice();
  draft.structure.push({ part: place.part, offset: place.offset + at, length: room });
  const version = bytes[8] ?? 255;
  if (version > 3) stop("unknown-version", `HDF5 superblock version ${version}`);
  const old = version < 2;
  const addressBytes = bytes[old ? 13 : 9] ?? 0;
  const lengthBytes = bytes[old ? 14 : 10] ?? 0;
  must(addressBytes === 4 || addressBytes === 8, `addresses of ${addressBytes} bytes`);
  must(lengthBytes === 4 || lengthBytes === 8, `lengths of ${lengthBytes} bytes`);
  const sizes = { addressBytes, lengthBytes } as const;
  // The base address in the file is a claim: addresses count from where the superblock is.
  const file: HdfFile = { draft, ...place, reader, base: at, ...sizes, blocks: 0 };
  const fields = new Fields(file, bytes, old ? (version === 0 ? 24 : 28) : 12);
  fields.take(3 * addressBytes);
  if (old) fields.take(2 * addressBytes);
  const root = fields.address();
  must(root !== undefined, "no root group");
  return { file, root };
}

function find(messages: readonly Message[], type: number): Message | undefined {
  return messages.find((message) => message.type === type);
}

async function addDataset(
  file: HdfFile,
  path: string,
  messages: readonly Message[],
): Promise<void> {
  const { draft } = file;
  const shown = inert(path, nameCharactersMax);
  const [space, type, layout] = [find(messages, 1), find(messages, 3), find(messages, 8)];
  const shared = [space, type, layout].some((message) => ((message?.flags ?? 0) & 2) !== 0);
  if (space === undefined || type === undefined || layout === undefined || shared) {
    warn(draft, "unsupported", `${shown}: a dataset with shared or missing messages`);
    return;
  }
  const extent = spaceOf(file, space.data);
  const element = typeOf(file, type.data);
  if (extent === undefined || element.type === "OPAQUE") return;
  const { shape, most } = extent;
  const facts = { name: path, shape, type: element.type, byteOrder: element.byteOrder };
  const where = layoutOf(file, layout.data);
  const start = file.offset + file.base;
  switch (where.kind) {
    case "compact": {
      const offset = start + layout.address + where.at;
      addTensor(draft, { ...facts, part: file.part, offset, length: where.length });
      return;
    }
    case "contiguous":
      // No address: never written, all zeros, nothing to know it by.
      if (where.address === undefined) return;
      addTensor(draft, { ...facts, part: file.part, offset: start + where.address });
      return;
    case "chunked":
      await addChunked(file, { ...facts, most, element, where, filters: find(messages, 0x0b) });
      return;
    case "unsupported":
      warn(draft, "unsupported", `${shown}: a layout of another kind`);
      return;
    default:
      return where satisfies never;
  }
}

type ChunkedFacts = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly most: readonly number[];
  readonly type: Exclude<HdfType["type"], "OPAQUE">;
  readonly byteOrder: "little" | "big";
  readonly element: HdfType;
  readonly where: Extract<Layout, { kind: "chunked" }>;
  readonly filters: Message | undefined;
};

async function addChunked(file: HdfFile, facts: ChunkedFacts): Promise<void> {
  const { draft } = file;
  const { shape, where, element } = facts;
  const shown = inert(facts.name, nameCharactersMax);
  const filters = facts.filters === undefined ? [] : filtersOf(file, facts.filters.data);
  const chunkElements = countOf(where.chunk);
  const chunkBytes = chunkElements === undefined ? undefined : chunkElements * element.width;
  const total = countOf(shape);
  const sound =
    where.chunk.length === shape.length &&
    shape.length > 0 &&
    where.chunk.every((size) => size > 0);
  if (!sound || total === undefined || bytesOf(facts.type, total) === undefined) {
    warn(draft, "wrong-length", `${shown}: chunks of another shape`);
    return;
  }
  if (chunkBytes === undefined || chunkBytes > chunkBytesMax || !canDecode(filters)) {
    warn(draft, "unsupported", `${shown}: chunks too large, or filters unknown here`);
    return;
  }
  const counts = shape.map((size, axis) => Math.ceil(size / where.chunk[axis]!));
  const mostCounts = facts.most.map((size, axis) => Math.ceil(size / where.chunk[axis]!));
  const grid: Grid = {
    ...{ counts, mostCounts, chunk: where.chunk, chunkBytes },
    filtered: filters.length > 0,
  };
  const chunks = await readChunks(file, grid, where.index);
  if (chunks.size === 0) return;
  const start = file.offset + file.base;
  for (const { address, size } of chunks.values()) {
    if (size > file.reader.size - file.base - address) continue;
    draft.structure.push({ part: file.part, offset: start + address, length: size });
  }
  const data = { reader: file.reader, base: file.base, shape, width: element.width };
  const part = addPart(draft, facts.name, chunkedReader({ ...data, grid, chunks, filters }), true);
  const { name, type, byteOrder } = facts;
  addTensor(draft, { name, shape, type, byteOrder, part, offset: 0 });
}
