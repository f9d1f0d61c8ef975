/** An authenticator for tests that attests itself with real certificates, as a browser hands over. */
import "reflect-metadata";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { Extension, X509CertificateGenerator } from "@peculiar/x509";
import { isoCBOR } from "@simplewebauthn/server/helpers";
import type { Registration } from "../passkey-attestation.ts";

export const testAaguid = "0102030405060708090a0b0c0d0e0f10";

/** What it may do otherwise than a good one does. */
export type Attesting = {
  readonly challenge: Uint8Array;
  readonly relyingParty: string;
  readonly origin: string;
  readonly format?: "packed" | "none" | "self";
  readonly aaguid?: string;
  readonly flags?: number;
  readonly crossOrigin?: boolean;
  /** A make whose root vouches for it; absent: none is trusted. */
  readonly make?: Make;
};

/** A maker of authenticators: its root, and an attestation certificate of one make. */
export type Make = {
  /** The root's DER, in base64. */
  readonly root: string;
  readonly leaf: Uint8Array;
  readonly signature: (message: Uint8Array) => Uint8Array;
};

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const validity = { notBefore: new Date("2020-01-01"), notAfter: new Date("2049-01-01") };

export async function makeOf(aaguid = testAaguid): Promise<Make> {
  const { subtle } = globalThis.crypto;
  const roots = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Test Maker Root",
    keys: roots,
    signingAlgorithm: algorithm,
    ...validity,
  });
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  // FIDO's extension that names the make (1.3.6.1.4.1.45724.1.1.4): an octet string in one.
  const named = Buffer.concat([Buffer.of(4, 16), Buffer.from(aaguid, "hex")]);
  const leaf = await X509CertificateGenerator.create({
    subject: "C=SE, O=Test Maker, OU=Authenticator Attestation, CN=Test Key",
    issuer: root.subject,
    publicKey: await subtle.importKey("spki", new Uint8Array(spki), algorithm, true, ["verify"]),
    signingKey: roots.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new Extension("2.5.29.19", false, new Uint8Array([0x30, 0])),
      new Extension("1.3.6.1.4.1.45724.1.1.4", false, new Uint8Array(named)),
    ],
    ...validity,
  });
  return {
    root: Buffer.from(root.rawData).toString("base64"),
    leaf: new Uint8Array(leaf.rawData),
    signature: (message) => new Uint8Array(sign("sha256", message, privateKey)),
  };
}

/** Makes a credential and what `navigator.credentials.create` would answer. */
export function attest(asked: Attesting): Registration {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x, y } = publicKey.export({ format: "jwk" });
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? "", "base64url"));
  const cose = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, bytes(x)],
    [-3, bytes(y)],
  ]);
  const credential = randomBytes(16);
  const authData = Buffer.concat([
    hash(Buffer.from(asked.relyingParty)),
    Buffer.of(asked.flags ?? 0x45, 0, 0, 0, 0),
    Buffer.from(asked.aaguid ?? testAaguid, "hex"),
    Buffer.of(0, credential.length),
    credential,
    isoCBOR.encode(cose),
  ]);
  const clientData = Buffer.from(
    `{"type":"webauthn.create","challenge":"${Buffer.from(asked.challenge).toString("base64url")}",` +
      `"origin":"${asked.origin}","crossOrigin":${asked.crossOrigin === true}}`,
  );
  const signed = Buffer.concat([authData, hash(clientData)]);
  const statement = new Map<string, unknown>();
  const format = asked.format ?? "packed";
  if (format === "packed") {
    statement
      .set("alg", -7)
      .set("sig", asked.make!.signature(signed))
      .set("x5c", [asked.make!.leaf]);
  } else if (format === "self") {
    statement.set("alg", -7).set("sig", new Uint8Array(sign("sha256", signed, privateKey)));
  }
  const attestation = isoCBOR.encode(
    new Map<string, unknown>([
      ["fmt", format === "self" ? "packed" : format],
      ["attStmt", statement],
      ["authData", new Uint8Array(authData)],
    ]) as never,
  );
  return {
    id: credential.toString("base64url"),
    response: {
      clientDataJSON: clientData.toString("base64url"),
      attestationObject: Buffer.from(attestation).toString("base64url"),
    },
  };
}

function hash(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
