/**
 * Proofs that verify offline (c2sp.org/tlog-proof): an entry's index, its inclusion proof, and the
 * cosigned checkpoint that it leads to, in one text.
 */
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromUtf8,
  toBase64,
  toUtf8,
} from "../encoding/bytes.ts";
import { assert, isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { type Checkpoint, openCheckpoint, parseDecimal } from "./checkpoint.ts";
import { verifyCosigned, type WitnessPolicy, type WitnessQuorum } from "./cosignature.ts";
import { verifyInclusion } from "./inclusion.ts";
import { hashBytes } from "./merkle.ts";
import { noteBytesMax, type VerifierKey, type VerifyEd25519 } from "./note.ts";
import { proofHashesMax } from "./proof-hashes.ts";

const header = "c2sp.org/tlog-proof@v1";
/** Room for a short document; an entry itself is at most 65,535 bytes. */
export const proofExtraBytesMax = 128 * 1024;
/** Base64 takes 4 characters for 3 bytes. */
const proofBytesMax = noteBytesMax + proofExtraBytesMax * 1.5 + proofHashesMax * 45 + 128;

export type TlogProof = {
  /** Opaque and unauthenticated: never trusted, only a hint. */
  readonly extra?: Uint8Array;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: Uint8Array;
};

/** Whom a proof must convince: the log and its key, and the witnesses that count. */
export type LogPolicy = WitnessPolicy & { readonly origin: string; readonly key: VerifierKey };

/** The bytes of a proof (`.tlog-proof`). */
export function formatTlogProof(proof: TlogProof): Uint8Array {
  assert(Number.isSafeInteger(proof.index) && proof.index >= 0, "an index is within 53 bits");
  const extra = proof.extra === undefined ? [] : [`extra ${toBase64(proof.extra)}`];
  const lines = [header, ...extra, `index ${proof.index}`, ...proof.hashes.map(toBase64), "", ""];
  return concatBytes(toUtf8(lines.join("\n")), proof.checkpoint);
}

/** Reads a proof. Accepts exactly what {@link formatTlogProof} writes; judges nothing in it. */
export function parseTlogProof(bytes: Uint8Array): TlogProof | Refused {
  if (bytes.length > proofBytesMax) return refused("oversized", "the proof is too large");
  const text = fromUtf8(bytes);
  const split = text?.indexOf("\n\n") ?? -1;
  if (text === undefined || split < 0) {
    return refused("malformed", "not UTF-8, or no empty line before the checkpoint");
  }
  const lines = text.slice(0, split).split("\n");
  if (lines.shift() !== header) return refused("unknown-version", `does not begin ${header}`);
  const extraText = lines[0]?.startsWith("extra ") ? lines.shift()!.slice(6) : undefined;
  const extra = extraText === undefined ? undefined : fromBase64(extraText);
  if (extraText !== undefined && extra === undefined) {
    return refused("malformed", "the extra data is not base64");
  }
  if (extra !== undefined && extra.length > proofExtraBytesMax) {
    return refused("oversized", "the extra data is too large");
  }
  const indexLine = lines.shift();
  const index = indexLine?.startsWith("index ") ? parseDecimal(indexLine.slice(6)) : undefined;
  if (index === undefined) return refused("malformed", "no line `index` with a plain decimal");
  if (lines.length > proofHashesMax) return refused("malformed", "the proof has too many hashes");
  const hashes: Uint8Array[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash === undefined || hash.length !== hashBytes) {
      return refused("malformed", "a line of the proof is not the base64 of 32 bytes");
    }
    hashes.push(hash);
  }
  const checkpoint = toUtf8(text.slice(split + 2));
  return { ...(extra === undefined ? {} : { extra }), index, hashes, checkpoint };
}

/**
 * Refuses unless the leaf is in the log at the proof's index, by a checkpoint that the log signed
 * and a threshold of witnesses cosigned.
 */
export function verifyTlogProof(
  proof: TlogProof,
  expected: { readonly leafHash: Uint8Array; readonly policy: LogPolicy },
  verify: VerifyEd25519,
): { readonly checkpoint: Checkpoint; readonly cosigned: WitnessQuorum } | Refused {
  const { policy, leafHash } = expected;
  const opened = openCheckpoint(proof.checkpoint, policy, verify);
  if (isRefused(opened)) return opened;
  // The operator holds the log's key: named as a witness as well, it would vouch for itself.
  if (policy.witnesses.some(({ publicKey }) => equalBytes(publicKey, policy.key.publicKey))) {
    return refused("duplicate-signer", "the log's own key is among the witnesses");
  }
  const cosigned = verifyCosigned(opened.note, policy, verify);
  if (isRefused(cosigned)) return cosigned;
  const { checkpoint } = opened;
  const { index, hashes } = proof;
  const { size, root } = checkpoint;
  const problem = verifyInclusion({ index, size, leafHash, proof: hashes, root });
  return problem ?? { checkpoint, cosigned };
}
