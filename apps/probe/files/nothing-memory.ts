/**
 * Files that were looked into and are no mass: nearly all files of a host. Each is known by 64 bits
 * of its state (device, inode, size, mtime, ctime) under a key that only this probe has, so that
 * nobody can make a file that passes for one of them; a million take some sixteen megabytes.
 */
import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files remembered; those beyond are looked into each time. */
const entriesMax = 4_000_000;
/** Names the rules by which files were judged: whoever changes these rules changes it. */
const magic = Buffer.from("writnil1");
const keyBytes = 8;
const entryBytes = 8;
/** A look that is killed has to look into so many again. */
const pendingMax = 8192;

export type NothingMemory = {
  has(stat: BigIntStats): boolean;
  add(stat: BigIntStats): void;
  /** Keeps what the look that ends now asked for or added, and drops the rest. */
  settle(): void;
  readonly size: number;
};

/** A memory kept in `folder` (the probe's own data), if one is given. */
export function openNothingMemory(folder?: string): NothingMemory {
  const path = folder === undefined ? undefined : join(folder, "nothing.bin");
  const { key, table } = load(path);
  let known = table;
  let current = openTable();
  let pending: number[] = [];
  let isNews = false;
  const hash = openHash(key);
  const flush = (): void => {
    if (path === undefined || pending.length === 0) return;
    appendFileSync(path, Buffer.from(new Uint32Array(pending).buffer), { mode: 0o600 });
    pending = [];
  };
  return {
    has(stat) {
      hash.of(stat);
      const isKnown = current.has(hash.low, hash.high);
      if (isKnown || !known.has(hash.low, hash.high)) return isKnown;
      current.add(hash.low, hash.high);
      return true;
    },
    add(stat) {
      hash.of(stat);
      if (current.size >= entriesMax || !current.add(hash.low, hash.high)) return;
      isNews = true;
      pending.push(hash.low, hash.high);
      if (pending.length >= 2 * pendingMax) flush();
    },
    settle() {
      if (path !== undefined && (isNews || current.size < known.size)) save(path, key, current);
      [known, current, pending, isNews] = [current, openTable(), [], false];
    },
    get size() {
      return current.size;
    },
  };
}

/** Two lanes of a keyed mix (the finaliser of MurmurHash3): no text is made of a million states. */
function openHash(key: Buffer) {
  const state = new BigInt64Array(5);
  const words = new Uint32Array(state.buffer);
  const [seedLow, seedHigh] = [key.readUInt32LE(0), key.readUInt32LE(4)];
  const hash = {
    low: 0,
    high: 0,
    of({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): void {
      [state[0], state[1], state[2], state[3], state[4]] = [dev, ino, size, mtimeNs, ctimeNs];
      let [low, high] = [seedLow, seedHigh];
      for (const word of words) {
        low = mixed(low ^ word);
        high = mixed(Math.imul(high, 31) ^ word ^ low);
      }
      // Zero in both stands for an empty slot.
      hash.low = low >>> 0 || 1;
      hash.high = high >>> 0;
    },
  };
  return hash;
}

function mixed(word: number): number {
  let mix = word ^ (word >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

type Table = ReturnType<typeof openTable>;

/** A set of pairs of words by open addressing, at most half full. */
function openTable() {
  let slots = new Uint32Array(2 * 1024);
  let size = 0;
  const slotOf = (low: number, high: number): number => {
    const mask = slots.length / 2 - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      if (slots[2 * at] === 0) return -at - 1;
      if (slots[2 * at] === low && slots[2 * at + 1] === high) return at;
    }
  };
  const put = (low: number, high: number): boolean => {
    const at = slotOf(low, high);
    if (at >= 0) return false;
    slots[2 * (-at - 1)] = low;
    slots[2 * (-at - 1) + 1] = high;
    size += 1;
    return true;
  };
  const table = {
    has: (low: number, high: number): boolean => slotOf(low, high) >= 0,
    /** False if it was there. */
    add(low: number, high: number): boolean {
      if (!put(low, high)) return false;
      if (size * 4 < slots.length) return true;
      const before = slots;
      slots = new Uint32Array(before.length * 2);
      size = 0;
      for (let at = 0; at < before.length; at += 2) {
        if (before[at] !== 0) put(before[at]!, before[at + 1]!);
      }
      return true;
    },
    *entries(): Generator<number> {
      for (let at = 0; at < slots.length; at += 2) {
        if (slots[at] !== 0) yield* [slots[at]!, slots[at + 1]!];
      }
    },
    get size() {
      return size;
    },
  };
  return table;
}

/** What is damaged or of other rules is forgotten: everything is looked into again. */
function load(path: string | undefined): { readonly key: Buffer; readonly table: Table } {
  const fresh = { key: randomBytes(keyBytes), table: openTable() };
  if (path === undefined) return fresh;
  const start = magic.length + keyBytes;
  try {
    const isOurs = statSync(path).size <= start + 2 * entriesMax * entryBytes;
    const bytes = isOurs ? readFileSync(path) : Buffer.alloc(0);
    if (bytes.length >= start && bytes.subarray(0, magic.length).equals(magic)) {
      const table = openTable();
      // A killed probe may have left half an entry.
      for (let at = start; at + entryBytes <= bytes.length; at += entryBytes) {
        const low = bytes.readUInt32LE(at);
        if (low !== 0) table.add(low, bytes.readUInt32LE(at + 4));
      }
      return { key: bytes.subarray(magic.length, start), table };
    }
  } catch {
    // There is none yet.
  }
  save(path, fresh.key, fresh.table);
  return fresh;
}

function save(path: string, key: Buffer, table: Table): void {
  const words = new Uint32Array(table.size * 2);
  let at = 0;
  for (const word of table.entries()) {
    words[at] = word;
    at += 1;
  }
  writeFileSync(`${path}.new`, Buffer.concat([magic, key, Buffer.from(words.buffer)]), {
    mode: 0o600,
  });
  renameSync(`${path}.new`, path);
}
