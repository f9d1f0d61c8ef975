/** Ed25519 (RFC 8032), with one verdict on every machine. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes } from "../encoding/bytes.ts";

/** True if `signature` (64 bytes) is `publicKey`'s (32 bytes) over `message`. Never throws. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** Signs with one key that the caller holds: 64 bytes. */
export type SignEd25519 = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const { Point } = ed25519;
const signatureBytes = 64;

/**
 * Verifies without the cofactor, as OpenSSL, Node and Go do: SHA-512 and the curve of @noble, and
 * R compared byte for byte. RFC 8032 allows a second equation, which takes more signatures for
 * good; a signer who made one of those could have two readers of one journal disagree for ever.
 * About 350 a second; programs that can should pass their platform's own.
 */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  if (signature.length !== signatureBytes || !isEd25519Key(publicKey)) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  // A second s for the same signature (s + order) would make signatures malleable.
  if (s >= Point.Fn.ORDER) return false;
  const k = Point.Fn.create(littleEndian(sha512(concatBytes(r, publicKey, message))));
  const kA = Point.fromBytes(publicKey).multiplyUnsafe(k);
  return equalBytes(Point.BASE.multiplyUnsafe(s).subtract(kA).toBytes(), r);
};

/**
 * True for 32 bytes that are a public key: the one encoding of a point, not one of the few of small
 * order, under which anybody can make signatures of anything.
 */
export function isEd25519Key(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  try {
    return !Point.fromBytes(bytes).isSmallOrder();
  } catch {
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
