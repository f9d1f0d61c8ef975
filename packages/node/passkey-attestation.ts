/**
 * A browser's answer to `navigator.credentials.create`, verified: the ceremony, the attestation's
 * format and signature, and whether its certificates lead to a root of the make that the trust root
 * admits. Formats packed and tpm can prove a make; none, self-signed and U2F (which names no make)
 * prove none. Refuses with `unattested`, `malformed` or `bad-signature`.
 */

import { SettingsService, verifyRegistrationResponse } from "@simplewebauthn/server";
import {
  convertAAGUIDToString,
  cose,
  decodeAttestationObject,
  decodeCredentialPublicKey,
  parseAuthenticatorData,
} from "@simplewebauthn/server/helpers";
import {
  type Digest,
  type Enrolment,
  enrolledKey,
  enrolmentChallenge,
  isRefused,
  type PublicKey,
  problemOfClientData,
  type Refused,
  refused,
  type TrustRootDocument,
  toHex,
} from "@writ/core";

/** An answer is a credential id, client data and an attestation with certificates. */
const memberLengthMax = 32 * 1024;
/** COSE algorithms: Ed25519 and ES256. Others the core does not verify. */
const algorithms = [-8, -7];
/** Formats whose certificates say which make an authenticator is of. */
const provingFormats = ["packed", "tpm"] as const;
type ProvingFormat = (typeof provingFormats)[number];

/** The members of the answer's `toJSON()` that count, in base64url. */
export type Registration = {
  readonly id: string;
  readonly response: { readonly clientDataJSON: string; readonly attestationObject: string };
};

export type EnrolledPasskey = {
  readonly key: PublicKey;
  readonly format: string;
  readonly aaguid: string;
  /** Why the key counts as software; absent: it was proven to live in hardware. */
  readonly software?: string;
};

/** Roots are the library's global setting: one attestation is verified at a time. */
let turn: Promise<unknown> = Promise.resolve();

/** Verifies the enrolment of one person's passkey against a trust root's rules. */
export function verifyEnrolment(
  { estate, document }: { readonly estate: Digest; readonly document: TrustRootDocument },
  person: string,
  registration: Registration,
): Promise<EnrolledPasskey | Refused> {
  const mine = turn.then(() => verified({ estate, document, person, registration }));
  turn = mine.catch(() => undefined);
  return mine;
}

type Given = {
  readonly estate: Digest;
  readonly document: TrustRootDocument;
  readonly person: string;
  readonly registration: Registration;
};

async function verified(given: Given): Promise<EnrolledPasskey | Refused> {
  const { passkeys } = given.document;
  if (passkeys === undefined) return refused("bad-trust-root", "the trust root has no passkeys");
  const { id, response } = given.registration;
  const texts = [id, response.clientDataJSON, response.attestationObject];
  if (texts.some((text) => text.length > memberLengthMax || !/^[A-Za-z0-9_-]+$/.test(text))) {
    return refused("malformed", "a member of the answer is not base64url, or too long");
  }
  const challenge = enrolmentChallenge(given.estate, given.person);
  const clientData = new Uint8Array(Buffer.from(response.clientDataJSON, "base64url"));
  const { origins } = passkeys;
  const problem = problemOfClientData(clientData, { type: "webauthn.create", challenge, origins });
  if (problem !== undefined) return refused("bad-signature", problem);
  try {
    return await attested(given, challenge);
  } catch (error) {
    // The library throws for each thing that is not as the standard says.
    return refused("unattested", `the attestation does not verify: ${(error as Error).message}`);
  }
}

async function attested(
  { document, registration }: Given,
  challenge: Uint8Array,
): Promise<EnrolledPasskey | Refused> {
  const passkeys = document.passkeys!;
  const { id, response } = registration;
  const object = new Uint8Array(Buffer.from(response.attestationObject, "base64url"));
  const decoded = decodeAttestationObject(object);
  const format = decoded.get("fmt");
  const data = parseAuthenticatorData(decoded.get("authData"));
  const aaguid = (data.aaguid === undefined ? "" : convertAAGUIDToString(data.aaguid)).replaceAll(
    "-",
    "",
  );
  const roots = passkeys.authenticators.find((one) => one.aaguid === aaguid)?.roots ?? [];
  const proving = provingFormats.find((one) => one === format);
  if (proving !== undefined) trust(proving, roots);
  const { verified: good, registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId: id,
      type: "public-key",
      response: { ...response },
      clientExtensionResults: {},
    },
    expectedChallenge: Buffer.from(challenge).toString("base64url"),
    expectedOrigin: [...passkeys.origins],
    expectedRPID: passkeys.relyingParty,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  });
  if (!good) return refused("unattested", "the attestation's signature does not verify");
  const { credential } = registrationInfo;
  const point = pointOf(credential.publicKey);
  if (isRefused(point)) return point;
  const certificates = decoded.get("attStmt").get("x5c") ?? [];
  const enrolment: Enrolment = {
    point,
    credential: new Uint8Array(Buffer.from(credential.id, "base64url")),
    aaguid,
    flags: data.flagsBuf[0]!,
    // Without roots the library checks no chain; without certificates there is none.
    proven: proving !== undefined && roots.length > 0 && certificates.length > 0,
  };
  const enrolled = enrolledKey({ passkeys, softwareKeys: document.softwareKeys }, enrolment);
  return isRefused(enrolled) ? enrolled : { ...enrolled, format, aaguid };
}

function trust(format: ProvingFormat, roots: readonly string[]): void {
  const certificates = roots.map((der) => {
    const lines = der.match(/.{1,64}/g) ?? [];
    return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----"].join("\n");
  });
  SettingsService.setRootCertificates({ identifier: format, certificates });
}

/** The raw point of a COSE key (RFC 9053). */
function pointOf(publicKey: Uint8Array<ArrayBuffer>): Uint8Array | Refused {
  const key = decodeCredentialPublicKey(publicKey);
  const bytes = (value: unknown) => (value instanceof Uint8Array ? value : new Uint8Array());
  if (cose.isCOSEPublicKeyEC2(key) && key.get(cose.COSEKEYS.crv) === cose.COSECRV.P256) {
    const [x, y] = [bytes(key.get(cose.COSEKEYS.x)), bytes(key.get(cose.COSEKEYS.y))];
    if (x.length === 32 && y.length === 32)
      return new Uint8Array(Buffer.concat([Buffer.of(4), x, y]));
  }
  if (cose.isCOSEPublicKeyOKP(key) && key.get(cose.COSEKEYS.crv) === cose.COSECRV.ED25519) {
    const x = bytes(key.get(cose.COSEKEYS.x));
    if (x.length === 32) return x;
  }
  return refused("malformed", `the passkey is no point of P-256 or Ed25519: ${toHex(publicKey)}`);
}
