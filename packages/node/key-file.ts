/**
 * Private keys of machines (server, probe, executor, witness) as files: Ed25519 in PEM PKCS#8, mode
 * 0600. A human's key is never here: it stays in hardware.
 */

import type { KeyObject } from "node:crypto";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type Refused, refused, type SignEd25519 } from "@writ/core";

export type SigningKey = {
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  readonly sign: SignEd25519;
};

/** A PEM of an Ed25519 key has 119 bytes. */
const keyFileBytesMax = 4096;

/** Makes a key and its file, durably. Rejects if the file exists: a key is never written over. */
export async function createKeyFile(path: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(privateKey.export({ format: "pem", type: "pkcs8" }));
    await file.sync();
  } finally {
    await file.close();
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return signingKey(privateKey);
}

/**
 * Reads a key. Refuses `exposed-key` if others than the owner may read or write the file, and
 * `malformed` if it holds no Ed25519 key. Rejects if there is no file.
 */
export async function readKeyFile(path: string): Promise<SigningKey | Refused> {
  const file = await open(path, "r");
  try {
    // Asked of the open file, not of the path: the two could be made to differ.
    const { mode, size } = await file.stat();
    if ((mode & 0o077) !== 0) {
      return refused("exposed-key", "others than the owner can use the key file: chmod 600 it");
    }
    if (size > keyFileBytesMax) return refused("oversized", "the key file is no PEM of one key");
    const key = privateKeyOf(await file.readFile());
    if (key?.asymmetricKeyType !== "ed25519") {
      return refused("malformed", "the key file is no Ed25519 private key in PEM (PKCS#8)");
    }
    return signingKey(key);
  } finally {
    await file.close();
  }
}

function privateKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: "pem" });
  } catch {
    return undefined;
  }
}

function signingKey(privateKey: KeyObject): SigningKey {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(der.subarray(-32)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}
