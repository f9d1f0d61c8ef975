/**
 * One layer of an image as it travels (a tar, most often compressed): the model files in it, known
 * by their bytes, and the names by which it hides files of the layers below.
 */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Digest, Mass } from "@writ/core";
import {
  archiveKind,
  atTheDoor,
  BeyondEnd,
  decompressBuiltin,
  type Forward,
  type Inner,
  membersOf,
  type Reader,
  usualLimits,
} from "@writ/weights";
import { type GapReason, gapOf } from "../coverage.ts";
import { cacheKey } from "../files/digest-cache.ts";
import { opaqueBytesMin, sniffBytesMin } from "../files/inspector.ts";
import { type Place, placeBuffer } from "../files/place.ts";
import { containerOf, edgeBytes, kindOfContainer } from "../identity/weights.ts";

const chunkBytes = 256 * 1024;
/** Model files told of one layer; and what hides others. */
const filesMax = 100_000;

export type LayerMember = {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
  readonly container: string;
  readonly kind: NonNullable<Mass["kind"]>;
};

export type Layer = {
  readonly files: readonly LayerMember[];
  /** Whiteouts (image-spec, layer.md), as paths. */
  readonly whiteouts: readonly string[];
  /** Whether the layer has a file of this path. */
  has(path: string): boolean;
  /** What of it could not be gone through. */
  readonly gap: GapReason | undefined;
  /** Bytes of the file that were read. */
  readonly read: number;
};

/** Layers read, by the state of their files: each is gone through once. */
export type LayerMemory = Map<string, Layer>;

export type LayerParts = {
  readonly place: Place;
  /** Sizes that the register names. */
  readonly sizes: ReadonlySet<number>;
  readonly memory: LayerMemory;
};

/** The layer in a file; `undefined` if it is no archive, or a reason why it was not read. */
export async function readLayer(parts: LayerParts): Promise<Layer | GapReason | undefined> {
  let file: number | undefined;
  try {
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    file = openSync(placeBuffer(parts.place), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    const stat = fstatSync(file, { bigint: true });
    if (!stat.isFile()) return "special-file";
    const known = parts.memory.get(cacheKey(stat));
    if (known !== undefined) return { ...known, read: 0 };
    const reader = readerOf(file, Number(stat.size));
    const head = await reader.read(0, Math.min(512, reader.size));
    if (archiveKind(head) === undefined) return undefined;
    const layer = await layerIn(reader, parts.sizes);
    const after = fstatSync(file, { bigint: true });
    if (cacheKey(after) !== cacheKey(stat)) return "changed-while-read";
    parts.memory.set(cacheKey(stat), layer);
    return layer;
  } catch (error) {
    return error instanceof BeyondEnd ? "unreadable" : gapOf(error);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Goes through an archive, wherever its bytes are. */
export async function layerIn(reader: Reader, sizes: ReadonlySet<number>): Promise<Layer> {
  const files: LayerMember[] = [];
  const whiteouts: string[] = [];
  const marks = new Set<number>();
  let gap: GapReason | undefined;
  const options = { limits: usualLimits, decompress };
  for await (const inner of membersOf(reader, options)) {
    if (inner.kind === "trouble") {
      gap = inner.refused.refused === "oversized" ? "limit" : "unreadable";
      continue;
    }
    const path = pathIn(inner);
    marks.add(markOf(path));
    if (/(?:^|\/)\.wh\.[^/]*$/.test(path)) {
      if (whiteouts.length < filesMax) whiteouts.push(path);
      else gap = "limit";
      continue;
    }
    const member = await atTheDoor(() => memberOf(inner, path));
    if ("refused" in member) gap = "unreadable";
    else if (files.length >= filesMax) gap = "limit";
    else if (isTold(member, sizes)) files.push(member);
  }
  return { files, whiteouts, has: (path) => marks.has(markOf(path)), gap, read: reader.size };
}

/** The member's path; a compression around the whole layer is no part of it. */
export function pathIn({ path }: Pick<Inner, "path">): string {
  const names = path.length > 1 && /^(?:gzip|zstd|xz)$/.test(path[0]!) ? path.slice(1) : path;
  return names.join("/").replace(/^(?:\.?\/)+/, "");
}

/** Models, what the register may mean, and the large unknown; as the masses of a host. */
function isTold({ kind, size }: LayerMember, sizes: ReadonlySet<number>): boolean {
  if (sizes.has(size) && size > 0) return true;
  if (size < sniffBytesMin) return false;
  return kind === "model" || (kind === "opaque" && size >= opaqueBytesMin);
}

async function memberOf({ reader }: Inner, path: string): Promise<LayerMember> {
  const { size } = reader;
  const hash = createHash("sha256");
  let head = new Uint8Array(0);
  let tail = new Uint8Array(0);
  for (let at = 0; at < size; at += chunkBytes) {
    const chunk = await reader.read(at, Math.min(chunkBytes, size - at));
    hash.update(chunk);
    if (at === 0) head = chunk.slice(0, edgeBytes);
    tail = endOf(tail, chunk);
  }
  const container = containerOf({ head, tail: size <= edgeBytes ? head : tail, size });
  const digest: Digest = `sha256:${hash.digest("hex")}`;
  return { path, size, digest, container, kind: kindOfContainer(container) };
}

/** The last bytes of what was read so far. */
function endOf(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (chunk.length >= edgeBytes) return chunk.slice(chunk.length - edgeBytes);
  const both = new Uint8Array(before.length + chunk.length);
  both.set(before);
  both.set(chunk, before.length);
  return both.slice(Math.max(0, both.length - edgeBytes));
}

/** 48 bits of a digest stand for a path: layers have a hundred thousand of them. */
function markOf(path: string): number {
  return createHash("sha1").update(path).digest().readUIntBE(0, 6);
}

function readerOf(file: number, size: number): Reader {
  return {
    size,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw new BeyondEnd("past the end");
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const count = readSync(file, bytes, at, length - at, offset + at);
        if (count === 0) throw new BeyondEnd("the file became shorter");
        at += count;
      }
      return bytes;
    },
  };
}

/** The platform's own decompression where there is one: ten times as fast. */
function decompress(
  compression: Parameters<typeof decompressBuiltin>[0],
  source: Forward,
): Forward | undefined {
  if (compression !== "gzip" && compression !== "zstd") {
    return decompressBuiltin(compression, source);
  }
  return {
    async *chunks() {
      const decoder = compression === "gzip" ? createGunzip() : createZstdDecompress();
      const done = pipeline(Readable.from(source.chunks()), decoder, () => {});
      try {
        for await (const chunk of done as AsyncIterable<Buffer>) yield chunk;
      } catch {
        throw new BeyondEnd(`a broken ${compression} stream`);
      } finally {
        decoder.destroy();
      }
    },
  };
}
