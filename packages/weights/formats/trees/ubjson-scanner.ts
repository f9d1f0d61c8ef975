/**
 * Passes over UBJSON (ubjson.org, draft 12), which XGBoost writes, and tells a {@link Pruner} of
 * it. Numbers are big endian; arrays may say their type and count beforehand.
 */
import { fromUtf8 } from "../../core.ts";
import type { Reader } from "../../reader.ts";
import { type Cursor, openCursor } from "../cursor.ts";
import { blobBytesMin, type Run } from "../draft.ts";
import { must, stop } from "../stop.ts";
import type { Scanned } from "./json-scanner.ts";
import type { Pruner } from "./pruned-json.ts";

/** Longest text: names and parameters are short. */
const textBytesMax = 16_777_216;
const stepBytes = 65_536;

/** Numbers by their marker: bytes, and how they are read. */
const numbers: ReadonlyMap<
  number,
  { bytes: number; read: (view: DataView, at: number) => number }
> = new Map([
  [0x69, { bytes: 1, read: (view, at) => view.getInt8(at) }],
  [0x55, { bytes: 1, read: (view, at) => view.getUint8(at) }],
  [0x43, { bytes: 1, read: (view, at) => view.getUint8(at) }],
  [0x49, { bytes: 2, read: (view, at) => view.getInt16(at) }],
  [0x6c, { bytes: 4, read: (view, at) => view.getInt32(at) }],
  [0x4c, { bytes: 8, read: (view, at) => Number(view.getBigInt64(at)) }],
  [0x64, { bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [0x44, { bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);

type Level = {
  readonly kind: "array" | "object";
  /** Items that are still to come; `undefined`: until a bracket. */
  left: number | undefined;
  /** Marker that all items share, 0 if each has its own. */
  readonly type: number;
};

type Scan = {
  readonly cursor: Cursor;
  readonly pruner: Pruner;
  readonly levels: Level[];
  readonly blobs: Run[];
};

/** True for an object whose first key has a length before it, as UBJSON has and JSON has not. */
export function looksLikeUbjson(head: Uint8Array): boolean {
  if (head[0] !== 0x7b || head.length < 4) return false;
  const marker = head[1]!;
  return marker === 0x24 || marker === 0x23 || "iUIlL".includes(String.fromCharCode(marker));
}

/** Scans up to the end of the outermost value, or until the pruner is done, or `bytesMax`. */
export async function scanUbjson(
  reader: Reader,
  pruner: Pruner,
  bytesMax: number,
): Promise<Scanned> {
  const cursor = openCursor(reader, { at: 0, byteOrder: "big" });
  const scan: Scan = { cursor, pruner, levels: [], blobs: [] };
  await takeValue(scan, await cursor.u8());
  while (!pruner.done && cursor.at < bytesMax) {
    const level = scan.levels.at(-1);
    if (level === undefined) break;
    await nextOf(scan, level);
  }
  return { blobs: scan.blobs, end: cursor.at };
}

/** The next item of a container, or its end. */
async function nextOf(scan: Scan, level: Level): Promise<void> {
  const { cursor, pruner, levels } = scan;
  if (level.left === 0) {
    levels.pop();
    pruner.close(level.kind);
    return;
  }
  if (level.left !== undefined) level.left -= 1;
  let marker = level.type;
  if (marker === 0 || (level.kind === "object" && level.left === undefined)) {
    marker = await marked(cursor);
    if (level.left === undefined && marker === (level.kind === "array" ? 0x5d : 0x7d)) {
      levels.pop();
      pruner.close(level.kind);
      return;
    }
  }
  if (level.kind === "array") return takeValue(scan, marker);
  // A counted object's type, where it has one, is of its values: lengths have markers of their own.
  const ofKey = level.left === undefined || level.type === 0 ? marker : await marked(cursor);
  pruner.key((await textOf(scan, await lengthOf(cursor, ofKey))) ?? "");
  await takeValue(scan, level.type === 0 ? await marked(cursor) : level.type);
}

/** The next marker that is not a no-op. */
async function marked(cursor: Cursor): Promise<number> {
  let marker = await cursor.u8();
  while (marker === 0x4e) marker = await cursor.u8();
  return marker;
}

async function takeValue(scan: Scan, marker: number): Promise<void> {
  const { cursor, pruner } = scan;
  const number = numbers.get(marker);
  if (number !== undefined) {
    const bytes = await cursor.take(number.bytes);
    pruner.scalar(number.read(viewOf(bytes), 0));
    return;
  }
  switch (marker) {
    case 0x5b:
    case 0x7b:
      return openLevel(scan, marker === 0x5b ? "array" : "object");
    case 0x5a:
      return pruner.scalar(null);
    case 0x54:
      return pruner.scalar(true);
    case 0x46:
      return pruner.scalar(false);
    case 0x53:
    case 0x48: {
      // A number of high precision comes as text, which nothing here needs.
      const text = await textOf(scan, await lengthOf(cursor, await marked(cursor)));
      return pruner.scalar(text ?? "");
    }
    default:
      stop("malformed", `an unknown UBJSON marker 0x${marker.toString(16)}`);
  }
}

async function openLevel(scan: Scan, kind: "array" | "object"): Promise<void> {
  const { cursor, pruner, levels } = scan;
  pruner.open(kind);
  // Type and count stand before the items, if at all; a peek is a read and a step back.
  let type = 0;
  let left: number | undefined;
  const next = cursor.at < cursor.size ? await cursor.u8() : 0;
  if (next === 0x24) {
    type = await cursor.u8();
    must((await cursor.u8()) === 0x23, "a typed UBJSON container without a count");
    left = await lengthOf(cursor, await marked(cursor));
  } else if (next === 0x23) {
    left = await lengthOf(cursor, await marked(cursor));
  } else {
    cursor.moveTo(cursor.at - 1);
  }
  const number = numbers.get(type);
  if (kind === "array" && number !== undefined && left !== undefined) {
    await takeNumbers(scan, number, left);
    pruner.close(kind);
    return;
  }
  // Values without bytes of their own would be counted without end.
  must(left === undefined || left <= cursor.size - cursor.at, "a count past the end");
  must(type === 0 || type === 0x53 || number !== undefined, "a UBJSON type that is no value's");
  levels.push({ kind, left, type });
}

async function takeNumbers(
  { cursor, pruner }: Scan,
  { bytes, read }: { bytes: number; read: (view: DataView, at: number) => number },
  count: number,
): Promise<void> {
  must(count * bytes <= cursor.size - cursor.at, "an array past the end");
  if (!pruner.makes) return cursor.skip(count * bytes);
  for (let left = count; left > 0; ) {
    const some = Math.min(left, stepBytes / bytes);
    const view = viewOf(await cursor.take(some * bytes));
    const values = new Array<number>(some);
    for (let i = 0; i < some; i += 1) values[i] = read(view, i * bytes);
    pruner.numbers(values);
    left -= some;
  }
}

async function lengthOf(cursor: Cursor, marker: number): Promise<number> {
  const number = numbers.get(marker);
  must(number !== undefined && marker !== 0x64 && marker !== 0x44, "a length that is no integer");
  const length = number.read(viewOf(await cursor.take(number.bytes)), 0);
  must(Number.isSafeInteger(length) && length >= 0, "a length that is no size");
  return length;
}

async function textOf({ cursor, blobs }: Scan, length: number): Promise<string | undefined> {
  must(length <= textBytesMax, `a text of ${length} bytes`);
  if (length >= blobBytesMin) blobs.push({ offset: cursor.at, length });
  const text = fromUtf8(await cursor.take(length));
  must(text !== undefined, "a text that is not UTF-8");
  return text;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
