/**
 * Passkeys: an assertion of W3C Web Authentication Level 3 as the signature of an entry. Its
 * challenge is the SHA-256 of what is signed, so it is good for one statement and for nothing else.
 *
 * The browser's account of what happened is not parsed but written again and compared: §5.8.1.1
 * fixes its serialisation, byte for byte, for verifiers like this one (§5.8.1.2).
 */
import { p256 } from "@noble/curves/nist.js";
import { concatBytes, equalBytes, fromBase64, toBase64, toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, parseCanonicalObject } from "../encoding/canonical-json.ts";
import { sha256 } from "../encoding/digest.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { list, matching, object, optional, read, type Shaped, text } from "../encoding/shape.ts";
import type { VerifyEd25519 } from "../tlog/note.ts";

/** A DNS name of 253 characters with scheme and port fits. */
const originLengthMax = 300;
/** Browsers add members after those that are fixed; none is near this long. */
const clientDataBytesMax = 2048;
/** A certificate of an RSA root in base64. A trust root is an entry: 64 KiB in all. */
const rootLengthMax = 4096;
/** SHA-256 of the relying party, flags, counter (§6.1). Writ asks for no extensions. */
const authenticatorDataBytes = 37;

export const aaguidShape = matching(/^[0-9a-f]{32}$/, "an AAGUID of 32 hex digits");
const origin = matching(
  new RegExp(`^(?=.{1,${originLengthMax}}$)https?://[a-z0-9.[\\]:-]+$`),
  "an origin such as https://writ.example",
);

/** Where an estate's passkeys live, and which authenticators it admits. */
export const passkeysShape = object({
  /** The relying party's id: the console's domain. */
  relyingParty: matching(/^[a-z0-9.-]{1,253}$/, "a domain name"),
  /** Origins at which the console is served. */
  origins: list(origin, 8),
  /** Makes of authenticator that were attested at enrolment; others are software to us. */
  authenticators: list(
    object({
      aaguid: aaguidShape,
      name: text(128),
      /** Certificates (DER, base64) that the make's attestations must lead to. */
      roots: optional(list(text(rootLengthMax), 8)),
    }),
    64,
  ),
});
export type Passkeys = Shaped<typeof passkeysShape>;

/** What a passkey has besides its public key. */
export const passkeyMembers = {
  /** The credential's id, base64: a browser asks the authenticator for it. */
  credential: text(1400),
  /** The make that its attestation proved. Absent: any program may hold it. */
  attested: optional(aaguidShape),
};

/** Bits of the authenticator's flags (§6.1). */
export const passkeyFlags = { present: 1, verified: 4, backupEligible: 8, backedUp: 16 } as const;

export type Assertion = {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: Uint8Array;
  readonly signature: Uint8Array;
};

const assertionShape = object({
  authenticatorData: text(64),
  clientDataJSON: text(clientDataBytesMax * 2),
  signature: text(256),
});

/** An assertion as the bytes of an envelope's signature: canonical JSON of base64 texts. */
export function encodeAssertion(assertion: Assertion): Uint8Array {
  return encodeCanonical({
    authenticatorData: toBase64(assertion.authenticatorData),
    clientDataJSON: toBase64(assertion.clientDataJSON),
    signature: toBase64(assertion.signature),
  });
}

/** Reads an assertion without judging it. */
export function parseAssertion(bytes: Uint8Array): Assertion | Refused {
  const json = parseCanonicalObject(bytes);
  if (isRefused(json)) return json;
  const written = read(assertionShape, json, "assertion");
  if (isRefused(written)) return written;
  const authenticatorData = fromBase64(written.authenticatorData);
  const clientDataJSON = fromBase64(written.clientDataJSON);
  const signature = fromBase64(written.signature);
  if (authenticatorData === undefined || clientDataJSON === undefined || signature === undefined) {
    return refused("malformed", "a member of the assertion is not base64");
  }
  if (authenticatorData.length !== authenticatorDataBytes) {
    return refused("malformed", "authenticator data has not relying party, flags and counter");
  }
  return { authenticatorData, clientDataJSON, signature };
}

