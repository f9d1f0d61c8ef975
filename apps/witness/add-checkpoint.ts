/**
 * The one thing a witness does (c2sp.org/tlog-witness, add-checkpoint): judge, remember, cosign.
 */
import {
  type Checkpoint,
  cosign,
  emptyRoot,
  equalBytes,
  formatNote,
  formatSignatureLine,
  fromBase64,
  fromUtf8,
  hashBytes,
  isRefused,
  type Note,
  type NoteSignature,
  noteBytesMax,
  parseCheckpoint,
  parseDecimal,
  parseNote,
  type Refused,
  refused,
  signaturesOf,
  toUtf8,
  type VerifierKey,
  type VerifyEd25519,
  verifyConsistency,
  verifyNote,
} from "@writ/core";
import type { WitnessKey } from "./key-file.ts";
import type { Memory, Remembered } from "./memory.ts";

/** By the specification: a tree of 2^63 leaves has 63 levels. */
export const proofLinesMax = 63;
/** A note, the proof's lines of 45 bytes, and the line `old`. */
export const bodyBytesMax = noteBytesMax + 64 * 45;
/** How far a clock may be set back by its own correction. Further, and somebody is bending time. */
const clockStepSecondsMax = 60;

export type WitnessParts = {
  /** By origin: the keys that may sign for that log. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  readonly witness: WitnessKey;
  readonly memory: Memory;
  readonly verify: VerifyEd25519;
  /** POSIX seconds. */
  readonly now: () => number;
};

/** An HTTP answer, and what the witness's own journal says of it. */
export type Answer = {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 503;
  readonly contentType: string;
  readonly body: string;
  readonly event: { readonly [name: string]: string | number };
};

type Submission = {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly note: Note;
  readonly checkpoint: Checkpoint;
};

/** Answers one request body. Only status 200 carries a cosignature, after it was remembered. */
export async function addCheckpoint(parts: WitnessParts, body: Uint8Array): Promise<Answer> {
  const submission = parseSubmission(body);
  if (isRefused(submission)) return refusal(400, submission, {});
  const { oldSize, checkpoint, note } = submission;
  const { origin, size } = checkpoint;
  const about = { origin, size, oldSize };
  const keys = parts.logs.get(origin);
  if (keys === undefined) {
    return refusal(404, refused("unknown-signer", "this witness does not follow that log"), about);
  }
  const signatures = trustedSignatures(note, keys, parts.verify);
  if (isRefused(signatures)) return refusal(403, signatures, about);
  if (oldSize > size) {
    return refusal(400, refused("malformed", "the old size is larger than the checkpoint"), about);
  }
  const before = parts.memory.latest(origin);
  if (oldSize !== (before?.size ?? 0)) return conflict(before?.size ?? 0, about);
  const problem = judge(submission, before);
  if (problem !== undefined) {
    // Signed by the log and inconsistent with what it signed before: keep the text, it is evidence.
    return refusal(422, problem, { ...about, checkpoint: fromUtf8(formatNote(note)) ?? "" });
  }
  const now = parts.now();
  if (before !== undefined && now < before.timestamp - clockStepSecondsMax) {
    const detail = "the witness's clock stands before its last cosignature; set it right";
    return refusal(503, refused("rollback-of-history", detail), about);
  }
  const timestamp = Math.max(now, before?.timestamp ?? 0);
  const { text } = note;
  const { key, sign } = parts.witness;
  const cosignature = await cosign({ text, timestamp }, key, sign);
  const kept = { text, signatures: [...signatures, cosignature] };
  const next = { size, root: checkpoint.root, timestamp, note: formatNote(kept) };
  // Another request may have passed while this one was signed: the check and the write are one.
  if (!parts.memory.advance(origin, before, next)) {
    return conflict(parts.memory.latest(origin)?.size ?? 0, about);
  }
  return {
    status: 200,
    contentType: "text/plain; charset=utf-8",
    body: formatSignatureLine(cosignature),
    event: { event: "cosigned", ...about, timestamp },
  };
}

/** Reads a request: `old N`, at most 63 hashes, an empty line, a checkpoint. */
export function parseSubmission(body: Uint8Array): Submission | Refused {
  if (body.length > bodyBytesMax) return refused("oversized", `over ${bodyBytesMax} bytes`);
  const text = fromUtf8(body);
  const split = text?.indexOf("\n\n") ?? -1;
  if (text === undefined || split < 0) {
    return refused("malformed", "not UTF-8, or no empty line before the checkpoint");
  }
  const [oldLine, ...proofLines] = text.slice(0, split).split("\n");
  const oldSize = oldLine?.startsWith("old ") ? parseDecimal(oldLine.slice(4)) : undefined;
  if (oldSize === undefined) return refused("malformed", "the first line is not `old` and a size");
  if (proofLines.length > proofLinesMax) {
    return refused("malformed", `more than ${proofLinesMax} proof lines`);
  }
  const proof: Uint8Array[] = [];
  for (const line of proofLines) {
    const hash = fromBase64(line);
    if (hash?.length !== hashBytes) {
      return refused("malformed", "a proof line is not the base64 of 32 bytes");
    }
    proof.push(hash);
  }
  const note = parseNote(toUtf8(text.slice(split + 2)));
  if (isRefused(note)) return note;
  const checkpoint = parseCheckpoint(note.text);
  return isRefused(checkpoint) ? checkpoint : { oldSize, proof, note, checkpoint };
}

/** The signatures of the log's trusted keys: at least one, and none of them false. */
function trustedSignatures(
  note: Note,
  keys: readonly VerifierKey[],
  verify: VerifyEd25519,
): NoteSignature[] | Refused {
  const found: NoteSignature[] = [];
  for (const key of keys) {
    const problem = verifyNote(note, key, verify);
    if (problem === undefined) found.push(...signaturesOf(note, key));
    else if (problem.refused !== "unknown-signer") return problem;
  }
  if (found.length > 0) return found;
  return refused("unknown-signer", "no key that this witness trusts for the log signed it");
}

/** Is this checkpoint a continuation of what was cosigned last? */
function judge(
  { checkpoint, proof, oldSize }: Submission,
  before: Remembered | undefined,
): undefined | Refused {
  const { size, root } = checkpoint;
  if (size === 0 && !equalBytes(root, emptyRoot)) {
    return refused("fork", "an empty log has the root of the empty tree");
  }
  if (oldSize === 0) {
    return proof.length === 0
      ? undefined
      : refused("bad-proof", "from size 0 there is nothing to prove");
  }
  const claim = { size1: oldSize, size2: size, root1: before!.root, root2: root, proof };
  const problem = verifyConsistency(claim);
  if (problem === undefined || size !== oldSize || equalBytes(root, before!.root)) return problem;
  return refused("fork", "the log signed two roots of one size");
}

function conflict(size: number, about: { readonly [name: string]: string | number }): Answer {
  return {
    status: 409,
    contentType: "text/x.tlog.size",
    body: `${size}\n`,
    event: { event: "conflict", ...about, latest: size },
  };
}

function refusal(
  status: 400 | 403 | 404 | 422 | 503,
  { refused: code, detail }: Refused,
  about: { readonly [name: string]: string | number },
): Answer {
  return {
    status,
    contentType: "text/plain; charset=utf-8",
    body: `${code}: ${detail}\n`,
    event: { event: "refused", code, detail, ...about },
  };
}
