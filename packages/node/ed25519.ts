/**
 * Ed25519 by the machine's own library: the port that core's signature checks take. It must
 * accept nothing that core's portable verifier refuses, such as public keys of small order, which
 * sign any message without a secret: OpenSSL 3.5 refuses those too, and a test holds it to that.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { VerifyEd25519 } from "@writ/core";

/** Public keys kept parsed, which is most of the cost of using one: an estate has hundreds. */
const keysKeptMax = 4096;
/** The DER of an Ed25519 public key up to its 32 bytes (RFC 8410 §4). */
const publicKeyPrefix = Buffer.from("302a300506032b6570032100", "hex");

const keys = new Map<string, KeyObject>();

/** True if the signature is the key's over the message. Some 6,000 a second; never throws. */
export const verifyNative: VerifyEd25519 = (publicKey, message, signature) => {
  const key = keyObject(publicKey);
  return key !== undefined && signature.length === 64 && verify(null, message, key, signature);
};

/** The same on the thread pool, so that many are checked at once while the program goes on. */
export function verifyInPool(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = keyObject(publicKey);
  if (key === undefined || signature.length !== 64) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    verify(null, message, key, signature, (error, good) => (error ? reject(error) : resolve(good)));
  });
}

function keyObject(publicKey: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(publicKey).toString("latin1");
  const kept = keys.get(name);
  if (kept !== undefined) return kept;
  if (publicKey.length !== 32) return undefined;
  const der = Buffer.concat([publicKeyPrefix, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  keys.set(name, key);
  if (keys.size > keysKeptMax) keys.delete(keys.keys().next().value!);
  return key;
}
