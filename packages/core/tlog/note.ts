/**
 * Signed notes (c2sp.org/signed-note): a text, and lines that each hold one key's signature of it.
 * Only Ed25519 keys are known here; signatures of others are carried along and count for nothing.
 */
import {
  concatBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  toUtf8,
} from "../encoding/bytes.ts";
import { sha256 } from "../encoding/digest.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { isEd25519Key, type SignEd25519, type VerifyEd25519 } from "../signature/ed25519.ts";

export type { SignEd25519, VerifyEd25519 } from "../signature/ed25519.ts";

/** Room for 16 post-quantum signatures of 5 kB, and a long text. */
export const noteBytesMax = 256 * 1024;
/** Verifiers must accept 16 at least; each costs a verification only if its key is known. */
export const noteSignaturesMax = 100;
/** A key's name is a host and a path. */
const nameLengthMax = 255;

/** The signature types that are known: a log's Ed25519, and a witness's timestamped Ed25519. */
export const noteKeyTypes = { ed25519: 0x01, cosignature: 0x04 } as const;
export type NoteKeyType = (typeof noteKeyTypes)[keyof typeof noteKeyTypes];

/** A public key with the name it signs under. The id is derived: it tells keys apart, no more. */
export type VerifierKey = {
  readonly name: string;
  /** 8 hex digits: SHA-256(name ‖ "\n" ‖ type ‖ public key), first four bytes. */
  readonly id: string;
  readonly type: NoteKeyType;
  readonly publicKey: Uint8Array;
};

export type NoteSignature = {
  readonly name: string;
  readonly id: string;
  /** What follows the key id: 64 bytes of Ed25519, 72 of a cosignature, anything of others. */
  readonly signature: Uint8Array;
};

export type Note = {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** Names a public key; refuses a name that cannot stand in a note. */
export function verifierKey(
  name: string,
  type: NoteKeyType,
  publicKey: Uint8Array,
): VerifierKey | Refused {
  if (!isKeyName(name)) return refused("malformed", "a key's name has a space or a plus, or none");
  if (!isEd25519Key(publicKey)) return refused("malformed", "not an Ed25519 public key");
  const hashed = sha256(concatBytes(toUtf8(`${name}\n`), new Uint8Array([type]), publicKey));
  return { name, id: toHex(hashed.subarray(0, 4)), type, publicKey };
}

/** Reads a vkey: `name+id+base64(type ‖ public key)`. */
export function parseVerifierKey(text: string): VerifierKey | Refused {
  // The base64 may hold a plus: only the first two part the fields.
  const [, name, id, encoded] = /^([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]*)$/.exec(text) ?? [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (name === undefined || bytes === undefined) {
    return refused("malformed", "a verifier key reads name+id+base64");
  }
  const type = bytes[0];
  if (type !== noteKeyTypes.ed25519 && type !== noteKeyTypes.cosignature) {
    return refused("unknown-kind", "the verifier key is not of type 0x01 or 0x04 (Ed25519)");
  }
  const key = verifierKey(name, type, bytes.subarray(1));
  if (isRefused(key) || key.id === id) return key;
  return refused("malformed", `the verifier key's id is not ${key.id}, as its name and key say`);
}

/** The vkey of a key. */
export function formatVerifierKey(key: VerifierKey): string {
  const encoded = toBase64(concatBytes(new Uint8Array([key.type]), key.publicKey));
  return `${key.name}+${key.id}+${encoded}`;
}

/** Reads a note without judging its signatures. Accepts exactly what {@link formatNote} writes. */
export function parseNote(bytes: Uint8Array): Note | Refused {
  if (bytes.length > noteBytesMax) return refused("oversized", `a note over ${noteBytesMax} bytes`);
  const whole = fromUtf8(bytes);
  if (whole === undefined) return refused("malformed", "the note is not UTF-8");
  if (hasControl(whole)) return refused("malformed", "the note has a control character");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0) return refused("malformed", "the note has no blank line before signatures");
  const signatures = parseSignatureLines(whole.slice(split + 2));
  return isRefused(signatures) ? signatures : { text: whole.slice(0, split + 1), signatures };
}

/** Reads signature lines alone: what a witness answers. At least one. */
export function parseSignatureLines(text: string): NoteSignature[] | Refused {
  if (!text.endsWith("\n")) return refused("malformed", "the last signature line has no newline");
  const lines = text.slice(0, -1).split("\n");
  if (lines.length > noteSignaturesMax) {
    return refused("oversized", `more than ${noteSignaturesMax} signatures`);
  }
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? [];
    const bytes = encoded === undefined ? undefined : fromBase64(encoded);
    if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length < 5) {
      return refused("malformed", "a signature line reads — name base64(key id ‖ signature)");
    }
    signatures.push({ name, id: toHex(bytes.subarray(0, 4)), signature: bytes.subarray(4) });
  }
  return signatures;
}

/** The bytes of a note. */
export function formatNote(note: Note): Uint8Array {
  return toUtf8(`${note.text}\n${note.signatures.map(formatSignatureLine).join("")}`);
}

/** One signature line, with its newline. */
export function formatSignatureLine({ name, id, signature }: NoteSignature): string {
  return `— ${name} ${toBase64(concatBytes(fromHex(id)!, signature))}\n`;
}

/** Signs a text with a key of type Ed25519 (0x01). */
export async function signNote(
  text: string,
  key: VerifierKey,
  sign: SignEd25519,
): Promise<NoteSignature> {
  return { name: key.name, id: key.id, signature: await sign(toUtf8(text)) };
}

/** The signatures in a note that claim to be a key's: same name and id. */
export function signaturesOf(note: Note, key: VerifierKey): NoteSignature[] {
  return note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
}

/**
 * Refuses the note unless `key` (of type 0x01) signed it: `unknown-signer` if it did not,
 * `bad-signature` if what stands under its name and id is not its signature. Other signatures are
 * ignored, as the specification demands: they are how keys are rotated and witnesses added.
 */
export function verifyNote(
  note: Note,
  key: VerifierKey,
  verify: VerifyEd25519,
): undefined | Refused {
  if (key.type !== noteKeyTypes.ed25519) {
    return refused("unknown-kind", "the key is not one that signs notes (type 0x01)");
  }
  const signatures = signaturesOf(note, key);
  if (signatures.length === 0) return refused("unknown-signer", `not signed by ${key.name}`);
  const message = toUtf8(note.text);
  if (signatures.every(({ signature }) => verify(key.publicKey, message, signature))) {
    return undefined;
  }
  return refused("bad-signature", `the signature of ${key.name} is not its key's`);
}

/** True for a name that a key may have: neither empty, nor with a Unicode space or a plus. */
export function isKeyName(name: string): boolean {
  if (name.length === 0 || name.length > nameLengthMax) return false;
  return name.isWellFormed() && !/[\p{White_Space}+\u0000-\u001f]/u.test(name);
}

/** Control characters below U+0020 other than newline could draw something else on a terminal. */
function hasControl(text: string): boolean {
  return /[\u0000-\u0009\u000b-\u001f]/.test(text);
}
