/** A key pair of node's crypto, as the ports of notes want it. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { isRefused } from "../../encoding/refusal.ts";
import {
  type NoteKeyType,
  type SignEd25519,
  type VerifierKey,
  type VerifyEd25519,
  verifierKey,
} from "../note.ts";

/** A fresh key under a name. */
export function newSigner(
  name: string,
  type: NoteKeyType,
): { readonly key: VerifierKey; readonly sign: SignEd25519 } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const key = verifierKey(name, type, new Uint8Array(Buffer.from(x!, "base64url")));
  assert.ok(!isRefused(key));
  return { key, sign: (message) => new Uint8Array(sign(null, message, privateKey)) };
}

/** Node's own Ed25519: another implementation than the default one, and much faster. */
export const nodeVerify: VerifyEd25519 = (publicKey, message, signature) => {
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, message, key, signature);
};
