/**
 * What lies inside archives: tar, zip, gzip, zstd and xz, in each other, told by content. Saved
 * images and OCI layouts are tars of (compressed) tars, so that every layer is gone through, the
 * deleted files of earlier ones included. Nothing is held in memory: members are read in place or
 * decompressed as they are read.
 */
import type { Refused } from "../core.ts";
import { holdsModel } from "../formats/dispatch.ts";
import { atTheDoor, must, stop } from "../formats/stop.ts";
import { inert, nameCharactersMax } from "../inert.ts";
import { type Forward, forwardOf, type Reader, slice } from "../reader.ts";
import { type ArchiveLimits, type Budget, limited, newBudget } from "./budget.ts";
import { decompressBuiltin } from "./builtin.ts";
import type { Compression, Decompress } from "./decompress.ts";
import { forwardReader } from "./forward-reader.ts";
import { looksLikeTar, readTar } from "./tar.ts";
import { looksLikeZip, placeOf, readZip, zipCompressions } from "./zip.ts";

/**
 * A file found inside. Read it before asking for the next one: a stream goes on only forward. What
 * is broken further in shows only then: read within `atTheDoor` (formats/stop.ts), which makes a
 * refusal of it, or by `openModel`, which does.
 */
export type Inner = {
  readonly kind: "member";
  /** Names from the outermost archive inward, inert. A compression's own name where it has none. */
  readonly path: readonly string[];
  readonly reader: Reader;
};

/** An archive, or a member, that could not be gone through, or not to its end. */
export type Trouble = {
  readonly kind: "trouble";
  readonly path: readonly string[];
  readonly refused: Refused;
};

export type ArchiveOptions = {
  readonly limits: ArchiveLimits;
  readonly decompress?: Decompress;
};

/** A tar's first block is the largest thing looked at. */
const headBytes = 512;

/** Bytes read at a time from what is compressed. */
const chunkBytes = 65_536;

/** A size that is not known: the most there can be. */
const unknownSize = Number.MAX_SAFE_INTEGER;

type Kind = "tar" | "zip" | Compression;

/** What kind of archive begins with these bytes. */
export function archiveKind(head: Uint8Array): Kind | undefined {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b && c === 8) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return "xz";
  if (looksLikeZip(head)) return "zip";
  return looksLikeTar(head) ? "tar" : undefined;
}

type Place = { readonly path: readonly string[]; readonly reader: Reader };
type Walk = { readonly budget: Budget; readonly decompress: Decompress };

/**
 * Goes through an archive. Yields its members and theirs, but not the archives themselves; nothing
 * at all for bytes that are no archive. Zips that are models (PyTorch, npz, Keras) are members.
 */
export async function* membersOf(
  reader: Reader,
  options: ArchiveOptions,
): AsyncGenerator<Inner | Trouble> {
  const decompress = options.decompress ?? decompressBuiltin;
  const walk: Walk = { budget: newBudget(options.limits, reader.size), decompress };
  const first: Place = { path: [], reader };
  const opened = await atTheDoor(() => childrenOf(walk, first));
  if (opened === undefined) return;
  if ("refused" in opened) {
    yield { kind: "trouble", path: [], refused: opened };
    return;
  }
  const stack: { readonly place: Place; readonly children: AsyncGenerator<Place> }[] = [];
  stack.push({ place: first, children: opened });
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { children, place } = top;
    const next = await atTheDoor(() => children.next());
    if ("refused" in next) {
      stack.pop();
      yield { kind: "trouble", path: place.path, refused: next };
    } else if (next.done === true) {
      stack.pop();
    } else {
      const child = next.value;
      const inside = await atTheDoor(() => childrenOf(walk, child));
      const deep = stack.length >= options.limits.depthMax;
      if (inside !== undefined && !("refused" in inside) && !deep) {
        stack.push({ place: child, children: inside });
        continue;
      }
      if (inside !== undefined) {
        const tooDeep: Refused = { refused: "oversized", detail: "archives nested too deep" };
        const refusal = "refused" in inside ? inside : tooDeep;
        yield { kind: "trouble", path: child.path, refused: refusal };
      }
      yield { kind: "member", ...child };
    }
  }
}

