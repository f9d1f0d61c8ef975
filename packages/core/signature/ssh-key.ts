/** OpenSSH public keys that may sign: Ed25519 and NIST P-256, in software or on a security key. */
import { fromBase64 } from "../encoding/bytes.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { sshReader } from "./ssh-wire.ts";

/** The closed list of key types. `sk-` keys live on a FIDO authenticator (OpenSSH PROTOCOL.u2f). */
export type SshKeyType =
  | "ssh-ed25519"
  | "sk-ssh-ed25519@openssh.com"
  | "ecdsa-sha2-nistp256"
  | "sk-ecdsa-sha2-nistp256@openssh.com";

export type SshKey = {
  readonly keyType: SshKeyType;
  readonly curve: "ed25519" | "p256";
  /** Ed25519: 32 bytes. P-256: 65 bytes, uncompressed (0x04 ‖ x ‖ y). */
  readonly point: Uint8Array;
  /** True for `sk-` keys. */
  readonly hardware: boolean;
  /** The FIDO application of an `sk-` key: `ssh:`, or `ssh:` and more. */
  readonly application?: string;
};

/** Public key lines carry short comments; a line from outside gets no more room than that. */
const lineLengthMax = 4096;

/** Reads the wire form of a public key (RFC 4253 §6.6, RFC 8709, PROTOCOL.u2f). */
export function sshKeyOf(blob: Uint8Array): SshKey | Refused {
  const reader = sshReader(blob);
  const keyType = reader.text();
  if (!isSshKeyType(keyType)) return refused("unknown-kind", "not a type of ssh key that may sign");
  const curve = keyType.includes("ed25519") ? "ed25519" : "p256";
  const hardware = keyType.startsWith("sk-");
  if (curve === "p256" && reader.text() !== "nistp256") {
    return refused("malformed", "an ECDSA key names another curve than nistp256");
  }
  const point = reader.bytes();
  const application = hardware ? reader.text() : undefined;
  if (point === undefined || !reader.done()) return refused("malformed", "not an ssh public key");
  if (curve === "ed25519" ? point.length !== 32 : point.length !== 65 || point[0] !== 4) {
    return refused("malformed", "the ssh key's point has another length than its curve's");
  }
  if (!hardware) return { keyType, curve, point, hardware };
  // A credential made for a web site could be made to sign what that site shows.
  if (application === undefined || !application.startsWith("ssh:")) {
    return refused("malformed", "the security key's application does not begin with ssh:");
  }
  return { keyType, curve, point, hardware, application };
}

/** Reads one line of a `.pub` file: type, base64, and perhaps a comment. */
export function parsePublicKeyLine(
  line: string,
): { readonly key: SshKey; readonly blob: Uint8Array; readonly comment: string } | Refused {
  const text = line.endsWith("\n") ? line.slice(0, -1) : line;
  if (text.length > lineLengthMax) return refused("oversized", "the public key line is too long");
  const [, type, encoded, comment] =
    /^([a-z0-9@.-]+) ([A-Za-z0-9+/=]+)(?: ([^\u0000-\u001f\u007f]*))?$/.exec(text) ?? [];
  const blob = encoded === undefined ? undefined : fromBase64(encoded);
  if (blob === undefined) {
    return refused("malformed", "a public key line reads: ssh-ed25519 AAAA… comment");
  }
  const key = sshKeyOf(blob);
  if (isRefused(key)) return key;
  if (key.keyType !== type) return refused("malformed", "the line names another type than its key");
  return { key, blob, comment: comment ?? "" };
}

function isSshKeyType(text: string | undefined): text is SshKeyType {
  switch (text) {
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
    case "ecdsa-sha2-nistp256":
    case "sk-ecdsa-sha2-nistp256@openssh.com":
      return true;
    default:
      return false;
  }
}
