/** Members of a zip as runs of bytes that tensors may lie in, compressed or not. */

import { decompressBuiltin } from "../archives/builtin.ts";
import { forwardReader } from "../archives/forward-reader.ts";
import { placeOf, type Zip, type ZipMember, zipCompressions } from "../archives/zip.ts";
import { inert, nameCharactersMax } from "../inert.ts";
import { forwardOf, type Reader, slice } from "../reader.ts";
import type { OpenOptions } from "./context.ts";
import { addPart, type Draft, warn } from "./draft.ts";

/** Where a member's bytes, decompressed if need be, can be read. */
export type PlacedMember = {
  readonly part: number;
  readonly offset: number;
  readonly length: number;
};

const chunkBytes = 65_536;

/** A zip that is being read as a model; `part` is the whole file. */
export type Container = {
  readonly draft: Draft;
  readonly reader: Reader;
  readonly zip: Zip;
  readonly part: number;
  readonly options: OpenOptions;
};

/**
 * Where a member lies: in the file itself if stored, else in a derived part that decompresses as
 * it is read. Encrypted members and unknown methods are told and yield `undefined`.
 */
export async function placeMember(
  container: Container,
  member: ZipMember,
): Promise<PlacedMember | undefined> {
  const { draft, reader, zip, options } = container;
  const name = inert(member.name, nameCharactersMax);
  const stored = member.method === 0 && member.compressedSize === member.size;
  const compression = zipCompressions.get(member.method);
  if (member.encrypted || (!stored && compression === undefined)) {
    warn(draft, "unsupported", `${name}: encrypted, or of method ${member.method}`);
    return undefined;
  }
  const place = await placeOf(reader, zip, member);
  if (stored || compression === undefined) return { part: container.part, ...place };
  const packed = forwardOf(slice(reader, place.offset, place.length), chunkBytes);
  const unpacked = (options.decompress ?? decompressBuiltin)(compression, packed);
  if (unpacked === undefined) return undefined;
  draft.structure.push({ part: container.part, ...place });
  const part = addPart(draft, member.name, forwardReader(unpacked, member.size), true);
  return { part, offset: 0, length: member.size };
}

/** A reader over a placed member. */
export function memberReader(container: Container, placed: PlacedMember): Reader {
  return slice(container.draft.parts[placed.part]!.reader, placed.offset, placed.length);
}