/** How often the authenticator says that it has signed; some always say 0. */
export function assertionCounter({ authenticatorData: data }: Assertion): number {
  return new DataView(data.buffer, data.byteOffset, data.length).getUint32(33);
}

/** The challenge to give to `navigator.credentials.get`, for a message that is to be signed. */
export function passkeyChallenge(message: Uint8Array): Uint8Array {
  return sha256(message);
}

/** Refuses with `bad-signature` unless a person, verified by this very device, signed that. */
export function checkAssertion(
  key: {
    readonly curve: "ed25519" | "p256";
    readonly point: Uint8Array;
    readonly passkeys: Passkeys;
  },
  signed: { readonly message: Uint8Array; readonly signature: Uint8Array },
  verify: VerifyEd25519,
): Refused | undefined {
  const assertion = parseAssertion(signed.signature);
  if (isRefused(assertion)) return assertion;
  const { authenticatorData, clientDataJSON, signature } = assertion;
  const problem =
    problemOfClientData(clientDataJSON, {
      type: "webauthn.get",
      challenge: passkeyChallenge(signed.message),
      origins: key.passkeys.origins,
    }) ?? problemOfAuthenticator(authenticatorData, key.passkeys.relyingParty);
  if (problem !== undefined) return refused("bad-signature", problem);
  const payload = concatBytes(authenticatorData, sha256(clientDataJSON));
  const good =
    key.curve === "ed25519"
      ? verify(key.point, payload, signature)
      : verifyDer(key.point, payload, signature);
  return good ? undefined : refused("bad-signature", "the passkey's signature does not match");
}

/** What a browser's account must be of, for it to count. */
export type Ceremony = {
  readonly type: "webauthn.get" | "webauthn.create";
  readonly challenge: Uint8Array;
  readonly origins: readonly string[];
};

/** Why this is no account of that ceremony; `undefined` if it is. */
export function problemOfClientData(bytes: Uint8Array, ceremony: Ceremony): string | undefined {
  if (bytes.length > clientDataBytesMax) return "the client data is too long";
  const begins = (at: string) => {
    const expected = clientDataStart(ceremony, at);
    return equalBytes(bytes.subarray(0, expected.length), expected)
      ? bytes.subarray(expected.length)
      : undefined;
  };
  const rest = ceremony.origins.map(begins).find((found) => found !== undefined);
  if (rest === undefined) {
    return "the browser signed another statement, for another origin, or in a frame of one";
  }
  // The object ends here, or members follow that a later level of the standard adds.
  const [next, last] = [rest[0], rest[rest.length - 1]];
  const whole = last === 0x7d && (next === 0x2c || rest.length === 1);
  return whole ? undefined : "the client data does not end as the standard says";
}

/** What §5.8.1.1 writes for a ceremony that is not inside another origin's frame. */
function clientDataStart({ type, challenge }: Ceremony, origin: string): Uint8Array {
  const encoded = toBase64(challenge).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return toUtf8(
    `{"type":"${type}","challenge":"${encoded}","origin":"${origin}","crossOrigin":false`,
  );
}

function problemOfAuthenticator(data: Uint8Array, relyingParty: string): string | undefined {
  if (!equalBytes(data.subarray(0, 32), sha256(toUtf8(relyingParty)))) {
    return "the passkey signed for another relying party";
  }
  const said = data[32]!;
  if ((said & passkeyFlags.present) === 0) return "nobody touched the authenticator";
  if ((said & passkeyFlags.verified) === 0)
    return "the authenticator did not verify who touched it";
  if ((said & (passkeyFlags.backupEligible | passkeyFlags.backedUp)) !== 0) {
    return "the passkey can be copied to other devices: it proves an account, not a person";
  }
  return said === (passkeyFlags.present | passkeyFlags.verified)
    ? undefined
    : "the authenticator said more than was asked";
}

function verifyDer(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, point, { format: "der", lowS: false, prehash: true });
  } catch {
    return false;
  }
}
