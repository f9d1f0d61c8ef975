/** FlatBuffers read at random, every offset checked (flatbuffers.dev/internals). */
import { lenientText } from "../inert.ts";
import { pagedReader, type Reader } from "../reader.ts";
import { u16Of, u32Of, u64Of } from "./cursor.ts";
import { must, stop } from "./stop.ts";

/**
 * Reads of single values in all: bounds the time that offsets can be chased. Many vectors may point
 * at one long one, so that the number of tables is the square of what the size suggests.
 */
const readsMax = 8_000_000;
const readsFree = 10_000;

const nameBytesMax = 4_096;

export type FlatFile = { readonly reader: Reader; reads: number };

/** A table: where it is, where its fields are by number (0 for absent ones). */
export type FlatTable = { readonly at: number; readonly fields: readonly number[] };

/** A vector: where its first element is, and how many there are. */
export type FlatVector = { readonly at: number; readonly count: number };

/** Wraps a reader for hops to and fro. */
export function openFlat(reader: Reader): FlatFile {
  return { reader: pagedReader(reader), reads: 0 };
}

async function bytesAt(file: FlatFile, at: number, length: number): Promise<Uint8Array> {
  file.reads += 1;
  if (file.reads > Math.min(readsMax, readsFree + 2 * file.reader.size))
    stop("oversized", "too many offsets to follow");
  const got = file.reader.read(at, length);
  return got instanceof Uint8Array ? got : await got;
}

export async function u32At(file: FlatFile, at: number): Promise<number> {
  return u32Of(await bytesAt(file, at, 4), 0, true);
}

/** The table that an offset at `at` leads to. */
export async function tableAt(file: FlatFile, at: number): Promise<FlatTable> {
  const start = at + (await u32At(file, at));
  const back = (await u32At(file, start)) | 0;
  const vtable = start - back;
  const sizes = await bytesAt(file, vtable, 4);
  const size = u16Of(sizes, 0, true);
  must(size >= 4 && size % 2 === 0, "a table without fields");
  const entries = await bytesAt(file, vtable, size);
  const fields: number[] = [];
  for (let entry = 4; entry < size; entry += 2) fields.push(u16Of(entries, entry, true));
  return { at: start, fields };
}

/** Where a field's value is; `undefined` for an absent one. */
export function fieldAt(table: FlatTable, field: number): number | undefined {
  const offset = table.fields[field] ?? 0;
  return offset === 0 ? undefined : table.at + offset;
}

/** A scalar field of 1, 4 or 8 bytes, unsigned; its default where absent. */
export async function scalar(
  file: FlatFile,
  table: FlatTable,
  { field, width, otherwise }: { field: number; width: 1 | 4 | 8; otherwise: number },
): Promise<number> {
  const at = fieldAt(table, field);
  if (at === undefined) return otherwise;
  const bytes = await bytesAt(file, at, width);
  if (width === 1) return bytes[0]!;
  return width === 4 ? u32Of(bytes, 0, true) : u64Of(bytes, 0, true);
}

/** A vector field; `undefined` if absent. `width`: bytes of an element, to check that all fit. */
export async function vector(
  file: FlatFile,
  table: FlatTable,
  { field, width }: { field: number; width: number },
): Promise<FlatVector | undefined> {
  const at = fieldAt(table, field);
  if (at === undefined) return undefined;
  const start = at + (await u32At(file, at));
  const count = await u32At(file, start);
  must(count * width <= file.reader.size - start - 4, "a vector past the end");
  return { at: start + 4, count };
}

/** A text field, not inert; "" if absent. */
export async function flatText(file: FlatFile, table: FlatTable, field: number): Promise<string> {
  const found = await vector(file, table, { field, width: 1 });
  if (found === undefined) return "";
  return lenientText((await bytesAt(file, found.at, Math.min(found.count, nameBytesMax))).slice());
}

/** A table field; `undefined` if absent. */
export async function inner(
  file: FlatFile,
  table: FlatTable,
  field: number,
): Promise<FlatTable | undefined> {
  const at = fieldAt(table, field);
  return at === undefined ? undefined : tableAt(file, at);
}

/** The bytes of a whole vector of at most `most` elements; a copy. */
export async function vectorBytes(
  file: FlatFile,
  found: FlatVector,
  { width, most }: { width: number; most: number },
): Promise<Uint8Array> {
  must(found.count <= most, `a vector of ${found.count}`);
  return (await bytesAt(file, found.at, found.count * width)).slice();
}
