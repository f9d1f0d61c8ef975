/**
 * GGUF v2 and v3, little and big endian (ggml docs/gguf.md). v1 wrote 32-bit counts and died
 * within a month; it is refused by its version.
 */
import { inert, lenientText, metadataCharactersMax, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";
import { blockSizes, isBlockType, type Model, type TensorType } from "../tensor.ts";
import { type Cursor, openCursor, u64Of } from "./cursor.ts";
import {
  addPart,
  addTensor,
  type Draft,
  explainAround,
  finish,
  newDraft,
  note,
  type Run,
  tensorsMax,
  warn,
} from "./draft.ts";
import { must, stop } from "./stop.ts";

/** ggml.h: GGML_MAX_DIMS. */
const ggmlDimensionsMax = 4;

/** Real files have about 60 keys; each takes at least 13 bytes, so the file bounds it too. */
const keysMax = 65_536;

/** gguf.cpp: GGUF_MAX_STRING_LENGTH is 1 GiB; nothing of that size is looked at here. */
const keyBytesMax = 65_535;

/** Strings of an array are stepped over one by one: bounded so that time is. */
const arrayStringsMax = 8_000_000;

/** The longest honest values, merges of vocabularies, are some megabytes: longer may hide. */
const longValueBytes = 33_554_432;

/** Strings are stepped over in windows of this size. */
const windowBytes = 262_144;

/** Ids of `ggml_type`. Ids 4, 5, 31–33 and 36–38 were removed and never reused. */
export const ggmlTypes: ReadonlyMap<number, TensorType> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "Q4_0"],
  [3, "Q4_1"],
  [6, "Q5_0"],
  [7, "Q5_1"],
  [8, "Q8_0"],
  [9, "Q8_1"],
  [10, "Q2_K"],
  [11, "Q3_K"],
  [12, "Q4_K"],
  [13, "Q5_K"],
  [14, "Q6_K"],
  [15, "Q8_K"],
  [16, "IQ2_XXS"],
  [17, "IQ2_XS"],
  [18, "IQ3_XXS"],
  [19, "IQ1_S"],
  [20, "IQ4_NL"],
  [21, "IQ3_S"],
  [22, "IQ2_S"],
  [23, "IQ4_XS"],
  [24, "I8"],
  [25, "I16"],
  [26, "I32"],
  [27, "I64"],
  [28, "F64"],
  [29, "IQ1_M"],
  [30, "BF16"],
  [34, "TQ1_0"],
  [35, "TQ2_0"],
  [39, "MXFP4"],
  [40, "NVFP4"],
  [41, "Q1_0"],
  [42, "Q2_0"],
] as const);

/** Bytes of a metadata value of fixed size, by its type id; 8 is a string, 9 an array. */
const valueBytes: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const stringType = 8;
const arrayType = 9;

/** True for the magic; the version, which also tells the byte order, is judged by the reader. */
export function looksLikeGguf(head: Uint8Array): boolean {
  return head[0] === 0x47 && head[1] === 0x47 && head[2] === 0x55 && head[3] === 0x46;
}

/** Reads one file. */
export async function readGguf(reader: Reader): Promise<Model> {
  const draft = newDraft("gguf", "told");
  await addFile(draft, reader);
  return finish(draft);
}

async function addFile(draft: Draft, reader: Reader): Promise<void> {
  const version = await reader.read(4, 4);
  // Versions are small: the end that holds the number tells the byte order (gguf.cpp does so too).
  const byteOrder = version[0] === 0 && version[1] === 0 ? "big" : "little";
  const cursor = openCursor(reader, { at: 4, byteOrder });
  const number = await cursor.u32();
  if (number !== 2 && number !== 3) stop("unknown-version", `GGUF version ${number}`);
  const tensorCount = await cursor.u64();
  const keyCount = await cursor.u64();
  // A tensor entry takes at least 24 bytes, a key 13: a count that cannot be is refused unread.
  if (tensorCount > tensorsMax) stop("oversized", `${tensorCount} tensors`);
  if (keyCount > keysMax) stop("oversized", `${keyCount} keys`);
  must(tensorCount * 24 + keyCount * 13 <= reader.size, "more entries than the file has room for");
  const part = addPart(draft, "", reader);
  const blobs: Run[] = [];
  const alignment = await readKeys(draft, cursor, { count: keyCount, blobs });
  const entries: Entry[] = [];
  for (let index = 0; index < tensorCount; index += 1) entries.push(await readEntry(cursor));
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  const structure = { part, offset: 0, length: Math.min(dataStart, reader.size) };
  explainAround(draft, structure, blobs);
  for (const entry of entries) addEntry(draft, { part, dataStart, byteOrder, alignment }, entry);
}

