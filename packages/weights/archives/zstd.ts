/**
 * Zstandard (RFC 8878) as a stream. The decoder is fzstd, which allocates whatever window a frame
 * asks for, up to 2 GB: so every frame header is read here before the decoder sees it.
 */
import { Decompress } from "fzstd";
import { unreachable } from "../core.ts";
import { must, stop } from "../formats/stop.ts";
import type { Forward } from "../reader.ts";

/** zstd itself refuses more than 128 MB unless told otherwise (`--long=27` is its limit). */
const windowBytesMax = 134_217_728;

/** Given to the decoder at a time; a block of 128 KB may come out of four bytes. */
const stepBytes = 16_384;

/** Most that one step may give: a block of four bytes expands to 128 KB. */
const stepOutputMax = 134_217_728;

/** Yields the decompressed bytes; refuses broken data and windows past 128 MB. */
export function unzstd(source: Forward): Forward {
  return { chunks: () => decompressed(source) };
}

async function* decompressed(source: Forward): AsyncGenerator<Uint8Array> {
  const out: Uint8Array[] = [];
  let given = 0;
  const decoder = new Decompress((chunk) => {
    given += chunk.length;
    if (given > stepOutputMax) stop("oversized", "zstd data that expands beyond measure");
    if (chunk.length > 0) out.push(chunk.slice());
  });
  const guard = newFrameGuard();
  for await (const chunk of source.chunks()) {
    for (let at = 0; at < chunk.length; at += stepBytes) {
      const piece = chunk.subarray(at, at + stepBytes);
      guard(piece);
      given = 0;
      let broken = false;
      try {
        decoder.push(piece.slice(), false);
      } catch {
        broken = true;
      }
      must(!broken, "broken zstd data");
      yield* out.splice(0);
    }
  }
}

type GuardState = {
  /** Bytes of a header that is not whole yet. */
  readonly held: number[];
  stage: "magic" | "header" | "block" | "checksum" | "skippable";
  /** Bytes to pass over before the next header. */
  skip: number;
  hasChecksum: boolean;
};

/** Walks frames and blocks by their headers alone, and refuses windows that are too large. */
function newFrameGuard(): (bytes: Uint8Array) => void {
  const state: GuardState = { held: [], stage: "magic", skip: 0, hasChecksum: false };
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      if (state.skip > 0) {
        const passed = Math.min(state.skip, bytes.length - at);
        state.skip -= passed;
        at += passed;
        continue;
      }
      state.held.push(bytes[at]!);
      at += 1;
      if (state.held.length >= needed(state)) {
        judge(state);
        state.held.length = 0;
      }
    }
  };
}

/** Bytes of the header of this stage; that of a frame tells its length in its first byte. */
function needed({ stage, held }: GuardState): number {
  if (stage === "magic" || stage === "checksum" || stage === "skippable") return 4;
  if (stage === "block") return 3;
  const descriptor = held[0]!;
  const single = (descriptor & 0x20) !== 0;
  const sizeField = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  return 1 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + sizeField;
}

function judge(state: GuardState): void {
  const { held } = state;
  const word = held.reduce((sum, byte, index) => sum + byte * 256 ** index, 0);
  switch (state.stage) {
    case "magic":
      if (word === 0xfd2f_b528) state.stage = "header";
      else if (Math.floor(word / 16) === 0x0184_d2a5) state.stage = "skippable";
      else must(false, "no zstd frame");
      return;
    case "skippable":
      state.skip = word;
      state.stage = "magic";
      return;
    case "header":
      must(windowOf(held) <= windowBytesMax, "a zstd window past 128 MB");
      state.hasChecksum = (held[0]! & 4) !== 0;
      state.stage = "block";
      return;
    case "block": {
      const kind = (word >> 1) & 3;
      // A run of one byte (kind 1) holds that byte alone.
      state.skip = kind === 1 ? 1 : word >> 3;
      if ((word & 1) !== 0) state.stage = state.hasChecksum ? "checksum" : "magic";
      return;
    }
    case "checksum":
      state.stage = "magic";
      return;
    default:
      unreachable(state.stage);
  }
}

function windowOf(header: readonly number[]): number {
  const descriptor = header[0]!;
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const byte = header[1]!;
    const base = 2 ** (10 + (byte >> 3));
    return base + (base / 8) * (byte & 7);
  }
  const start = 1 + [0, 1, 2, 4][descriptor & 3]!;
  const kind = descriptor >> 6;
  const size = header.slice(start).reduce((sum, byte, index) => sum + byte * 256 ** index, 0);
  return kind === 1 ? size + 256 : size;
}
