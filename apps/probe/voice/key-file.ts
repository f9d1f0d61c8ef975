/** The probe's Ed25519 key: made here, kept here (0600), never shown. Nobody else signs sight. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { statSync } from "node:fs";
import { type KeyId, keyIdOf, type Refused, refused } from "@writ/core";
import { readIfThere, writeDurably } from "./durable-file.ts";

export type ProbeKey = {
  readonly id: KeyId;
  /** 32 raw bytes. */
  readonly publicKey: Uint8Array;
  /** True if there was none yet: its chain then begins at nought, whatever a server says. */
  readonly isNew: boolean;
  sign(message: Uint8Array): Uint8Array;
};

/** Opens the key file, or makes a key. Refuses one that others can read: it may be theirs too. */
export function openKeyFile(path: string): ProbeKey | Refused {
  const pem = readIfThere(path);
  if (pem === undefined) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeDurably(path, privateKey.export({ format: "pem", type: "pkcs8" }));
    return probeKey(privateKey, true);
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    return refused("exposed-key", "others than the owner can use the key file: chmod 600 it");
  }
  const key = privateKeyOf(pem);
  return key?.asymmetricKeyType === "ed25519"
    ? probeKey(key, false)
    : refused("malformed", "the key file is no Ed25519 private key in PEM (PKCS#8)");
}

function privateKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: "pem" });
  } catch {
    return undefined;
  }
}

function probeKey(key: KeyObject, isNew: boolean): ProbeKey {
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(der.subarray(-32));
  return {
    id: keyIdOf("ed25519", publicKey),
    publicKey,
    isNew,
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
