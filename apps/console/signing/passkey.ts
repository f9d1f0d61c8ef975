/**
 * A passkey as a signer. The page holds no key: it writes the next entry of the passkey's chain,
 * asks the authenticator to sign its digest, and hands both to the server, which can refuse them
 * and cannot change them. Every executor checks the same signature again.
 */
import {
  type Digest,
  type EntryBody,
  encodeAssertion,
  encodeEnvelope,
  encodeStatement,
  entryPayloadType,
  fromBase64,
  isRefused,
  type KeyId,
  knownKey,
  passkeyChallenge,
  preAuthenticationEncoding,
  type Refused,
  refused,
  type TrustRoot,
  toBase64,
} from "@writ/core";
import { asked, posted } from "../server-connection.ts";

/** A person is looked for, finds the device, touches it. */
const patienceMilliseconds = 180_000;

export type HeldPasskey = {
  readonly person: string;
  readonly key: KeyId;
  readonly credential: Uint8Array<ArrayBuffer>;
  /** Whose make is not proven counts as software. */
  readonly custody: "hardware" | "software";
};

/** The passkeys that a verified trust root names, by person. */
export function passkeysOf({ document }: TrustRoot): readonly HeldPasskey[] {
  return document.principals.flatMap(({ name: person, kind, keys }) =>
    kind !== "human"
      ? []
      : keys.flatMap((written) => {
          if (written.type !== "webauthn") return [];
          const known = knownKey(written, document.passkeys);
          const credential = fromBase64(written.credential);
          if (isRefused(known) || credential === undefined) return [];
          const { id: key, custody } = known;
          return [{ person, key, credential: new Uint8Array(credential), custody }];
        }),
  );
}

export type Said = {
  readonly estate: Digest;
  readonly body: EntryBody;
  readonly blobs?: readonly Uint8Array[];
};

/** Signs an entry by touch and submits it; its index, or why not. */
export async function sayWithPasskey(
  passkey: HeldPasskey,
  relyingParty: string,
  { estate, body, blobs = [] }: Said,
): Promise<{ readonly index: number } | Refused> {
  const head = await asked<{ readonly sequence: number; readonly digest?: Digest }>(
    `/api/keys/${passkey.key}/head`,
  );
  if (isRefused(head)) return head;
  const payload = encodeStatement({
    version: 1,
    estate,
    at: new Date().toISOString(),
    chain: {
      sequence: head.sequence + 1,
      ...(head.digest === undefined ? {} : { previous: head.digest }),
    },
    body,
  });
  const message = preAuthenticationEncoding(entryPayloadType, payload);
  const signature = await touched(passkey, relyingParty, passkeyChallenge(message));
  if (isRefused(signature)) return signature;
  const entry = encodeEnvelope({
    payloadType: entryPayloadType,
    payload,
    signatures: [{ key: passkey.key, signature }],
  });
  return posted("/api/entries", { entry: toBase64(entry), blobs: blobs.map(toBase64) });
}

async function touched(
  { credential, person }: HeldPasskey,
  rpId: string,
  challenge: Uint8Array,
): Promise<Uint8Array | Refused> {
  try {
    const answer = (await navigator.credentials.get({
      publicKey: {
        rpId,
        challenge: new Uint8Array(challenge),
        allowCredentials: [{ type: "public-key", id: credential }],
        userVerification: "required",
        timeout: patienceMilliseconds,
      },
    })) as PublicKeyCredential | null;
    const response = answer?.response as AuthenticatorAssertionResponse | undefined;
    if (response === undefined) return refused("bad-signature", `${person} did not sign`);
    return encodeAssertion({
      authenticatorData: new Uint8Array(response.authenticatorData),
      clientDataJSON: new Uint8Array(response.clientDataJSON),
      signature: new Uint8Array(response.signature),
    });
  } catch (error) {
    return refused("bad-signature", `${person} did not sign: ${(error as Error).message}`);
  }
}

/** What the authenticator said of a new passkey: the file that `./writ trust enrol` reads. */
export type Registration = { readonly id: string } & { readonly [member: string]: unknown };

export type Enrolled = {
  readonly registration: Registration;
  readonly aaguid: string;
  /** Why the key counts as software; absent: its maker vouches for it. */
  readonly software?: string;
};

/** Makes a passkey for a person. It counts when the trust root's quorums have named it. */
export async function makePasskey(person: string): Promise<Enrolled | Refused> {
  const path = `/api/passkeys/${encodeURIComponent(person)}`;
  const options = await asked<PublicKeyCredentialCreationOptionsJSON>(`${path}/creation`);
  if (isRefused(options)) return options;
  let registration: Registration;
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
    if (made === null) return refused("unattested", "no passkey was made");
    registration = made.toJSON() as unknown as Registration;
  } catch (error) {
    return refused("unattested", `no passkey was made: ${(error as Error).message}`);
  }
  const { id, response } = registration as unknown as {
    readonly id: string;
    readonly response: { readonly clientDataJSON: string; readonly attestationObject: string };
  };
  const { clientDataJSON, attestationObject } = response;
  const told = await posted<{ readonly aaguid: string; readonly software?: string }>(
    `${path}/enrolment`,
    { id, response: { clientDataJSON, attestationObject } },
  );
  if (isRefused(told)) return told;
  const software = told.software === undefined ? {} : { software: told.software };
  return { registration, aaguid: told.aaguid, ...software };
}