/** Reads the keys into the metadata; tells the alignment of the data. */
async function readKeys(
  draft: Draft,
  cursor: Cursor,
  { count, blobs }: { readonly count: number; readonly blobs: Run[] },
): Promise<number> {
  let alignment = 32;
  const seen = new Set<string>();
  const budget = { strings: arrayStringsMax };
  for (let index = 0; index < count; index += 1) {
    const key = lenientText(await takeString(cursor, keyBytesMax));
    const type = await cursor.u32();
    must(type < valueBytes.length, `metadata of unknown type ${type}`);
    const start = cursor.at;
    const value = await readValue(cursor, type, budget);
    const length = cursor.at - start;
    if (length >= longValueBytes) blobs.push({ offset: start, length });
    // llama.cpp refuses a second one; another reader may take it.
    if (seen.has(key)) warn(draft, "duplicate-name", inert(key, nameCharactersMax));
    seen.add(key);
    note(draft, key, value);
    if (key === "general.alignment" && type === 4) alignment = Number(value);
  }
  const power = alignment > 0 && alignment <= 0x1_0000 && (alignment & (alignment - 1)) === 0;
  must(power, `alignment ${alignment} is no power of two up to 65536`);
  return alignment;
}

async function takeString(cursor: Cursor, most: number): Promise<Uint8Array> {
  const length = await cursor.u64();
  must(length <= most, `a name of ${length} bytes`);
  return cursor.take(length);
}

async function readValue(
  cursor: Cursor,
  type: number,
  budget: { strings: number },
): Promise<string> {
  if (type === stringType) {
    const length = await cursor.u64();
    const kept = Math.min(length, 4 * metadataCharactersMax);
    const text = lenientText(trimmed(await cursor.take(kept), kept < length));
    cursor.skip(length - kept);
    return text;
  }
  if (type !== arrayType) return scalarText(await cursor.take(valueBytes[type]!), type, cursor);
  const itemType = await cursor.u32();
  const count = await cursor.u64();
  // Arrays of arrays are allowed by the text of the format and written by nobody.
  must(itemType < valueBytes.length && itemType !== arrayType, `an array of type ${itemType}`);
  if (itemType !== stringType) {
    cursor.skip(count * valueBytes[itemType]!);
    return `array of ${count}`;
  }
  budget.strings -= count;
  if (budget.strings < 0) stop("oversized", `an array of ${count} strings`);
  await skipStrings(cursor, count);
  return `array of ${count} strings`;
}

/** Steps over strings a window at a time: vocabularies have some hundred thousand. */
async function skipStrings(cursor: Cursor, count: number): Promise<void> {
  const little = cursor.byteOrder === "little";
  for (let left = count; left > 0; ) {
    const start = cursor.at;
    const window = await cursor.take(Math.min(windowBytes, cursor.size - start));
    must(window.length >= 8, "an array of strings cut short");
    let at = 0;
    while (left > 0 && at + 8 <= window.length) {
      at += 8 + u64Of(window, at, little);
      left -= 1;
    }
    // The last string may end past the window, or past the file: moving there says so.
    cursor.moveTo(start + at);
  }
}

/** Cuts a UTF-8 sequence that was cut in the middle, so that the rest still decodes. */
function trimmed(bytes: Uint8Array, wasCut: boolean): Uint8Array {
  if (!wasCut) return bytes;
  let end = bytes.length;
  while (end > 0 && end > bytes.length - 4 && (bytes[end - 1]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, Math.max(0, end - 1));
}

function scalarText(bytes: Uint8Array, type: number, { byteOrder }: Cursor): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = byteOrder === "little";
  if (type === 0 || type === 7) return String(view.getUint8(0));
  if (type === 1) return String(view.getInt8(0));
  if (type === 2) return String(view.getUint16(0, little));
  if (type === 3) return String(view.getInt16(0, little));
  if (type === 4) return String(view.getUint32(0, little));
  if (type === 5) return String(view.getInt32(0, little));
  if (type === 6) return String(view.getFloat32(0, little));
  if (type === 10) return String(view.getBigUint64(0, little));
  if (type === 11) return String(view.getBigInt64(0, little));
  return String(view.getFloat64(0, little));
}

type Entry = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly offset: number;
};

async function readEntry(cursor: Cursor): Promise<Entry> {
  const name = lenientText(await takeString(cursor, keyBytesMax));
  const dimensions = await cursor.u32();
  must(dimensions <= ggmlDimensionsMax, `a tensor of ${dimensions} dimensions`);
  const shape: number[] = [];
  // ggml counts the contiguous dimension first.
  for (let axis = 0; axis < dimensions; axis += 1) shape.unshift(await cursor.u64());
  const type = await cursor.u32();
  return { name, shape, type, offset: await cursor.u64() };
}

function addEntry(
  draft: Draft,
  file: {
    readonly part: number;
    readonly dataStart: number;
    readonly byteOrder: "little" | "big";
    readonly alignment: number;
  },
  entry: Entry,
): void {
  const type = ggmlTypes.get(entry.type);
  const name = inert(entry.name, nameCharactersMax);
  if (type === undefined) {
    warn(draft, "unknown-type", `${name}: ggml type ${entry.type}`);
    return;
  }
  // ggml refuses rows that do not fill whole blocks; `bytesOf` alone would allow some.
  const row = entry.shape.at(-1) ?? 1;
  if (isBlockType(type) && row % blockSizes[type].values !== 0) {
    warn(draft, "wrong-length", `${name}: a row of ${row} does not fill blocks of ${type}`);
    return;
  }
  if (entry.offset % file.alignment !== 0) {
    warn(draft, "unsupported", `${name}: data not aligned`);
  }
  addTensor(draft, {
    name: entry.name,
    shape: entry.shape,
    type,
    part: file.part,
    offset: file.dataStart + entry.offset,
    byteOrder: file.byteOrder,
  });
}
