/**
 * A batch as a few buffers, so that a thread hands it to another one by moving them: a message of a
 * thousand arrays costs more than the insert of their bytes.
 */
import type { Batch, TileRoot } from "./journal-store.ts";

export type PackedBatch = {
  readonly expectedSize: number;
  /** Bytes of each entry. */
  readonly lengths: Uint32Array<ArrayBuffer>;
  /** The leaf hashes, one after the other. */
  readonly leafHashes: Uint8Array<ArrayBuffer>;
  /** The entries, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tileRoots: readonly TileRoot[];
};

/** A copy of a batch: nothing of the batch itself is moved away from the caller. */
export function packBatch({ expectedSize, entries, tileRoots }: Batch): PackedBatch {
  return {
    expectedSize,
    lengths: Uint32Array.from(entries, ({ bytes }) => bytes.length),
    leafHashes: joined(entries.map(({ leafHash }) => leafHash)),
    bytes: joined(entries.map(({ bytes }) => bytes)),
    // A message takes the whole buffer that an array is a view of, be it a pool of many.
    tileRoots: tileRoots.map((root) => ({ ...root, hash: new Uint8Array(root.hash) })),
  };
}

/** What is moved when a packed batch is sent. */
export function buffersOf({ lengths, leafHashes, bytes }: PackedBatch): ArrayBuffer[] {
  return [lengths.buffer, leafHashes.buffer, bytes.buffer];
}

/** Arrays in one new array that shares its buffer with nothing. */
export function joined(arrays: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const array of arrays) length += array.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
