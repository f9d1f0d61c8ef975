/**
 * Public keys that sign entries. A key counts by its material, not by its wrapping: the same
 * Ed25519 point registered raw and again as an `ssh-ed25519` line is one key, with one vote.
 */
import { concatBytes, fromBase64, toHex, toUtf8 } from "../encoding/bytes.ts";
import { sha256 } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type { Shaped } from "../encoding/shape.ts";
import { matching, object, oneOf } from "../encoding/shape.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";
import { type SshKeyType, sshKeyOf, verifySshsig } from "./sshsig.ts";

/**
 * Longest public key accepted, in base64 characters: an ssh `sk-` key with its application fits.
 */
const publicKeyLengthMax = 1024;

const base64Text = matching(
  new RegExp(`^[A-Za-z0-9+/]{1,${publicKeyLengthMax}}={0,2}$`),
  "base64 text",
);

/** `ed25519`: 32 raw bytes. `ssh`: the wire form of an OpenSSH public key (RFC 4253 §6.6). */
export const publicKeyShape = object({ type: oneOf("ed25519", "ssh"), public: base64Text });
export type PublicKey = Shaped<typeof publicKeyShape>;

/** First 16 bytes of SHA-256 of the key's material, in hex: names a key in an envelope. */
export type KeyId = string & { readonly __brand: "KeyId" };

/** How a private key is kept, as far as its public half can tell. */
export type Custody = "hardware" | "software";

export type KnownKey = {
  readonly id: KeyId;
  readonly custody: Custody;
  readonly type: "ed25519" | SshKeyType;
  /** Raw Ed25519 key, or the ssh wire form. */
  readonly bytes: Uint8Array;
};

/** The SSHSIG namespace of Writ: a signature made for git or for files is no approval. */
export const sshNamespace = "writ-entry@v1";

/** Reads a public key of a trust root, or says why it is none. */
export function knownKey(key: PublicKey): KnownKey | Refused {
  const bytes = fromBase64(key.public);
  if (bytes === undefined) return refused("bad-trust-root", "a public key is not base64");
  if (key.type === "ed25519") {
    if (bytes.length !== 32) return refused("bad-trust-root", "an ed25519 key is not 32 bytes");
    return { id: keyIdOf("ed25519", bytes), custody: "software", type: "ed25519", bytes };
  }
  const ssh = sshKeyOf(bytes);
  if (isRefused(ssh)) return ssh;
  return {
    id: keyIdOf(ssh.curve, ssh.point),
    custody: ssh.hardware ? "hardware" : "software",
    type: ssh.keyType,
    bytes,
  };
}

/** The id of a raw key: what an envelope carries to say which key signed it. */
export function keyIdOf(curve: "ed25519" | "p256", point: Uint8Array): KeyId {
  return toHex(sha256(concatBytes(toUtf8(`writ key ${curve}\n`), point)).subarray(0, 16)) as KeyId;
}

/** Checks a signature of one key over a message. `undefined` means that it is good. */
export function checkSignature(
  key: KnownKey,
  signed: { readonly message: Uint8Array; readonly signature: Uint8Array },
  verify: VerifyEd25519,
): Refused | undefined {
  switch (key.type) {
    case "ed25519":
      return verify(key.bytes, signed.message, signed.signature)
        ? undefined
        : refused("bad-signature", `the signature of key ${key.id} does not match`);
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
    case "sk-ecdsa-sha2-nistp256@openssh.com":
    case "ecdsa-sha2-nistp256": {
      const verdict = verifySshsig(
        { ...signed, namespace: sshNamespace, publicKey: key.bytes },
        { ed25519: verify },
      );
      return isRefused(verdict) ? verdict : undefined;
    }
    default:
      return unreachable(key.type);
  }
}
