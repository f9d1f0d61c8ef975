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

const stepBytes = 1024 * 1024;
/** Chunks of so many bytes are held at a time: about four megabytes of them. */
const stretchBytes = 1024 * 1024 * 1024;

let hashing: Hashing | undefined;

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
  hashing ??= makeFastHashing(() => createHash("sha256"));
  const pass = new ContentPass(ranges, hashing);
  for (let at = 0; at < length; at += stepBytes) {
    pass.push(await reader.read(start + at, Math.min(stepBytes, length - at)));
  }
  return pass.finish();
}
