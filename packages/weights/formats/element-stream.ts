/**
 * Elements of a repeated protobuf field as plain little-endian values: packed or one field each,
 * fixed or varint. Decoded while being read, so that a model is never in memory twice.
 */
import { type Forward, type Reader, slice } from "../reader.ts";
import { varint } from "./protobuf.ts";
import { must } from "./stop.ts";

/** A stretch of the file that holds elements of one field. `packed`: without tags between them. */
export type Run = { readonly offset: number; readonly length: number; readonly packed: boolean };

/** How the elements are written, and how wide they are to come out. */
export type ElementCoding = {
  readonly coding: "fixed" | "varint";
  /** Bytes of an element as it comes out; of a fixed one also as it is written. */
  readonly width: 1 | 2 | 4 | 8;
};

const windowBytes = 65_536;

/** The elements of some runs, in order. */
export function elementStream(
  reader: Reader,
  runs: readonly Run[],
  coding: ElementCoding,
): Forward {
  return {
    async *chunks() {
      for (const run of runs) yield* runChunks(slice(reader, run.offset, run.length), run, coding);
    },
  };
}

async function* runChunks(
  bytes: Reader,
  run: Run,
  coding: ElementCoding,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.size; ) {
    const window = await bytes.read(at, Math.min(windowBytes, bytes.size - at));
    const last = at + window.length === bytes.size;
    const decoded = decodeWindow(window, { run, coding, last });
    must(decoded.used > 0, "an element that never ends");
    at += decoded.used;
    if (decoded.values.length > 0) yield decoded.values;
  }
}

/** Longest element with its tag: ten bytes each. */
const elementBytesMax = 20;

function decodeWindow(
  window: Uint8Array,
  { run, coding, last }: { run: Run; coding: ElementCoding; last: boolean },
): { values: Uint8Array; used: number } {
  const values = new Uint8Array((window.length + 1) * coding.width);
  let used = 0;
  let made = 0;
  const stopAt = last ? window.length : window.length - elementBytesMax;
  while (used < stopAt) {
    if (!run.packed) used += varint(window, used).size;
    if (coding.coding === "varint") {
      used += putVarint(values, made, window, used, coding.width);
    } else {
      must(used + coding.width <= window.length, "an element cut short");
      values.set(window.subarray(used, used + coding.width), made);
      used += coding.width;
    }
    made += coding.width;
  }
  return { values: values.subarray(0, made), used };
}

/** Writes the low `width` bytes of a varint, little endian; tells how many bytes it took. */
function putVarint(
  values: Uint8Array,
  to: number,
  bytes: Uint8Array,
  at: number,
  width: number,
): number {
  let low = 0;
  let high = 0;
  let size = 0;
  for (let more = true; more; size += 1) {
    const byte = bytes[at + size];
    must(byte !== undefined && size < 10, "a number without an end");
    const shift = 7 * size;
    const seven = byte & 0x7f;
    if (shift < 32) low |= seven << shift;
    if (shift > 25 && shift < 32) high |= seven >>> (32 - shift);
    else if (shift >= 32) high |= seven << (shift - 32);
    more = byte >= 0x80;
  }
  for (let k = 0; k < width; k += 1)
    values[to + k] = k < 4 ? low >>> (8 * k) : high >>> (8 * k - 32);
  return size;
}
