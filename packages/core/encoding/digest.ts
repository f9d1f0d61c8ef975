/** SHA-256 digests as text, the way every document of Writ names bytes. */
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { toHex } from "./bytes.ts";

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** The digest of some bytes, as text. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${toHex(nobleSha256(bytes))}`;
}

/** True for text of the form of a {@link Digest}. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && /^sha256:[0-9a-f]{64}$/.test(text);
}
