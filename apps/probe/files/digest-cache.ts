/**
 * Digests of masses that have not changed since they were read. A mass is known by device, inode,
 * size, mtime and ctime together: an ordinary program can set mtime back, never ctime. Who can
 * set the clock or write to the raw disk can forge ctime too, and writes through a mapping may be
 * timed late; so a random share of hits is read again (see inspector.ts).
 */

import type { BigIntStats } from "node:fs";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Digest, isDigest } from "@writ/core";
import type { ContainerKind } from "../identity/weights.ts";

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
};

/** More masses than any host we know of; beyond it the oldest are read again. */
const entriesMax = 1_000_000;
/** What one entry of the file may hold: a damaged file must not fill the memory. */
const fileBytesMax = 512 * 1024 * 1024;

/** What a file is keyed by: changes whenever its bytes may have. */
export function cacheKey(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
}

/** A cache in memory, kept in `folder` (the probe's own data) if one is given. */
export function openDigestCache(folder?: string): DigestCache {
  const path = folder === undefined ? undefined : join(folder, "digests.json");
  const entries = path === undefined ? new Map<string, Known>() : load(path);
  let used = new Set<string>();
  return {
    get(key) {
      const known = entries.get(key);
      // Of a million files asked about, only the masses are remembered.
      if (known !== undefined) used.add(key);
      return known;
    },
    set(key, known) {
      used.add(key);
      entries.set(key, known);
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value!);
    },
    forget(key) {
      entries.delete(key);
    },
    settle() {
      for (const key of entries.keys()) if (!used.has(key)) entries.delete(key);
      used = new Set();
      if (path !== undefined) save(path, entries);
    },
    get size() {
      return entries.size;
    },
  };
}

/**
 * A damaged or missing file means an empty cache: everything is read again, nothing is believed.
 */
function load(path: string): Map<string, Known> {
  const entries = new Map<string, Known>();
  let rows: unknown;
  try {
    const bytes = readFileSync(path);
    if (bytes.length > fileBytesMax) return entries;
    rows = JSON.parse(bytes.toString("utf8"));
  } catch {
    return entries;
  }
  if (!Array.isArray(rows)) return entries;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row)) continue;
    const [key, digest, container, kind, entropy] = row as unknown[];
    const sound =
      typeof key === "string" &&
      /^\d+:\d+:\d+:-?\d+:-?\d+$/.test(key) &&
      typeof container === "string" &&
      container.length <= 32 &&
      isKind(kind) &&
      Number.isInteger(entropy);
    if (sound && isDigest(digest)) {
      entries.set(key, { digest, container, kind, entropy: Number(entropy) });
    }
  }
  return entries;
}

function isKind(text: unknown): text is ContainerKind {
  return text === "model" || text === "carrier" || text === "plain" || text === "opaque";
}

function save(path: string, entries: ReadonlyMap<string, Known>): void {
  const rows = [...entries].map(([key, { digest, container, kind, entropy }]) =>
    JSON.stringify([key, digest, container, kind, entropy]),
  );
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, `[\n${rows.join(",\n")}\n]\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
