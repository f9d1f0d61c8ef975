/**
 * The value digest of one tensor: free of its name, container, shard and place. Two digests are
 * kept: `exact` over the values as stored, tagged with their type; `values` over the same values
 * in the narrowest float form that holds them all, so a BF16 tensor and its F32 copy agree.
 *
 * The hash is Xet's file hash of those bytes. A file's own chunks, once cut alike inside the
 * tensor, are hashed once for both, so this rung costs little beyond the first.
 */
import type { Hashing } from "./hashing.ts";
import { type Form, formsBelow, narrow, narrowable } from "./narrow.ts";
import { Chunker } from "./xet-chunker.ts";
import { type ChunkNode, chunkHash, fileHash } from "./xet-hash.ts";

export type TensorDigest = {
  /** Element or block type as stored. */
  readonly type: string;
  /** Over the stored bytes, little endian, row-major. */
  readonly exact: Uint8Array;
  /** The form that `values` is over: `F16`, `BF16`, `F32`, or the type itself. */
  readonly form: string;
  readonly values: Uint8Array;
};

/** A tree being grown over one stream of bytes. */
class Tree {
  readonly nodes: ChunkNode[] = [];
  readonly chunker: Chunker;
  constructor(hashing: Hashing) {
    this.chunker = new Chunker((chunk) => {
      this.nodes.push({ hash: chunkHash(chunk, hashing.keyed), size: chunk.length });
    }, hashing.findCut);
  }

  finish(hashing: Hashing): Uint8Array {
    this.chunker.finish();
    return fileHash(this.nodes, hashing.keyed);
  }
}

/** Digests one tensor from its bytes in order (contiguous, little endian). */
export class ValueDigest {
  readonly #hashing: Hashing;
  readonly #type: string;
  readonly #stored: Tree;
  readonly #narrowed: { readonly form: Form; readonly tree: Tree }[];
  #rest: Uint8Array = new Uint8Array(0);

  constructor(type: string, hashing: Hashing) {
    this.#hashing = hashing;
    this.#type = type;
    this.#stored = new Tree(hashing);
    this.#narrowed = formsBelow(type).map((form) => ({ form, tree: new Tree(hashing) }));
  }

  /** True if the stream stands at a cut, so that a chunk from outside may be taken as it is. */
  get atCut(): boolean {
    return this.#stored.chunker.held === 0;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    this.#stored.chunker.push(bytes);
    this.#pushNarrowed(bytes);
  }

  /** Takes bytes that somebody cut and hashed already as one chunk, beginning at a cut. */
  take(bytes: Uint8Array, node: ChunkNode): void {
    this.#stored.nodes.push(node);
    this.#pushNarrowed(bytes);
  }

  finish(): TensorDigest {
    const exact = this.#stored.finish(this.#hashing);
    const best = this.#narrowed[0];
    return best === undefined
      ? { type: this.#type, exact, form: this.#type, values: exact }
      : { type: this.#type, exact, form: best.form, values: best.tree.finish(this.#hashing) };
  }

  /** Feeds each narrower form, and drops it at the first value that it cannot hold. */
  #pushNarrowed(bytes: Uint8Array): void {
    if (this.#narrowed.length === 0) return;
    const width = narrowable[this.#type]!;
    let whole = bytes;
    if (this.#rest.length > 0 || bytes.length % width !== 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      const end = joined.length - (joined.length % width);
      whole = joined.subarray(0, end);
      this.#rest = joined.slice(end);
    }
    for (let i = this.#narrowed.length - 1; i >= 0; i -= 1) {
      const { form, tree } = this.#narrowed[i]!;
      const narrowed = narrow(this.#type, form, whole);
      if (narrowed === undefined) this.#narrowed.splice(i, 1);
      else tree.chunker.push(narrowed);
    }
  }
}
