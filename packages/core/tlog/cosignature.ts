/**
 * Cosignatures (c2sp.org/tlog-cosignature, Ed25519, type 0x04): a witness says that, at this time,
 * the checkpoint was the largest it had seen of the log, consistent with all before.
 */
import { concatBytes, equalBytes, toUtf8 } from "../encoding/bytes.ts";
import { assert, isRefused, type Refused, refused } from "../encoding/refusal.ts";
import {
  type Note,
  type NoteSignature,
  noteKeyTypes,
  type SignEd25519,
  signaturesOf,
  type VerifierKey,
  type VerifyEd25519,
} from "./note.ts";

const timestampBytes = 8;
const signatureBytes = timestampBytes + 64;

/** That a witness saw the checkpoint, and when (POSIX seconds by its own clock). */
export type Cosignature = { readonly witness: VerifierKey; readonly timestamp: number };

export type WitnessQuorum = {
  /** One for each witness key, with its latest time. */
  readonly cosignatures: readonly Cosignature[];
  /**
   * POSIX seconds: at least a threshold of witnesses say that they cosigned no earlier. So fewer
   * lying witnesses than the threshold cannot make a checkpoint look fresh.
   */
  readonly timestamp: number;
};

/** Which witnesses count, and how many of them are enough (at least 1). */
export type WitnessPolicy = {
  readonly witnesses: readonly VerifierKey[];
  readonly threshold: number;
};

/** What a witness signs: a header, the time, and the whole text of the checkpoint. */
export function cosignedMessage(text: string, timestamp: number): Uint8Array {
  return toUtf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** Cosigns the text of a checkpoint at a time in POSIX seconds, above zero. */
export async function cosign(
  checkpoint: { readonly text: string; readonly timestamp: number },
  witness: VerifierKey,
  sign: SignEd25519,
): Promise<NoteSignature> {
  const { text, timestamp } = checkpoint;
  assert(witness.type === noteKeyTypes.cosignature, "a witness key has type 0x04");
  assert(Number.isSafeInteger(timestamp) && timestamp > 0, "a time is whole seconds since 1970");
  const time = new Uint8Array(timestampBytes);
  new DataView(time.buffer).setBigUint64(0, BigInt(timestamp));
  const signature = concatBytes(time, await sign(cosignedMessage(text, timestamp)));
  return { name: witness.name, id: witness.id, signature };
}

/** The time of a witness's cosignature, if it is one. */
export function verifyCosignature(
  text: string,
  cosignature: { readonly witness: VerifierKey; readonly signature: Uint8Array },
  verify: VerifyEd25519,
): number | Refused {
  const { witness, signature } = cosignature;
  const bad = refused("bad-signature", `the cosignature of ${witness.name} is not its key's`);
  if (witness.type !== noteKeyTypes.cosignature) {
    return refused("unknown-kind", `the key of ${witness.name} is not a witness's (type 0x04)`);
  }
  if (signature.length !== signatureBytes) return bad;
  const view = new DataView(signature.buffer, signature.byteOffset, signature.length);
  const timestamp = Number(view.getBigUint64(0));
  // Times go up to 2^63 by the specification; those past 53 bits are 285 million years away.
  if (!Number.isSafeInteger(timestamp) || timestamp === 0) return bad;
  const message = cosignedMessage(text, timestamp);
  return verify(witness.publicKey, message, signature.subarray(timestampBytes)) ? timestamp : bad;
}

/**
 * Refuses with `not-cosigned` unless a threshold of witnesses cosigned. They are counted by the
 * bytes of their keys: one witness configured, or signing, under two names counts once. A line
 * under a known witness's name and id that is not its signature refuses the whole note.
 */
export function verifyCosigned(
  note: Note,
  policy: WitnessPolicy,
  verify: VerifyEd25519,
): WitnessQuorum | Refused {
  const { witnesses, threshold } = policy;
  if (!Number.isSafeInteger(threshold) || threshold < 1) {
    return refused("not-cosigned", "a threshold below one would let a log vouch for itself");
  }
  const counted: { witness: VerifierKey; timestamp: number }[] = [];
  for (const witness of witnesses) {
    for (const { signature } of signaturesOf(note, witness)) {
      const timestamp = verifyCosignature(note.text, { witness, signature }, verify);
      if (isRefused(timestamp)) return timestamp;
      const same = counted.find((one) => equalBytes(one.witness.publicKey, witness.publicKey));
      if (same === undefined) counted.push({ witness, timestamp });
      else same.timestamp = Math.max(same.timestamp, timestamp);
    }
  }
  if (counted.length < threshold) {
    return refused("not-cosigned", `${counted.length} of ${threshold} witnesses cosigned`);
  }
  const times = counted.map(({ timestamp }) => timestamp).sort((a, b) => b - a);
  return { cosignatures: counted, timestamp: times[threshold - 1]! };
}
