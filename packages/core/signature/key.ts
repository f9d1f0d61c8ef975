/**
 * Public keys that sign entries. A key counts by its material, not by its wrapping: the same
 * Ed25519 point registered raw and again as an `ssh-ed25519` line is one key, with one vote.
 */
import { concatBytes, fromBase64, toHex, toUtf8 } from "../encoding/bytes.ts";
import { sha256 } from "../encoding/digest.ts";
import { isRefused, type Refused, refused, unreachable } from "../encoding/refusal.ts";
import type { Shaped } from "../encoding/shape.ts";
import { matching, object, oneOf, tagged } from "../encoding/shape.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";
import { type SshKeyType, securityKeyCounter, sshKeyOf, verifySshsig } from "./sshsig.ts";
import {
  assertionCounter,
  checkAssertion,
  type Passkeys,
  parseAssertion,
  passkeyMembers,
} from "./webauthn.ts";

/**
 * Longest public key accepted, in base64 characters: an ssh `sk-` key with its application fits.
 */
const publicKeyLengthMax = 1024;

const base64Text = matching(
  new RegExp(`^[A-Za-z0-9+/]{1,${publicKeyLengthMax}}={0,2}$`),
  "base64 text",
);

const plainKey = object({ type: oneOf("ed25519", "ssh"), public: base64Text });
const passkey = object({ type: oneOf("webauthn"), public: base64Text, ...passkeyMembers });

/**
 * `ed25519`: 32 raw bytes. `ssh`: the wire form of an OpenSSH public key (RFC 4253 §6.6).
 * `webauthn`: the point of a passkey, 32 bytes of Ed25519 or 65 of P-256, uncompressed.
 */
export const publicKeyShape = tagged<Shaped<typeof plainKey> | Shaped<typeof passkey>>("type", {
  ed25519: plainKey,
  ssh: plainKey,
  webauthn: passkey,
});
export type PublicKey = Shaped<typeof publicKeyShape>;

/** First 16 bytes of SHA-256 of the key's material, in hex: names a key in an envelope. */
export type KeyId = string & { readonly __brand: "KeyId" };

/** How a private key is kept, as far as its public half can tell. */
export type Custody = "hardware" | "software";

export type KnownKey = {
  readonly id: KeyId;
  readonly custody: Custody;
  /** Raw Ed25519 key, the ssh wire form, or a passkey's point. */
  readonly bytes: Uint8Array;
} & (
  | { readonly type: "ed25519" | SshKeyType }
  | {
      readonly type: "webauthn";
      readonly curve: "ed25519" | "p256";
      readonly passkeys: Passkeys;
    }
);

/** The SSHSIG namespace of Writ: a signature made for git or for files is no approval. */
export const sshNamespace = "writ-entry@v1";

/** Reads a public key of a trust root with these rules for passkeys, or says why it is none. */
export function knownKey(key: PublicKey, passkeys?: Passkeys): KnownKey | Refused {
  const bytes = fromBase64(key.public);
  if (bytes === undefined) return refused("bad-trust-root", "a public key is not base64");
  switch (key.type) {
    case "ed25519":
      return bytes.length === 32
        ? { id: keyIdOf("ed25519", bytes), custody: "software", type: "ed25519", bytes }
        : refused("bad-trust-root", "an ed25519 key is not 32 bytes");
    case "ssh": {
      const ssh = sshKeyOf(bytes);
      if (isRefused(ssh)) return ssh;
      const custody = ssh.hardware ? "hardware" : "software";
      return { id: keyIdOf(ssh.curve, ssh.point), custody, type: ssh.keyType, bytes };
    }
    case "webauthn":
      return knownPasskey(key, bytes, passkeys);
    default:
      return unreachable(key);
  }
}

function knownPasskey(
  { attested }: Shaped<typeof passkey>,
  point: Uint8Array,
  passkeys: Passkeys | undefined,
): KnownKey | Refused {
  if (passkeys === undefined) {
    return refused("bad-trust-root", "a passkey, and no rules for passkeys");
  }
  const curve = point.length === 32 ? "ed25519" : "p256";
  if (curve === "p256" && (point.length !== 65 || point[0] !== 4)) {
    return refused("bad-trust-root", "a passkey is not a point of Ed25519 or P-256");
  }
  if (attested !== undefined && !passkeys.authenticators.some((one) => one.aaguid === attested)) {
    return refused("bad-trust-root", `authenticators of make ${attested} are not admitted`);
  }
  const custody = attested === undefined ? "software" : "hardware";
  return { id: keyIdOf(curve, point), custody, type: "webauthn", bytes: point, curve, passkeys };
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
    case "webauthn":
      return checkAssertion({ ...key, point: key.bytes }, signed, verify);
    default:
      return unreachable(key);
  }
}

/**
 * How often the device has signed, as it says with this signature, which was checked; `undefined`
 * for a key that is no device's. Some devices always say 0 (WebAuthn §6.1.1).
 */
export function signatureCounter(key: KnownKey, signature: Uint8Array): number | undefined {
  if (key.type === "ed25519") return undefined;
  if (key.type !== "webauthn") return securityKeyCounter(key.bytes, signature);
  const assertion = parseAssertion(signature);
  return isRefused(assertion) ? undefined : assertionCounter(assertion);
}
