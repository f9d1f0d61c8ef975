/** Reads one field after another, each checked against the real end of the bytes. */
import { BeyondEnd, bufferedReader, checkRange, type Reader } from "../reader.ts";
import { must } from "./stop.ts";

/** A place in a reader. Each method moves it on; past the end throws {@link BeyondEnd}. */
export interface Cursor {
  /** Offset of the next byte. */
  readonly at: number;
  readonly size: number;
  readonly byteOrder: "little" | "big";
  moveTo(offset: number): void;
  /** The next bytes; shared with the buffer, gone with the next call. */
  take(length: number): Promise<Uint8Array>;
  skip(length: number): void;
  u8(): Promise<number>;
  u16(): Promise<number>;
  u32(): Promise<number>;
  /** Refuses numbers past 2^53 − 1: nothing real has so many of anything. */
  u64(): Promise<number>;
}

/** A cursor at an offset of a reader. */
export function openCursor(
  reader: Reader,
  options: { readonly at: number; readonly byteOrder: "little" | "big" },
): Cursor {
  const buffered = bufferedReader(reader);
  const little = options.byteOrder === "little";
  let at = options.at;
  const take = async (length: number): Promise<Uint8Array> => {
    const got = buffered.read(at, length);
    const bytes = got instanceof Uint8Array ? got : await got;
    at += length;
    return bytes;
  };
  return {
    get at() {
      return at;
    },
    size: reader.size,
    byteOrder: options.byteOrder,
    moveTo(offset) {
      checkRange(reader.size, offset, 0);
      at = offset;
    },
    take,
    skip(length) {
      checkRange(reader.size, at, length);
      at += length;
    },
    u8: async () => (await take(1))[0]!,
    u16: async () => u16Of(await take(2), 0, little),
    u32: async () => u32Of(await take(4), 0, little),
    u64: async () => u64Of(await take(8), 0, little),
  };
}

/** 16-bit unsigned at an offset that the caller has checked. */
export function u16Of(bytes: Uint8Array, at: number, little: boolean): number {
  const first = bytes[at]!;
  const second = bytes[at + 1]!;
  return little ? first | (second << 8) : (first << 8) | second;
}

/** 32-bit unsigned at an offset that the caller has checked. */
export function u32Of(bytes: Uint8Array, at: number, little: boolean): number {
  const low = u16Of(bytes, little ? at : at + 2, little);
  const high = u16Of(bytes, little ? at + 2 : at, little);
  return high * 0x1_0000 + low;
}

/** 64-bit unsigned as a number; refuses what a number cannot hold. */
export function u64Of(bytes: Uint8Array, at: number, little: boolean): number {
  const low = u32Of(bytes, little ? at : at + 4, little);
  const high = u32Of(bytes, little ? at + 4 : at, little);
  must(high < 0x20_0000, "a 64-bit number past 2^53");
  return high * 0x1_0000_0000 + low;
}

/** Bytes of a window, with every access checked: for formats that point about (flatbuffers). */
export function checkedU32(bytes: Uint8Array, at: number): number {
  if (!Number.isSafeInteger(at) || at < 0 || at + 4 > bytes.length) {
    throw new BeyondEnd(`4 bytes at ${at} are not within ${bytes.length}`);
  }
  return u32Of(bytes, at, true);
}
