/**
 * OpenSSH private key files (PROTOCOL.key, `openssh-key-v1`): made and read here for plain Ed25519
 * keys, so that a fresh machine needs no ssh-keygen. Trial keys only: a human's real key lives in
 * hardware, and is used through ssh-keygen (`ssh-signer.ts`).
 */
import type { KeyObject } from "node:crypto";
import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import {
  concatBytes,
  equalBytes,
  fromBase64,
  isRefused,
  type Refused,
  refused,
  type SshKey,
  sshBytes,
  sshKeyOf,
  sshReader,
  sshText,
  sshUint32,
  toBase64,
  toUtf8,
} from "@writ/core";

/** What a private key file tells; `privateKey` is absent if only ssh-keygen can use it. */
export type SshKeyFile = {
  readonly key: SshKey;
  /** Wire form of the public key (RFC 4253 §6.6). */
  readonly blob: Uint8Array;
  readonly privateKey?: KeyObject;
};

/** A file of one key with a comment has under 500 bytes; of an encrypted RSA key, 3 KB. */
const keyFileBytesMax = 16 * 1024;
const magic = toUtf8("openssh-key-v1\0");
const begin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
const end = "-----END OPENSSH PRIVATE KEY-----\n";
/** PROTOCOL.key pads the private part to the cipher's block; 8 for no cipher. */
const blockBytes = 8;
const lineLength = 70;
/** DER of a PKCS #8 Ed25519 private key, up to its seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Makes an Ed25519 key in `path` (0600) and its public line in `path.pub`, durably. Rejects if the
 * file exists: a key is never written over.
 */
export async function createSshKeyFile(path: string, comment: string): Promise<SshKeyFile> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  const seed = new Uint8Array(der.subarray(-32));
  const point = publicPointOf(privateKey);
  const blob = concatBytes(sshText("ssh-ed25519"), sshBytes(point));
  await writeWhole(`${path}.pub`, `ssh-ed25519 ${toBase64(blob)} ${comment}\n`, 0o644);
  // The private file last: while it is missing, nobody takes the pair for a key.
  await writeWhole(path, armoured({ seed, point, blob, comment }), 0o600);
  const key = sshKeyOf(blob);
  if (isRefused(key)) throw new Error(`assertion failed: ${key.detail}`);
  return { key, blob, privateKey };
}

/**
 * Reads a private key file. Refuses `exposed-key` if others than the owner may use it, and
 * `malformed` if it is no OpenSSH private key. Rejects if there is no file.
 */
export async function readSshKeyFile(path: string): Promise<SshKeyFile | Refused> {
  const file = await open(path, "r");
  try {
    // Asked of the open file, not of the path: the two could be made to differ.
    const { mode, size } = await file.stat();
    if (size > keyFileBytesMax) return refused("oversized", "the key file is too long for one key");
    const text = await file.readFile("latin1");
    if (text.startsWith(begin) && (mode & 0o077) !== 0) {
      return refused("exposed-key", "others than the owner can use the key file: chmod 600 it");
    }
    return parseSshKeyFile(text);
  } finally {
    await file.close();
  }
}

/** Reads the text of a private key file. */
export function parseSshKeyFile(text: string): SshKeyFile | Refused {
  const bad = refused("malformed", "not an OpenSSH private key (BEGIN OPENSSH PRIVATE KEY)");
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  if (!whole.startsWith(begin) || !whole.endsWith(end)) return bad;
  const bytes = fromBase64(whole.slice(begin.length, -end.length).replaceAll("\n", ""));
  if (bytes === undefined) return bad;
  const reader = sshReader(bytes);
  const found = reader.take(magic.length);
  if (found === undefined || !equalBytes(found, magic)) return bad;
  const cipher = reader.text();
  reader.text();
  reader.bytes();
  const count = reader.uint32();
  const blob = reader.bytes();
  const secret = reader.bytes();
  if (blob === undefined || secret === undefined || !reader.done()) return bad;
  if (count !== 1)
    return refused("malformed", "the key file holds another number of keys than one");
  const key = sshKeyOf(blob);
  if (isRefused(key)) return key;
  if (cipher !== "none" || key.keyType !== "ssh-ed25519") return { key, blob };
  const privateKey = readSecret(secret, key);
  return isRefused(privateKey) ? privateKey : { key, blob, privateKey };
}

/** SSHSIG (PROTOCOL.sshsig) of a message by a plain Ed25519 key: what ssh-keygen -Y sign makes. */
export function signSshsig(
  { blob, privateKey }: { readonly blob: Uint8Array; readonly privateKey: KeyObject },
  signed: { readonly message: Uint8Array; readonly namespace: string; readonly hash: Uint8Array },
): Uint8Array {
  const head = toUtf8("SSHSIG");
  const fields = [sshText(signed.namespace), sshBytes(new Uint8Array(0)), sshText("sha512")];
  const digest = sshBytes(signed.hash);
  const raw = new Uint8Array(sign(null, concatBytes(head, ...fields, digest), privateKey));
  const signature = sshBytes(concatBytes(sshText("ssh-ed25519"), sshBytes(raw)));
  return concatBytes(head, sshUint32(1), sshBytes(blob), ...fields, signature);
}

function readSecret(secret: Uint8Array, key: SshKey): KeyObject | Refused {
  const bad = refused("malformed", "the private part of the key file is damaged");
  const reader = sshReader(secret);
  const check = reader.uint32();
  if (check === undefined || reader.uint32() !== check) return bad;
  const type = reader.text();
  const point = reader.bytes();
  const pair = reader.bytes();
  const comment = reader.bytes();
  if (type !== key.keyType || point === undefined || pair?.length !== 64 || !comment) return bad;
  const seed = pair.subarray(0, 32);
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  // A file whose halves differ would sign as one key and be registered as another.
  const own = publicPointOf(privateKey);
  return equalBytes(own, key.point) && equalBytes(own, point) ? privateKey : bad;
}

function publicPointOf(privateKey: KeyObject): Uint8Array {
  const { x } = privateKey.export({ format: "jwk" });
  return new Uint8Array(Buffer.from(x!, "base64url"));
}

function armoured(made: {
  readonly seed: Uint8Array;
  readonly point: Uint8Array;
  readonly blob: Uint8Array;
  readonly comment: string;
}): string {
  const check = new Uint8Array(randomBytes(4));
  const fields = concatBytes(
    check,
    check,
    sshText("ssh-ed25519"),
    sshBytes(made.point),
    sshBytes(concatBytes(made.seed, made.point)),
    sshText(made.comment),
  );
  const padding = (blockBytes - (fields.length % blockBytes)) % blockBytes;
  const padded = concatBytes(
    fields,
    Uint8Array.from({ length: padding }, (_, i) => i + 1),
  );
  const none = [sshText("none"), sshText("none"), sshBytes(new Uint8Array(0))];
  const whole = concatBytes(magic, ...none, sshUint32(1), sshBytes(made.blob), sshBytes(padded));
  const lines = toBase64(whole).match(new RegExp(`.{1,${lineLength}}`, "g"))!;
  return `${begin}${lines.join("\n")}\n${end}`;
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, mode === 0o600 ? "wx" : "w", mode);
  try {
    await file.writeFile(text);
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
}
