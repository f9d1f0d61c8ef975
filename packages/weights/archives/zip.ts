/**
 * The directory of a zip file (PKWARE APPNOTE 6.3), zip64 too. Only the central directory is
 * believed, and every local header must agree with it: two readers that follow different ones
 * would see two different archives.
 */
import { u16Of, u32Of, u64Of } from "../formats/cursor.ts";
import { must, stop } from "../formats/stop.ts";
import { lenientText } from "../inert.ts";
import { type Reader, slice } from "../reader.ts";
import type { Compression } from "./decompress.ts";

/** Checkpoints have one member for each storage: the same order as tensors. */
export const zipMembersMax = 300_000;

/** Directory entries of that many members with long names. */
const directoryBytesMax = 64_000_000;

/** The end record is 22 bytes and a comment of at most 65,535. */
const endSearchBytes = 65_557;

/** Methods of compression that are read. */
export const zipCompressions: ReadonlyMap<number, Compression> = new Map([
  [8, "deflate"],
  [93, "zstd"],
  [95, "xz"],
] as const);

export type ZipMember = {
  /** As in the file, not inert. */
  readonly name: string;
  /** 0 stored; {@link zipCompressions} are read, others told. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
};

export type Zip = {
  readonly members: readonly ZipMember[];
  /** Where the central directory and what follows it lie. */
  readonly directory: { readonly offset: number; readonly length: number };
  /** Bytes before the archive (a self-extractor, a polyglot): added to each stored offset. */
  readonly base: number;
};

/** True if the first bytes are of a local file header or of an empty archive's end record. */
export function looksLikeZip(head: Uint8Array): boolean {
  const signature = head.length >= 4 ? u32Of(head, 0, true) : 0;
  return signature === 0x0403_4b50 || signature === 0x0605_4b50;
}

/** Reads the central directory. */
export async function readZip(reader: Reader): Promise<Zip> {
  const end = await findEnd(reader);
  if (end.count > zipMembersMax) stop("oversized", `a zip of ${end.count} members`);
  if (end.length > directoryBytesMax) stop("oversized", `a directory of ${end.length} bytes`);
  const offset = end.at - end.length;
  const base = offset - end.offset;
  must(offset >= 0 && base >= 0, "the central directory lies outside the file");
  must(end.count * 46 <= end.length, "more members than the directory has room for");
  const bytes = await reader.read(offset, end.length);
  const members: ZipMember[] = [];
  for (let at = 0; members.length < end.count; ) {
    must(at + 46 <= bytes.length && u32Of(bytes, at, true) === 0x0201_4b50, "a broken directory");
    const size = 46 + u16Of(bytes, at + 28, true) + u16Of(bytes, at + 30, true);
    const length = size + u16Of(bytes, at + 32, true);
    must(at + length <= bytes.length, "a directory entry past the directory");
    members.push(memberOf(bytes.subarray(at, at + length)));
    at += length;
  }
  return { members, directory: { offset, length: reader.size - offset }, base };
}

type End = {
  readonly count: number;
  readonly offset: number;
  readonly length: number;
  readonly at: number;
};

/** Finds the end record, and the zip64 one where that is needed. `at`: where the directory ends. */
async function findEnd(reader: Reader): Promise<End> {
  const tail = Math.min(endSearchBytes, reader.size);
  const start = reader.size - tail;
  const bytes = (await reader.read(start, tail)).slice();
  let at = tail - 22;
  while (at >= 0) {
    const comment = u32Of(bytes, at, true) === 0x0605_4b50 ? u16Of(bytes, at + 20, true) : -1;
    if (comment >= 0 && at + 22 + comment <= tail) break;
    at -= 1;
  }
  must(at >= 0, "no end of a central directory");
  const plain: End = {
    count: u16Of(bytes, at + 10, true),
    length: u32Of(bytes, at + 12, true),
    offset: u32Of(bytes, at + 16, true),
    at: start + at,
  };
  // PyTorch writes the zip64 records always; they count where there is a locator.
  if (at < 20 || u32Of(bytes, at - 20, true) !== 0x0706_4b50) return plain;
  const recordAt = start + at - 20 - 56;
  const record = await reader.read(Math.max(recordAt, 0), 56);
  must(recordAt >= 0 && u32Of(record, 0, true) === 0x0606_4b50, "no zip64 record");
  return {
    count: u64Of(record, 32, true),
    length: u64Of(record, 40, true),
    offset: u64Of(record, 48, true),
    at: recordAt,
  };
}

function memberOf(entry: Uint8Array): ZipMember {
  const nameLength = u16Of(entry, 28, true);
  const extraLength = u16Of(entry, 30, true);
  const flags = u16Of(entry, 8, true);
  const sizes = {
    compressedSize: u32Of(entry, 20, true),
    size: u32Of(entry, 24, true),
    headerOffset: u32Of(entry, 42, true),
  };
  const extra = entry.subarray(46 + nameLength, 46 + nameLength + extraLength);
  return {
    name: lenientText(entry.subarray(46, 46 + nameLength)),
    method: u16Of(entry, 10, true),
    encrypted: (flags & 1) !== 0,
    ...withZip64(sizes, extra),
  };
}

type Sizes = Pick<ZipMember, "compressedSize" | "size" | "headerOffset">;

/** The zip64 extra field holds, in this order, those of the three that are 0xFFFFFFFF. */
function withZip64(sizes: Sizes, extra: Uint8Array): Sizes {
  let { compressedSize, size, headerOffset } = sizes;
  for (let at = 0; at + 4 <= extra.length; at += 4 + u16Of(extra, at + 2, true)) {
    if (u16Of(extra, at, true) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + u16Of(extra, at + 2, true));
    let from = 0;
    const next = (): number => {
      must(from + 8 <= field.length, "a short zip64 field");
      from += 8;
      return u64Of(field, from - 8, true);
    };
    if (size === 0xffff_ffff) size = next();
    if (compressedSize === 0xffff_ffff) compressedSize = next();
    if (headerOffset === 0xffff_ffff) headerOffset = next();
    break;
  }
  return { compressedSize, size, headerOffset };
}

/** Where a member's (compressed) bytes lie; refuses if its local header says something else. */
export async function placeOf(
  reader: Reader,
  zip: Zip,
  member: ZipMember,
): Promise<{ readonly offset: number; readonly length: number }> {
  const headerAt = zip.base + member.headerOffset;
  const header = await reader.read(headerAt, 30);
  must(u32Of(header, 0, true) === 0x0403_4b50, "a member without a local header");
  const sameMethod = u16Of(header, 8, true) === member.method;
  const nameLength = u16Of(header, 26, true);
  const offset = headerAt + 30 + nameLength + u16Of(header, 28, true);
  const name = lenientText(await reader.read(headerAt + 30, nameLength));
  must(sameMethod && name === member.name, "a local header disagrees with the directory");
  must(offset + member.compressedSize <= zip.directory.offset, "a member past the directory");
  return { offset, length: member.compressedSize };
}

/** A stored member's bytes as a reader; refuses compressed and encrypted ones. */
export async function storedReader(reader: Reader, zip: Zip, member: ZipMember): Promise<Reader> {
  must(member.method === 0 && !member.encrypted, "a member that is not stored plainly");
  must(member.compressedSize === member.size, "a stored member of two sizes");
  const { offset, length } = await placeOf(reader, zip, member);
  return slice(reader, offset, length);
}
