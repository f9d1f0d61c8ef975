/**
 * SSHSIG: what `ssh-keygen -Y sign -n NAMESPACE` writes (OpenSSH PROTOCOL.sshsig), with the
 * signatures of security keys (PROTOCOL.u2f). One algorithm for one type of key; nothing optional.
 */
import { p256 } from "@noble/curves/nist.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, fromBase64, toUtf8 } from "../encoding/bytes.ts";
import { sha256 } from "../encoding/digest.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { type VerifyEd25519, verifyEd25519 } from "./ed25519.ts";
import { type SshKey, type SshKeyType, sshKeyOf } from "./ssh-key.ts";
import { fixedOfMpint, type SshReader, sshBytes, sshReader, sshText } from "./ssh-wire.ts";

export { type SshKey, type SshKeyType, sshKeyOf } from "./ssh-key.ts";

/** True if `signature` (r ‖ s, 64 bytes) is `point`'s (65 bytes) over SHA-256 of `message`. */
export type VerifyP256 = (point: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * Verifiers in place of those of @noble/curves: programs pass their platform's, which is faster.
 */
export type SshsigPorts = { readonly ed25519?: VerifyEd25519; readonly p256?: VerifyP256 };

export type Sshsig = {
  /** Wire form of the key that the signature says made it. */
  readonly publicKey: Uint8Array;
  readonly namespace: string;
  readonly hash: "sha256" | "sha512";
  readonly signature: Uint8Array;
};

/** What a security key says of how it came to sign. */
export type SecurityKeyFlags = { readonly userPresent: true; readonly userVerified: boolean };

export type VerifiedSshsig = {
  readonly keyType: SshKeyType;
  /** Of `sk-` keys only, as is the rest. */
  readonly flags?: SecurityKeyFlags;
  /** How often the authenticator has signed; some always say 0. */
  readonly counter?: number;
  readonly application?: string;
};

/** A signature with its key takes under 500 bytes. */
export const sshsigBytesMax = 4096;

const magic = toUtf8("SSHSIG");
const armorBegin = "-----BEGIN SSH SIGNATURE-----\n";
const armorEnd = "-----END SSH SIGNATURE-----\n";
const userPresentFlag = 0x01;
const userVerifiedFlag = 0x04;

/** The blob inside the armour that `ssh-keygen` writes. */
export function unarmorSshsig(text: string): Uint8Array | Refused {
  const bad = refused("malformed", "not an armoured ssh signature (BEGIN SSH SIGNATURE)");
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  if (whole.length > sshsigBytesMax * 2) return refused("oversized", "the signature is too long");
  if (!whole.startsWith(armorBegin) || !whole.endsWith(armorEnd)) return bad;
  const body = whole.slice(armorBegin.length, -armorEnd.length);
  if (!/^([A-Za-z0-9+/=]{1,76}\n)+$/.test(body)) return bad;
  return fromBase64(body.replaceAll("\n", "")) ?? bad;
}

/** Reads the blob of a signature without judging it. */
export function parseSshsig(blob: Uint8Array): Sshsig | Refused {
  if (blob.length > sshsigBytesMax) return refused("oversized", "the ssh signature is too long");
  const reader = sshReader(blob);
  const found = reader.take(magic.length);
  if (found === undefined || !equalBytes(found, magic)) {
    return refused("malformed", "not an ssh signature (SSHSIG)");
  }
  if (reader.uint32() !== 1) return refused("unknown-version", "an SSHSIG of another version");
  const publicKey = reader.bytes();
  const namespace = reader.text();
  const reserved = reader.bytes();
  const hash = reader.text();
  const signature = reader.bytes();
  if (publicKey === undefined || namespace === undefined || signature === undefined) {
    return refused("malformed", "the ssh signature ends early");
  }
  if (!reader.done() || reserved?.length !== 0) {
    return refused("malformed", "the ssh signature has more than its fields");
  }
  if (hash !== "sha256" && hash !== "sha512") {
    return refused("unknown-kind", "an ssh signature over a hash other than SHA-256 or SHA-512");
  }
  return { publicKey, namespace, hash, signature };
}

/**
 * Refuses unless `signature` (a blob) was made by exactly that public key (wire form) over the
 * message, in that namespace: a signature for another purpose is `bad-signature`, as is one of
 * another key. A security key must say that someone touched it.
 */
export function verifySshsig(
  signed: {
    readonly signature: Uint8Array;
    readonly message: Uint8Array;
    readonly namespace: string;
    readonly publicKey: Uint8Array;
  },
  ports: SshsigPorts = {},
): VerifiedSshsig | Refused {
  const parsed = parseSshsig(signed.signature);
  if (isRefused(parsed)) return parsed;
  if (!equalBytes(parsed.publicKey, signed.publicKey)) {
    return refused("bad-signature", "the ssh signature is of another key");
  }
  // An empty namespace is refused by ssh-keygen too: it would name no purpose.
  if (parsed.namespace !== signed.namespace || signed.namespace === "") {
    return refused("bad-signature", "the ssh signature is for another namespace");
  }
  const key = sshKeyOf(signed.publicKey);
  if (isRefused(key)) return key;
  const message = concatBytes(
    magic,
    sshText(parsed.namespace),
    sshBytes(new Uint8Array(0)),
    sshText(parsed.hash),
    sshBytes(parsed.hash === "sha256" ? sha256(signed.message) : sha512(signed.message)),
  );
  return verifyWithKey(key, message, parsed.signature, ports);
}

function verifyWithKey(
  key: SshKey,
  message: Uint8Array,
  signature: Uint8Array,
  ports: SshsigPorts,
): VerifiedSshsig | Refused {
  const reader = sshReader(signature);
  if (reader.text() !== key.keyType) {
    return refused("bad-signature", "the signature is of another algorithm than its key");
  }
  const raw = key.curve === "ed25519" ? reader.bytes() : readEcdsa(reader.bytes());
  const tail = key.hardware ? readSecurityKey(reader) : undefined;
  if (raw?.length !== 64 || !reader.done()) {
    return refused("malformed", "the signature has not the form of its algorithm");
  }
  let payload = message;
  if (tail !== undefined) {
    if ((tail.flags & userPresentFlag) === 0) {
      return refused("bad-signature", "nobody touched the security key");
    }
    const application = sha256(toUtf8(key.application!));
    payload = concatBytes(application, tail.bytes, sha256(message));
  }
  const verify = key.curve === "ed25519" ? ports.ed25519 : ports.p256;
  const fallback = key.curve === "ed25519" ? verifyEd25519 : verifyP256;
  if (!(verify ?? fallback)(key.point, payload, raw)) {
    return refused("bad-signature", "the ssh signature does not match");
  }
  if (tail === undefined) return { keyType: key.keyType };
  return {
    keyType: key.keyType,
    flags: { userPresent: true, userVerified: (tail.flags & userVerifiedFlag) !== 0 },
    counter: tail.counter,
    application: key.application!,
  };
}

/** The counter of an `sk-` key's signature that was verified; `undefined` for any other. */
export function securityKeyCounter(publicKey: Uint8Array, blob: Uint8Array): number | undefined {
  const parsed = parseSshsig(blob);
  const key = sshKeyOf(publicKey);
  if (isRefused(parsed) || isRefused(key) || !key.hardware) return undefined;
  const reader = sshReader(parsed.signature);
  reader.text();
  reader.bytes();
  return readSecurityKey(reader)?.counter;
}

/** r and s as 64 bytes. */
function readEcdsa(blob: Uint8Array | undefined): Uint8Array | undefined {
  if (blob === undefined) return undefined;
  const reader = sshReader(blob);
  const r = fixedOfMpint(reader.bytes() ?? new Uint8Array(0), 32);
  const s = fixedOfMpint(reader.bytes() ?? new Uint8Array(0), 32);
  return r === undefined || s === undefined || !reader.done() ? undefined : concatBytes(r, s);
}

/** Flags and counter, which a security key signs along. */
function readSecurityKey(
  reader: SshReader,
): { readonly flags: number; readonly counter: number; readonly bytes: Uint8Array } | undefined {
  const bytes = reader.take(5);
  if (bytes === undefined) return undefined;
  const counter = new DataView(bytes.buffer, bytes.byteOffset, 5).getUint32(1);
  return { flags: bytes[0]!, counter, bytes };
}

const verifyP256: VerifyP256 = (point, message, signature) => {
  try {
    // OpenSSH signs with any s, high or low.
    return p256.verify(signature, message, point, { lowS: false, prehash: true });
  } catch {
    return false;
  }
};
