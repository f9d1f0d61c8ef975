/**
 * All exact rungs in one pass over a file's bytes: SHA-256, the Xet file hash, the chunks, and the
 * value digest of every tensor whose bytes lie in order in this file.
 */
import { assert } from "../core.ts";
import type { Reader } from "../reader.ts";
import { type Hashing, plainHashing, type RunningHash } from "./hashing.ts";
import { StepChunker } from "./step-chunker.ts";
import { type TensorDigest, ValueDigest } from "./tensor-values.ts";
import { type ChunkNode, chunkHash, fileHash, xetText } from "./xet-hash.ts";

/** A contiguous, little-endian, row-major tensor in the file. */
export type TensorRange = {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
};

/** A chunk and what it is good for. */
export type SeenChunk = ChunkNode & {
  readonly offset: number;
  /**
   * False for a chunk of one repeated byte, or one that is not wholly inside tensors where tensors
   * are known: padding and tokenisers are alike in unrelated models, and prove nothing.
   */
  readonly telling: boolean;
};

export type ContentDigests = {
  readonly size: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** As Hugging Face publishes it: 64 hex digits. */
  readonly xet: string;
  readonly chunks: readonly SeenChunk[];
  /** In the order of the ranges given. */
  readonly tensors: readonly TensorDigest[];
};

type Open = { readonly index: number; readonly range: TensorRange; readonly digest: ValueDigest };

/** One pass: `push` the bytes in order, then `finish`. */
export class ContentPass {
  readonly #hashing: Hashing;
  readonly #sha256: RunningHash;
  readonly #chunker: StepChunker;
  readonly #chunks: SeenChunk[] = [];
  readonly #ranges: readonly { readonly index: number; readonly range: TensorRange }[];
  readonly #done: TensorDigest[];
  #open: Open[] = [];
  #next = 0;
  #position = 0;

  constructor(ranges: readonly TensorRange[], hashing: Hashing = plainHashing) {
    this.#hashing = hashing;
    this.#sha256 = hashing.sha256();
    this.#chunker = new StepChunker((chunk) => this.#takeChunk(chunk), hashing);
    this.#ranges = ranges
      .map((range, index) => ({ index, range }))
      .sort((a, b) => a.range.offset - b.range.offset);
    this.#done = new Array<TensorDigest>(ranges.length);
  }

  /** Takes the next bytes of the file. */
  push(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#chunker.push(bytes);
  }

  /**
   * Takes at most `most` bytes of a reader from `offset` on, as many as there is room for.
   * Tells how many.
   */
  async read(reader: Reader, offset: number, most: number): Promise<number> {
    const space = this.#chunker.space;
    const count = Math.min(space.length, most);
    const into = space.subarray(0, count);
    if (reader.readInto === undefined) into.set(await reader.read(offset, count));
    else reader.readInto(offset, into);
    this.#sha256.update(into);
    this.#chunker.take(count);
    return count;
  }

  /** Ends the pass. Every range must have lain within the bytes. */
  finish(): ContentDigests {
    this.#chunker.finish();
    this.#openUpTo(Number.POSITIVE_INFINITY);
    for (const { index, range, digest } of this.#open) {
      assert(range.offset + range.length <= this.#position, "tensor within the file");
      this.#done[index] = digest.finish();
    }
    return {
      size: this.#position,
      sha256: Uint8Array.from(this.#sha256.digest()),
      xet: xetText(fileHash(this.#chunks, this.#hashing.keyed)),
      chunks: this.#chunks,
      tensors: this.#done,
    };
  }

  #takeChunk(bytes: Uint8Array): void {
    const offset = this.#position;
    const end = offset + bytes.length;
    const node = { hash: chunkHash(bytes, this.#hashing.keyed), size: bytes.length };
    this.#position = end;
    this.#openUpTo(end);
    let inside = this.#ranges.length === 0 ? bytes.length : 0;
    const left: Open[] = [];
    for (const open of this.#open) {
      const { range, digest } = open;
      const from = Math.max(offset, range.offset);
      const to = Math.min(end, range.offset + range.length);
      // Cut alike from the same place, this chunk is also the tensor's: its hash serves for both.
      if (from === offset && to === end && digest.atCut) digest.take(bytes, node);
      else if (to > from) digest.push(bytes.subarray(from - offset, to - offset));
      inside += Math.max(0, to - from);
      if (range.offset + range.length > end) left.push(open);
      else this.#done[open.index] = digest.finish();
    }
    this.#open = left;
    this.#chunks.push({ ...node, offset, telling: inside >= bytes.length && !isFlat(bytes) });
  }

  #openUpTo(end: number): void {
    while (this.#next < this.#ranges.length) {
      const { index, range } = this.#ranges[this.#next]!;
      if (range.offset >= end) return;
      this.#open.push({ index, range, digest: new ValueDigest(range.type, this.#hashing) });
      this.#next += 1;
    }
  }
}

/** True if all bytes are the same. */
function isFlat(bytes: Uint8Array): boolean {
  const first = bytes[0]!;
  for (let i = 1; i < bytes.length; i += 1) if (bytes[i] !== first) return false;
  return true;
}
