/** The one pass over bytes that gives all exact digests, and the bounded one that gives chunks. */
import { createHash } from "node:crypto";
import {
  type ContentDigests,
  ContentPass,
  type Hashing,
  type Model,
  makeFastHashing,
  type Reader,
  tensorRangesOf,
} from "@writ/weights";
import { nativeKeyedBlake3 } from "./native-blake3.ts";

/** Chunks of so many bytes are held at a time: about four megabytes of them. */
const stretchBytes = 1024 * 1024 * 1024;

let made: Hashing | undefined;

function hashing(): Hashing {
  made ??= makeFastHashing(() => createHash("sha256"), nativeKeyedBlake3());
  return made;
}

/** All digests of a file; its chunks are held at once, a few hundred bytes for each 64 KiB. */
export async function readWhole(reader: Reader, model?: Model): Promise<ContentDigests> {
  const part = model?.parts.findIndex((one) => one.reader === reader) ?? -1;
  const ranges = model === undefined || part < 0 ? [] : tensorRangesOf(model, part);
  return passOver(reader, 0, reader.size, ranges);
}

/** The chunks of bytes of any length, a stretch at a time: cuts fall into step again by content. */
export async function* stretchesOf(reader: Reader): AsyncGenerator<ContentDigests> {
  for (let at = 0; at < reader.size; at += stretchBytes) {
    yield await passOver(reader, at, Math.min(stretchBytes, reader.size - at), []);
  }
}

async function passOver(
  reader: Reader,
  start: number,
  length: number,
  ranges: ReturnType<typeof tensorRangesOf>,
): Promise<ContentDigests> {
  const pass = new ContentPass(ranges, hashing());
  for (let at = 0; at < length; ) at += await pass.read(reader, start + at, length - at);
  return pass.finish();
}

/** Bytes to be cut; `follows` if they go on where those before them ended. */
export type Piece = { readonly bytes: Uint8Array; readonly follows: boolean };

/** The chunks of bytes that lie in pieces: each row of pieces that follow is cut by itself. */
export function chunksOf(pieces: () => Iterable<Piece>): ContentDigests["chunks"] {
  const chunks: ContentDigests["chunks"][number][] = [];
  let pass = new ContentPass([], hashing());
  for (const { bytes, follows } of pieces()) {
    if (!follows) {
      for (const chunk of pass.finish().chunks) chunks.push(chunk);
      pass = new ContentPass([], hashing());
    }
    pass.push(bytes);
  }
  for (const chunk of pass.finish().chunks) chunks.push(chunk);
  return chunks;
}
