/**
 * What masses are copies of, by content: for each digest, and for what it was compared with. Kept
 * across starts. A damaged file means that everything is compared again.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type Digest,
  type Identity,
  identitiesShape,
  isDigest,
  isRefused,
  type Json,
} from "@writ/core";
import { readIfThere, writeDurably } from "../voice/durable-file.ts";

const entriesMax = 200_000;
const fileBytesMax = 256 * 1024 * 1024;

export type IdentityCache = {
  get(digest: Digest, against: string): readonly Identity[] | undefined;
  set(digest: Digest, against: string, known: readonly Identity[]): void;
  /** Drops what was not asked for since the last time, and writes the rest. */
  settle(): void;
};

/** Names what is compared with: the enrolled artefacts, and what the register names by digest. */
export function comparisonName(...sets: readonly (readonly string[])[]): string {
  const hash = createHash("sha256");
  for (const set of sets) hash.update(`${[...set].sort().join("\n")}\n\n`);
  return hash.digest("hex").slice(0, 32);
}

/** A cache kept in `folder`, the probe's own data. */
export function openIdentityCache(folder: string): IdentityCache {
  const path = join(folder, "identities.json");
  const entries = load(path);
  let used = new Set<string>();
  let changed = false;
  return {
    get(digest, against) {
      const key = `${digest} ${against}`;
      const known = entries.get(key);
      if (known !== undefined) used.add(key);
      return known;
    },
    set(digest, against, known) {
      const key = `${digest} ${against}`;
      used.add(key);
      entries.set(key, known);
      changed = true;
      if (entries.size > entriesMax) entries.delete(entries.keys().next().value!);
    },
    settle() {
      for (const key of entries.keys()) {
        if (!used.has(key)) changed = entries.delete(key) || changed;
      }
      used = new Set();
      if (changed) writeDurably(path, JSON.stringify([...entries]));
      changed = false;
    },
  };
}

function load(path: string): Map<string, readonly Identity[]> {
  const entries = new Map<string, readonly Identity[]>();
  let rows: unknown;
  try {
    const bytes = readIfThere(path);
    if (bytes === undefined || bytes.length > fileBytesMax) return entries;
    rows = JSON.parse(bytes.toString("utf8"));
  } catch {
    return entries;
  }
  if (!Array.isArray(rows)) return entries;
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row)) continue;
    const [key, value] = row as unknown[];
    if (typeof key !== "string" || !isDigest(key.split(" ")[0])) continue;
    const known = identitiesShape(value as Json, "known");
    if (!isRefused(known)) entries.set(key, known);
  }
  return entries;
}
