/**
 * The file that holds an HDF5 structure: addresses relative to a base, sizes of 4 or 8 bytes, and a
 * budget for what may be read of it. HDF5 File Format Specification 3.0.
 */
import { pagedReader, type Reader } from "../../reader.ts";
import { u16Of, u32Of, u64Of } from "../cursor.ts";
import type { Draft } from "../draft.ts";
import { must, stop } from "../stop.ts";

/**
 * Blocks (headers, nodes, heaps) read in all: bounds the time that pointers can be chased. A file
 * has no more blocks than it has room for, and few are read twice.
 */
const blocksMax = 1_000_000;
const blocksFree = 10_000;
const bytesForBlock = 8;

/** Longest block read at once: nodes and headers are some kilobytes, index pages a few more. */
const blockBytesMax = 4_194_304;

export type HdfFile = {
  readonly draft: Draft;
  readonly reader: Reader;
  /** Where the reader starts in a part of the draft. */
  readonly part: number;
  readonly offset: number;
  /** Added to every address. */
  readonly base: number;
  readonly addressBytes: 4 | 8;
  readonly lengthBytes: 4 | 8;
  blocks: number;
};

/** Wraps the reader for many small reads. */
export function buffered(reader: Reader): Reader {
  return pagedReader(reader);
}

/** Reads a block at an address; its bytes are a copy. */
export async function block(file: HdfFile, address: number, length: number): Promise<Uint8Array> {
  file.blocks += 1;
  const most = Math.min(blocksMax, blocksFree + file.reader.size / bytesForBlock);
  if (file.blocks > most) stop("oversized", `more than ${most} blocks`);
  if (length > blockBytesMax) stop("oversized", `a block of ${length} bytes`);
  const bytes = (await file.reader.read(file.base + address, length)).slice();
  const { part, offset, base } = file;
  file.draft.structure.push({ part, offset: offset + base + address, length });
  return bytes;
}

/** Reads fields of a block in order; past its end is a refusal. */
export class Fields {
  readonly bytes: Uint8Array;
  at: number;
  readonly #file: HdfFile;
  constructor(file: HdfFile, bytes: Uint8Array, at: number) {
    this.#file = file;
    this.bytes = bytes;
    this.at = at;
  }
  get left(): number {
    return this.bytes.length - this.at;
  }
  take(length: number): Uint8Array {
    must(length >= 0 && length <= this.left, "a field past its block");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  u8(): number {
    return this.take(1)[0]!;
  }
  u16(): number {
    return u16Of(this.take(2), 0, true);
  }
  u32(): number {
    return u32Of(this.take(4), 0, true);
  }
  /** Little endian of any width up to 8 bytes. */
  uint(width: number): number {
    const padded = new Uint8Array(8);
    must(width <= 8, "a number of more than 8 bytes");
    padded.set(this.take(width));
    return u64Of(padded, 0, true);
  }
  length(): number {
    return this.uint(this.#file.lengthBytes);
  }
  /** An address, or `undefined` for the undefined one (all ones). */
  address(): number | undefined {
    return this.#unlessOnes(this.#file.addressBytes);
  }
  /** A length, or `undefined` for all ones. */
  lengthOrUnlimited(): number | undefined {
    return this.#unlessOnes(this.#file.lengthBytes);
  }
  #unlessOnes(width: number): number | undefined {
    const bytes = this.take(width);
    if (bytes.every((byte) => byte === 0xff)) return undefined;
    const padded = new Uint8Array(8);
    padded.set(bytes);
    return u64Of(padded, 0, true);
  }
  signature(text: string): void {
    const bytes = this.take(4);
    const same = [...text].every((letter, index) => letter.charCodeAt(0) === bytes[index]);
    must(same, `a block that should be ${text}`);
  }
}

/** Bytes needed to write numbers up to a limit (H5VM_limit_enc_size). */
export function widthOf(limit: number): number {
  return Math.floor(Math.log2(Math.max(limit, 1)) / 8) + 1;
}
