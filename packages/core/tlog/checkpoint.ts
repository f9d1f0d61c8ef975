/** Checkpoints (c2sp.org/tlog-checkpoint): a log's size and root, as the text of a signed note. */
import { fromBase64, toBase64 } from "../encoding/bytes.ts";
import { assert, isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { hashBytes } from "./merkle.ts";
import {
  isKeyName,
  type Note,
  parseNote,
  type SignEd25519,
  signNote,
  type VerifierKey,
  type VerifyEd25519,
  verifyNote,
} from "./note.ts";

/** An origin is a key name: a host and a path. */
const originLengthMax = 255;
/** Writ writes none; other logs' are carried along. */
const extensionsMax = 64;

export type Checkpoint = {
  /** Which log this is. */
  readonly origin: string;
  /** Entries in the log, an integer of at most 53 bits. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Opaque lines; not audited by anyone. */
  readonly extensions: readonly string[];
};

/** The text that is signed. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions } = checkpoint;
  assert(Number.isSafeInteger(size) && size >= 0, "a size is an integer of 53 bits");
  assert(root.length === hashBytes, "a root has 32 bytes");
  return [origin, String(size), toBase64(root), ...extensions, ""].join("\n");
}

/** Reads the text of a checkpoint. Accepts exactly what {@link formatCheckpoint} writes. */
export function parseCheckpoint(text: string): Checkpoint | Refused {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3 || lines.includes("")) {
    return refused("bad-checkpoint", "a checkpoint is three or more lines, none of them empty");
  }
  const [origin, sizeText, rootText, ...extensions] = lines as [string, string, string];
  if (origin.length > originLengthMax || extensions.length > extensionsMax) {
    return refused("bad-checkpoint", "the origin is too long, or there are too many extensions");
  }
  const size = parseDecimal(sizeText);
  if (size === undefined) {
    return refused("bad-checkpoint", "the size is not a plain decimal of at most 53 bits");
  }
  const root = fromBase64(rootText);
  if (root === undefined || root.length !== hashBytes) {
    return refused("bad-checkpoint", "the root is not the base64 of 32 bytes");
  }
  return { origin, size, root, extensions };
}

/** A decimal without sign or leading zeroes, of at most 53 bits; `undefined` for anything else. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Signs a checkpoint as its log. The key's name is the origin, so that one cannot pass for another.
 */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  key: VerifierKey,
  sign: SignEd25519,
): Promise<Note> {
  assert(key.name === checkpoint.origin && isKeyName(key.name), "the log signs as its origin");
  const text = formatCheckpoint(checkpoint);
  return { text, signatures: [await signNote(text, key, sign)] };
}

/**
 * Opens a checkpoint of one log: the note is well formed, the log's key signed it, and it is about
 * that log. Cosignatures in it are not looked at; see `cosignature.ts`.
 */
export function openCheckpoint(
  bytes: Uint8Array,
  log: { readonly origin: string; readonly key: VerifierKey },
  verify: VerifyEd25519,
): { readonly checkpoint: Checkpoint; readonly note: Note } | Refused {
  const note = parseNote(bytes);
  if (isRefused(note)) return note;
  const checkpoint = parseCheckpoint(note.text);
  if (isRefused(checkpoint)) return checkpoint;
  // One key may serve several logs: without this, a checkpoint of one would pass for another's.
  if (checkpoint.origin !== log.origin) {
    return refused("bad-checkpoint", "the checkpoint is of another log (its origin differs)");
  }
  return verifyNote(note, log.key, verify) ?? { checkpoint, note };
}
