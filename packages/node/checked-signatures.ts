/**
 * Signatures of an entry, checked on the thread pool before whoever judges the entry asks for them:
 * they take longer than all else that is done with an entry, and cores stand idle otherwise.
 */
import {
  type Entry,
  equalBytes,
  preAuthenticationEncoding,
  type TrustRoot,
  type VerifyEd25519,
} from "@writ/core";
import { verifyInPool, verifyNative } from "./ed25519.ts";

/** What the pool found of one signature. */
export type CheckedSignature = {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly good: boolean;
};

/**
 * Checks those plain Ed25519 signatures of an entry whose keys the root knows. Others (of security
 * keys, of a new root's people) are left to whoever asks for them: they are few.
 */
export async function checkSignatures(
  root: TrustRoot | undefined,
  entry: Entry,
): Promise<readonly CheckedSignature[]> {
  const { payloadType, payload, signatures } = entry.envelope;
  const message = preAuthenticationEncoding(payloadType, payload);
  const known = signatures.flatMap(({ key: id, signature }) => {
    const key = root?.keys.get(id)?.key;
    return key?.type === "ed25519" ? [{ publicKey: key.bytes, message, signature }] : [];
  });
  return Promise.all(
    known.map(async (one) => ({
      ...one,
      good: await verifyInPool(one.publicKey, one.message, one.signature),
    })),
  );
}

/** A verifier that knows these already, and checks any other signature itself. */
export function verifierOf(checked: readonly CheckedSignature[]): VerifyEd25519 {
  return (publicKey, message, signature) => {
    const before = checked.find(
      (one) =>
        equalBytes(one.signature, signature) &&
        equalBytes(one.publicKey, publicKey) &&
        equalBytes(one.message, message),
    );
    return before?.good ?? verifyNative(publicKey, message, signature);
  };
}
