/**
 * The slow tree: RFC 6962 §2.1 written down as the RFC writes it, with node's SHA-256. It shares no
 * line with the tree under test.
 */
import { createHash } from "node:crypto";

function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Largest power of two smaller than n (n > 1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH(D[n]). */
export function treeHash(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256();
  if (entries.length === 1) return sha256(new Uint8Array([0]), entries[0]!);
  const k = split(entries.length);
  return sha256(new Uint8Array([1]), treeHash(entries.slice(0, k)), treeHash(entries.slice(k)));
}

/** PATH(m, D[n]). */
export function inclusionPath(m: number, entries: readonly Uint8Array[]): Uint8Array[] {
  if (entries.length <= 1) return [];
  const k = split(entries.length);
  const left = entries.slice(0, k);
  const right = entries.slice(k);
  return m < k
    ? [...inclusionPath(m, left), treeHash(right)]
    : [...inclusionPath(m - k, right), treeHash(left)];
}

/** PROOF(m, D[n]), for 0 < m <= n. */
export function consistencyPath(m: number, entries: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, entries, true);
}

function subproof(m: number, entries: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  const n = entries.length;
  if (m === n) return whole ? [] : [treeHash(entries)];
  const k = split(n);
  const left = entries.slice(0, k);
  const right = entries.slice(k);
  return m <= k
    ? [...subproof(m, left, whole), treeHash(right)]
    : [...subproof(m - k, right, false), treeHash(left)];
}

/** SUBTREE_SUBPROOF(start, end, D_n, b) of draft-ietf-plants-merkle-tree-certs, for start < end. */
export function subtreeConsistencyPath(
  start: number,
  end: number,
  entries: readonly Uint8Array[],
  whole = true,
): Uint8Array[] {
  const n = entries.length;
  if (start === 0 && end === n) return whole ? [] : [treeHash(entries)];
  const k = split(n);
  const left = entries.slice(0, k);
  const right = entries.slice(k);
  if (end <= k) return [...subtreeConsistencyPath(start, end, left, whole), treeHash(right)];
  if (k <= start) {
    return [...subtreeConsistencyPath(start - k, end - k, right, whole), treeHash(left)];
  }
  return [...subtreeConsistencyPath(0, end - k, right, false), treeHash(left)];
}

/** Entry i of a test tree: two bytes, all different. */
export function testEntries(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array([i >> 8, i & 255]));
}
