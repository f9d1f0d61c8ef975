/** The deflate family, decompressed in pure JavaScript, as a stream of bounded chunks. */
import { Gunzip, Inflate, Unzlib } from "fflate/browser";
import { must } from "../formats/stop.ts";
import type { Forward } from "../reader.ts";
import type { Compression } from "./decompress.ts";

/**
 * Compressed bytes given to the decoder at a time. Deflate expands at most 1,032 times, so that
 * what comes out of one step stays below 68 MB, and below 5 MB once a stream has shown what it is.
 */
const stepBytes = 65_536;
const smallStepBytes = 4_096;
const muchBytes = 4_194_304;

/** Yields the decompressed bytes of deflate, zlib or gzip; `undefined` for anything else. */
export function inflate(compression: Compression, source: Forward): Forward | undefined {
  if (compression !== "deflate" && compression !== "zlib" && compression !== "gzip") {
    return undefined;
  }
  return { chunks: () => inflated(compression, source) };
}

async function* inflated(
  compression: "deflate" | "zlib" | "gzip",
  source: Forward,
): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  const keep = (chunk: Uint8Array): void => {
    if (chunk.length > 0) out.push(chunk);
  };
  const decoder = newDecoder(compression, keep);
  let size = stepBytes;
  for await (const chunk of source.chunks()) {
    for (let at = 0; at < chunk.length; ) {
      step(decoder, chunk.subarray(at, at + size));
      at += size;
      const given = out.reduce((sum, { length }) => sum + length, 0);
      size = given > muchBytes ? smallStepBytes : stepBytes;
      yield* out.splice(0);
    }
  }
}

type Decoder = { push(chunk: Uint8Array, final: boolean): void };

function newDecoder(
  compression: "deflate" | "zlib" | "gzip",
  keep: (chunk: Uint8Array) => void,
): Decoder {
  if (compression === "deflate") return new Inflate(keep);
  return compression === "zlib" ? new Unzlib(keep) : new Gunzip(keep);
}

/** fflate throws plain errors for broken input; what is shared with the caller is copied first. */
function step(decoder: Decoder, chunk: Uint8Array): void {
  let broken = false;
  try {
    decoder.push(chunk.slice(), false);
  } catch {
    broken = true;
  }
  must(!broken, "broken deflate data");
}

/** All of a small compressed run at once; refuses if more than `most` bytes come out of it. */
export function inflateWhole(
  compression: "deflate" | "zlib" | "gzip",
  bytes: Uint8Array,
  most: number,
): Uint8Array {
  const out = new Uint8Array(most);
  let length = 0;
  const decoder = newDecoder(compression, (chunk) => {
    must(length + chunk.length <= most, "compressed data that expands past its size");
    out.set(chunk, length);
    length += chunk.length;
  });
  for (let at = 0; at < bytes.length; at += stepBytes) {
    step(decoder, bytes.subarray(at, at + stepBytes));
  }
  return out.subarray(0, length);
}
