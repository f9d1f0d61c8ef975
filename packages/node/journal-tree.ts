/** The journal's Merkle tree as it is served: roots, proofs and tiles, read from stored nodes. */
import {
  assert,
  encodeEntryBundle,
  isRefused,
  type NodeAt,
  nodesFromTiles,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  type Refused,
  refused,
  rootAt,
  tileWidth,
  tileWidthAt,
} from "@writ/core";
import type { JournalStore, StoredEntry } from "./journal-store.ts";

/** Complete tiles kept in memory: 8 MiB. They never change, so they are never stale. */
const tilesKeptMax = 1024;

/** Reads of the journal at sizes up to `sizeNow()`; what is beyond is refused. */
export class JournalTree {
  readonly #store: JournalStore;
  readonly #sizeNow: () => number;
  readonly #tiles = new Map<string, Uint8Array>();
  readonly #nodeAt: NodeAt;

  constructor(store: JournalStore, sizeNow: () => number) {
    this.#store = store;
    this.#sizeNow = sizeNow;
    this.#nodeAt = nodesFromTiles((level, from, to) => this.#hashes(level, from, to));
  }

  /** The root of the first `size` entries. */
  async root(size: number): Promise<Uint8Array | Refused> {
    return this.#beyond(size) ?? rootAt(size, this.#nodeAt);
  }

  /** Proof that entry `index` is among the first `size` (RFC 6962 §2.1.1). */
  async inclusionProof(index: number, size: number): Promise<Uint8Array[] | Refused> {
    const beyond = this.#beyond(size) ?? outside(index, size);
    return beyond ?? proveInclusion(index, size, this.#nodeAt);
  }

  /** Proof that the first `newer` entries begin with the first `older`; 0 < older <= newer. */
  async consistencyProof(older: number, newer: number): Promise<Uint8Array[] | Refused> {
    const beyond = this.#beyond(newer) ?? outside(older - 1, newer);
    return beyond ?? proveConsistency(older, newer, this.#nodeAt);
  }

  /** The bytes of a tile or entry bundle by its path, `tile/…` (c2sp.org/tlog-tiles). */
  async tile(path: string): Promise<Uint8Array | Refused> {
    const tile = parseTilePath(path);
    if (isRefused(tile)) return tile;
    const level = tile.kind === "hashes" ? tile.level : 0;
    if (tile.width > tileWidthAt(this.#sizeNow(), level, tile.index)) {
      return refused("unknown-reference", "the journal has no such tile yet");
    }
    const from = tile.index * tileWidth;
    const to = from + tile.width;
    if (tile.kind === "hashes") return this.#hashes(level * 8, from, to);
    const bundle: Uint8Array[] = [];
    for await (const page of this.pages(from, to)) bundle.push(...page.map(({ bytes }) => bytes));
    return encodeEntryBundle(bundle);
  }

  /** Entries `from` up to, not including, `to`, in order, a page at a time: flat in memory. */
  async *pages(from: number, to: number): AsyncGenerator<readonly StoredEntry[]> {
    assert(from <= to && to <= this.#sizeNow(), "only entries that are there can be read");
    for (let next = from; next < to; ) {
      const page = await this.#store.readPage(next, to);
      assert(page.length > 0 && next + page.length <= to, "a page is within what was asked for");
      yield page;
      next += page.length;
    }
  }

  #beyond(size: number): Refused | undefined {
    if (Number.isSafeInteger(size) && size >= 0 && size <= this.#sizeNow()) return undefined;
    return refused("unknown-reference", `the journal has ${this.#sizeNow()} entries`);
  }

  async #hashes(level: number, from: number, to: number): Promise<Uint8Array> {
    const index = Math.floor(from / tileWidth);
    const start = index * tileWidth;
    const complete = tileWidthAt(this.#sizeNow(), level / 8, index) === tileWidth;
    if (!complete) return this.#store.readHashes(level, from, to);
    const key = `${level}/${index}`;
    const kept = this.#tiles.get(key);
    const tile = kept ?? (await this.#store.readHashes(level, start, start + tileWidth));
    // Used last, dropped last.
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    if (this.#tiles.size > tilesKeptMax) this.#tiles.delete(this.#tiles.keys().next().value!);
    return tile.subarray((from - start) * 32, (to - start) * 32);
  }
}

function outside(index: number, size: number): Refused | undefined {
  if (Number.isSafeInteger(index) && index >= 0 && index < size) return undefined;
  return refused("unknown-reference", `not within the first ${size} entries`);
}