/** Members of what is an archive; `undefined` of what is none. */
async function childrenOf(walk: Walk, place: Place): Promise<AsyncGenerator<Place> | undefined> {
  const { reader } = place;
  const head = await reader.read(0, Math.min(headBytes, reader.size));
  const kind = archiveKind(head);
  if (kind === undefined) return undefined;
  if (kind === "tar") return tarChildren(walk, place);
  if (kind !== "zip") return compressedChildren(walk, place, kind);
  const zip = await readZip(reader);
  return holdsModel(zip) ? undefined : zipChildren(walk, place);
}

function inside(walk: Walk, place: Place, name: string, reader: Reader): Place {
  walk.budget.members += 1;
  if (walk.budget.members > walk.budget.limits.membersMax) stop("oversized", "too many members");
  return { path: [...place.path, inert(name, nameCharactersMax)], reader };
}

async function* tarChildren(walk: Walk, place: Place): AsyncGenerator<Place> {
  for await (const entry of readTar(place.reader)) {
    if (entry.kind === "other") continue;
    if (entry.kind === "sparse") stop("unknown-kind", "a sparse tar entry");
    // The last entry of a truncated archive: what there is of it.
    const size = Math.min(entry.size, Math.max(0, place.reader.size - entry.offset));
    yield inside(walk, place, entry.name, slice(place.reader, entry.offset, size));
  }
}

async function* zipChildren(walk: Walk, place: Place): AsyncGenerator<Place> {
  const zip = await readZip(place.reader);
  const members = [...zip.members].sort((a, b) => a.headerOffset - b.headerOffset);
  let reached = 0;
  for (const member of members) {
    if (member.name.endsWith("/") && member.size === 0) continue;
    const { offset, length } = await placeOf(place.reader, zip, member);
    // Members that share their bytes are how a small zip unfolds into a petabyte.
    must(zip.base + member.headerOffset >= reached, "members that overlap");
    reached = offset + length;
    const packed = slice(place.reader, offset, length);
    const compression = zipCompressions.get(member.method);
    if (member.encrypted || (member.method !== 0 && compression === undefined)) {
      stop("unknown-kind", `a zip member encrypted or of method ${member.method}`);
    }
    const reader =
      compression === undefined
        ? packed
        : forwardReader(unpacked(walk, compression, packed), member.size);
    yield inside(walk, place, member.name, reader);
  }
}

function unpacked(walk: Walk, compression: Compression, packed: Reader): Forward {
  const stream = walk.decompress(compression, forwardOf(packed, chunkBytes));
  if (stream === undefined) stop("unknown-kind", `${compression} cannot be decompressed here`);
  return limited(stream, walk.budget, packed.size);
}

/** One stream: a tar is gone through as it comes, anything else needs its size first. */
async function* compressedChildren(
  walk: Walk,
  place: Place,
  compression: Compression,
): AsyncGenerator<Place> {
  const stream = unpacked(walk, compression, place.reader);
  if (looksLikeTar(await headOf(stream))) {
    const tar = { path: [...place.path, compression], reader: forwardReader(stream, unknownSize) };
    yield* tarChildren(walk, tar);
    return;
  }
  let size = 0;
  for await (const chunk of stream.chunks()) size += chunk.length;
  yield inside(walk, place, compression, forwardReader(stream, size));
}

async function headOf(stream: Forward): Promise<Uint8Array> {
  const head = new Uint8Array(headBytes);
  let length = 0;
  for await (const chunk of stream.chunks()) {
    const piece = chunk.subarray(0, headBytes - length);
    head.set(piece, length);
    length += piece.length;
    if (length === headBytes) break;
  }
  return head.subarray(0, length);
}
