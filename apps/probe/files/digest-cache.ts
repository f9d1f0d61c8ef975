/**
 * Digests of masses that have not changed since they were read. A mass is known by device, inode,
 * size, mtime and ctime together: an ordinary program can set mtime back, never ctime. Who can
 * set the clock or write to the raw disk can forge ctime too, and writes through a mapping may be
 * timed late; so a random share of hits is read again (see inspector.ts).
 */

import type { BigIntStats } from "node:fs";
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Digest, isDigest } from "@writ/core";
import type { ContainerKind } from "../identity/weights.ts";
import { type NothingMemory, openNothingMemory } from "./nothing-memory.ts";

export type Known = {
  readonly digest: Digest;
  readonly container: string;
  readonly kind: ContainerKind;
  readonly entropy: number;
};

export type DigestCache = {
  get(key: string): Known | undefined;
  set(key: string, known: Known): void;
  forget(key: string): void;
  /** Drops what the look that ends now did not ask for, and writes the rest, if it has a file. */
  settle(): void;
  readonly size: number;
  /** Files that are no mass; settled with the cache. */
  readonly nothing: NothingMemory;
};

/** More masses than any host we know of; beyond it the oldest are read again. */
const entriesMax = 1_000_000;
/** What one entry of the file may hold: a damaged file must not fill the memory. */
const fileBytesMax = 512 * 1024 * 1024;

/** What a file is keyed by: changes whenever its bytes may have. */
export function cacheKey(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

/** Written at once, in lines, so that a look that is killed need not read it again. */
const pendingBytesMax = 64 * 1024 * 1024;
const pendingMax = 256;

/** A cache in memory, kept in `folder` (the probe's own data) if one is given. */
export function openDigestCache(folder?: string): DigestCache {
  const path = folder === undefined ? undefined : join(folder, "digests.jsonl");
  const entries = path === undefined ? new Map<string, Known>() : load(path);
  const nothing = openNothingMemory(folder);
  let used = new Set<string>();
  let pending: string[] = [];
  let pendingBytes = 0;
  let isNews = false;
  const note = (key: string, known: Known): void => {
    isNews = true;
    pending.push(lineOf(key, known));
    pendingBytes += Number(key.split(":")[2]);
    if (pending.length < pendingMax && pendingBytes < pendingBytesMax) return;
    if (path !== undefined) appendFileSync(path, pending.join(""), { mode: 0o600 });
    pending = [];
    pendingBytes = 0;
  };
  return {
    nothing,
    get(key) {
      const known = entries.get(key);
      // Of a million files asked about, only the masses are remembered.
      if (known !== undefined) used.add(key);
      return known;
    },
    set(key, known) {
      used.add(key);
      entries.set(key, known);
      if (path !== undefined) note(key, known);
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value!);
    },
    forget(key) {
      isNews = entries.delete(key) || isNews;
    },
    settle() {
      nothing.settle();
      for (const key of entries.keys()) {
        if (!used.has(key)) isNews = entries.delete(key);
      }
      used = new Set();
      if (path !== undefined && isNews) save(path, entries);
      [pending, pendingBytes, isNews] = [[], 0, false];
    },
    get size() {
      return entries.size;
    },
  };
}

/**
 * A line that is damaged, or was cut off when the probe was killed, is passed over: what it told is
 * read again, and nothing is believed. Of two lines of one key the later counts.
 */
function load(path: string): Map<string, Known> {
  const entries = new Map<string, Known>();
  let text: string;
  try {
    if (statSync(path).size > fileBytesMax) return entries;
    text = readFileSync(path, "utf8");
  } catch {
    return entries;
  }
  for (const line of text.split("\n")) {
    const row = rowOf(line);
    if (row === undefined) continue;
    entries.set(...row);
  }
  return entries;
}

function rowOf(line: string): readonly [string, Known] | undefined {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!Array.isArray(row)) return undefined;
  const [key, digest, container, kind, entropy] = row as unknown[];
  const sound =
    typeof key === "string" &&
    /^\d+:\d+:\d+:-?\d+:-?\d+$/.test(key) &&
    typeof container === "string" &&
    container.length <= 32 &&
    isKind(kind) &&
    Number.isInteger(entropy);
  if (!sound || !isDigest(digest)) return undefined;
  return [key, { digest, container, kind, entropy: Number(entropy) }];
}

function isKind(text: unknown): text is ContainerKind {
  return text === "model" || text === "carrier" || text === "plain" || text === "opaque";
}

function lineOf(key: string, { digest, container, kind, entropy }: Known): string {
  return `${JSON.stringify([key, digest, container, kind, entropy])}\n`;
}

function save(path: string, entries: ReadonlyMap<string, Known>): void {
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, [...entries].map(([key, known]) => lineOf(key, known)).join(""));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
