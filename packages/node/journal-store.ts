/**
 * The port of the journal's store: what must be on disk, and nothing of what it means. Adapters:
 * `sqlite-store.ts` (one machine) and `postgres-store.ts` (many server nodes on one database). All
 * pass `journal-store.contract.ts`.
 *
 * An adapter
 * - MUST give entries contiguous indexes from 0, in the order of `append`, and MUST NOT ever
 *   change, move or remove one.
 * - MUST make `append` one durable transaction: when its promise resolves, the whole batch survives
 *   a crash of the process, of the database and of the machine; otherwise none of it is there.
 * - MUST NOT write anything if the store holds another size than the caller expects.
 * - MUST read back exactly the bytes that were written, or fail. It MUST NOT trust a name: bytes of
 *   a blob are checked against their digest on the way in and on the way out.
 * - MUST NOT judge, sign, hash entries or look inside them. Merkle nodes are given to it.
 *
 * What goes wrong outside (disk full, connection lost) rejects the promise with an `Error`. The
 * outcome of an `append` that rejects is unknown until the store is read again.
 */
import type { Digest, Refused } from "@writ/core";

/** An entry as stored. Its leaf hash is its identity: the same bytes are the same entry. */
export type StoredEntry = {
  /** 1 to 65,535 bytes, opaque to the store. */
  readonly bytes: Uint8Array;
  /** SHA-256(0x00 ‖ bytes), 32 bytes (RFC 6962 §2.1). */
  readonly leafHash: Uint8Array;
};

/**
 * The root of a complete tile: a node at a tree level that is a positive multiple of `tileHeight`
 * (8). Nodes between are recomputed from these and from leaf hashes, at most 255 hashes for one.
 */
export type TileRoot = {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
};

/** A batch to append, computed for a journal of exactly `expectedSize` entries. */
export type Batch = {
  readonly expectedSize: number;
  /** 1 to {@link batchEntriesMax} entries, no two alike and none in the journal already. */
  readonly entries: readonly StoredEntry[];
  /** Every tile root that these entries complete, and no other. */
  readonly tileRoots: readonly TileRoot[];
};

/** What became of a batch. `behind`: nothing was written; the journal holds that many entries. */
export type Appended = { readonly appended: true } | { readonly behind: number };

/** A named value computed from the first `size` entries: a cache, never a source. */
export type Projection = { readonly size: number; readonly bytes: Uint8Array };

/** A checkpoint that was shown to the world: its tree size and its whole signed text. */
export type PublishedCheckpoint = { readonly size: number; readonly text: string };

/** More gain nothing on a disk that commits in a millisecond, and make a crash lose more work. */
export const batchEntriesMax = 2048;
/** Entries of one page: 16 MiB at most, so that reading a whole history stays flat in memory. */
export const pageEntriesMax = 256;
/** A census of a million files is about 60 MB, and a blob is held whole in memory. */
export const blobBytesMax = 64 * 1024 * 1024;
/**
 * A projection is one value of a database row; PostgreSQL's limit for one is 1 GiB, in text 512.
 */
export const projectionBytesMax = 256 * 1024 * 1024;

/** Content-addressed bodies, too big for an entry. */
export type BlobStore = {
  /**
   * Stores bytes under their digest: durable when it resolves, so that the caller may append an
   * entry that names them. Storing the same bytes again does nothing. Refuses `wrong-blob` if the
   * bytes have another digest, `oversized` above {@link blobBytesMax}.
   */
  putBlob(digest: Digest, bytes: Uint8Array): Promise<undefined | Refused>;
  /** The bytes. Refuses `missing-blob`, or `wrong-blob` if the disk gives back something else. */
  getBlob(digest: Digest): Promise<Uint8Array | Refused>;
  /** Whether the blob is there; its content is checked only by {@link BlobStore.getBlob}. */
  hasBlob(digest: Digest): Promise<boolean>;
};

export type JournalStore = BlobStore & {
  /** How many entries the journal holds, other nodes' included. */
  size(): Promise<number>;
  append(batch: Batch): Promise<Appended>;
  /**
   * Where each entry stands in the journal, by leaf hash; `undefined` for one that is not in it.
   */
  indexesOf(leafHashes: readonly Uint8Array[]): Promise<readonly (number | undefined)[]>;
  /** Entries from `from` up to, not including, `to`: at least one, at most a page. */
  readPage(from: number, to: number): Promise<readonly StoredEntry[]>;
  /**
   * Hashes of nodes `from` up to, not including, `to`, at tree level `level` (0: leaf hashes; else
   * a multiple of 8), concatenated. At most 256, all complete.
   */
  readHashes(level: number, from: number, to: number): Promise<Uint8Array>;
  getProjection(name: string): Promise<Projection | undefined>;
  /** Keeps a projection in place of any before it. It may be lost: it is rebuilt. */
  putProjection(name: string, projection: Projection): Promise<void>;
  /** Forgets all projections: what an audit does before it rebuilds them. */
  dropProjections(): Promise<void>;
  /** The checkpoint published last, by whichever node. */
  latestCheckpoint(): Promise<PublishedCheckpoint | undefined>;
  /**
   * Keeps a checkpoint, durably, if it is not smaller than the one kept and not larger than the
   * journal; answers whether it did. Equal sizes replace: one tree, other cosignatures. The check
   * and the write MUST be one transaction, or two nodes could take history back together.
   */
  publishCheckpoint(checkpoint: PublishedCheckpoint): Promise<boolean>;
  /** Lets go of files and connections. Nothing may be called after it. */
  close(): Promise<void>;
};
