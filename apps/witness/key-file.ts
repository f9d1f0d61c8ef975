/**
 * The witness's private key: one line in a file, as the note tools of the field write it
 * (golang.org/x/mod/sumdb/note): `PRIVATE+KEY+name+id+base64(type ‖ seed)`. Made once; never shown.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import {
  concatBytes,
  fromBase64,
  isRefused,
  noteKeyTypes,
  type Refused,
  refused,
  type SignEd25519,
  toBase64,
  type VerifierKey,
  verifierKey,
} from "@writ/core";

export type WitnessKey = { readonly key: VerifierKey; readonly sign: SignEd25519 };

/** DER of a PKCS #8 Ed25519 private key, up to its seed (RFC 8410 §7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const seedBytes = 32;

/** Reads the key, or makes one under that name if there is no file yet. */
export function openKeyFile(path: string, name: string): WitnessKey | Refused {
  if (!exists(path)) {
    const made = witnessKey(name, randomBytes(seedBytes));
    if (isRefused(made)) return made;
    create(path, made.line);
  }
  const line = readPrivate(path);
  if (isRefused(line)) return line;
  const [, keptName, id, encoded] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n$/.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (keptName === undefined || bytes?.length !== 1 + seedBytes) {
    return refused("malformed", "the key file is not one line PRIVATE+KEY+name+id+base64");
  }
  if (bytes[0] !== noteKeyTypes.cosignature) {
    return refused("unknown-kind", "the key file's key is not a witness's (type 0x04)");
  }
  const kept = witnessKey(keptName, bytes.subarray(1));
  if (isRefused(kept)) return kept;
  if (kept.key.id !== id) return refused("malformed", "the key file's id is not its key's");
  // A cosignature does not commit to the name: one key under two names would pass for two
  // witnesses.
  if (keptName !== name) {
    return refused("malformed", `the key file is of ${JSON.stringify(keptName)}, not of this name`);
  }
  return kept;
}

function witnessKey(
  name: string,
  seed: Uint8Array,
): (WitnessKey & { readonly line: string }) | Refused {
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = new Uint8Array(Buffer.from(x!, "base64url"));
  const key = verifierKey(name, noteKeyTypes.cosignature, publicKey);
  if (isRefused(key)) return key;
  const secret = toBase64(concatBytes(new Uint8Array([key.type]), seed));
  return {
    key,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    line: `PRIVATE+KEY+${key.name}+${key.id}+${secret}\n`,
  };
}

function exists(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

function readPrivate(path: string): string | Refused {
  const file = openSync(path, "r");
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) {
      return refused(
        "malformed",
        "the key file can be read by others: chmod 600 it, or replace it",
      );
    }
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/**
 * Durable and whole, or not there: written aside, synced, then linked to its name if that is free.
 */
function create(path: string, line: string): void {
  const aside = `${path}.${process.pid}.new`;
  const file = openSync(aside, "wx", 0o600);
  try {
    writeSync(file, line);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(aside, path);
  } catch (error) {
    // Another process made the key first: that one stands.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(aside);
  }
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}
