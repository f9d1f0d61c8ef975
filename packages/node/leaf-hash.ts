/**
 * Hashes of entries and nodes by the machine's own SHA-256, several times faster than portable
 * code. Equal to core's `hashLeaf` and `hashNode`, which tests hold them to.
 */
import { hash } from "node:crypto";
import { assert, bundleEntryBytesMax, hashBytes } from "@writ/core";

/** A leaf hash as a key of a map: one character of code 0 to 255 for each of its 32 bytes. */
export type LeafKey = string & { readonly __brand: "LeafKey" };

// Buffers used again for each hash: their first byte is the prefix of RFC 6962 for ever. The digest
// is asked for as text and read from there: that takes half as long as asking for a buffer.
const leafInput = new Uint8Array(1 + bundleEntryBytesMax);
const nodeInput = new Uint8Array(1 + 2 * hashBytes);
nodeInput[0] = 1;

/** SHA-256(0x00 ‖ entry) as a key. */
export function leafKeyOf(entry: Uint8Array): LeafKey {
  assert(entry.length <= bundleEntryBytesMax, "an entry has at most 65,535 bytes");
  leafInput.set(entry, 1);
  return hash("sha256", leafInput.subarray(0, 1 + entry.length), "binary") as LeafKey;
}

/** The 32 bytes of a leaf hash. */
export function leafHashOf(key: LeafKey): Uint8Array {
  return Buffer.from(key, "latin1");
}

/** SHA-256(0x00 ‖ entry), 32 bytes (RFC 6962 §2.1). */
export function hashEntry(entry: Uint8Array): Uint8Array {
  return leafHashOf(leafKeyOf(entry));
}

/** SHA-256(0x01 ‖ left ‖ right), 32 bytes (RFC 6962 §2.1). */
export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(left.length === hashBytes && right.length === hashBytes, "a child is a hash of 32 bytes");
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + hashBytes);
  return Buffer.from(hash("sha256", nodeInput, "binary"), "latin1");
}
