/** An authenticator for tests: it makes the assertions that a browser would hand over. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { toUtf8 } from "../encoding/bytes.ts";
import { type KeyId, keyIdOf } from "../signature/key.ts";
import { encodeAssertion, type Passkeys, passkeyChallenge } from "../signature/webauthn.ts";

export const testPasskeys: Passkeys = {
  relyingParty: "writ.test",
  origins: ["https://writ.test"],
  authenticators: [{ aaguid: "0102030405060708090a0b0c0d0e0f10", name: "a key for tests" }],
};

/** What an authenticator or its browser may do otherwise than it should. */
export type Manner = {
  readonly flags?: number;
  readonly counter?: number;
  readonly relyingParty?: string;
  readonly challenge?: Uint8Array;
  /** The client data, given what it should be. */
  readonly clientData?: (proper: string) => string;
};

export type TestPasskey = {
  readonly id: KeyId;
  readonly publicKey: Uint8Array;
  readonly assertion: (message: Uint8Array, manner?: Manner) => Uint8Array;
};

export function testPasskey(curve: "ed25519" | "p256"): TestPasskey {
  const { publicKey: made, privateKey } =
    curve === "p256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
  const { x, y } = made.export({ format: "jwk" });
  const bytes = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
  const point = curve === "p256" ? [Buffer.of(4), bytes(x), bytes(y)] : [bytes(x)];
  const publicKey = new Uint8Array(Buffer.concat(point));
  let count = 0;
  return {
    id: keyIdOf(curve, publicKey),
    publicKey,
    assertion: (message, manner = {}) => {
      count += 1;
      const tail = Buffer.alloc(5);
      tail.writeUInt8(manner.flags ?? 0x05);
      tail.writeUInt32BE(manner.counter ?? count, 1);
      const party = manner.relyingParty ?? testPasskeys.relyingParty;
      const authenticatorData = Buffer.concat([hash(toUtf8(party)), tail]);
      const challenge = Buffer.from(manner.challenge ?? passkeyChallenge(message));
      const proper =
        `{"type":"webauthn.get","challenge":"${challenge.toString("base64url")}",` +
        `"origin":"${testPasskeys.origins[0]}","crossOrigin":false}`;
      const clientDataJSON = toUtf8(manner.clientData?.(proper) ?? proper);
      const payload = Buffer.concat([authenticatorData, hash(clientDataJSON)]);
      const signature = sign(curve === "p256" ? "sha256" : null, payload, privateKey);
      return encodeAssertion({ authenticatorData, clientDataJSON, signature });
    },
  };
}

function hash(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
