/**
 * Enrolment of a passkey: what an attestation must have shown before a trust root may name the key.
 * Attestation formats and certificates are an adapter's to verify, once; what is judged here, and
 * what every executor judges again at each signature, is which device it is and whether it can be
 * copied.
 */
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { type Digest, sha256 } from "../encoding/digest.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import type { PublicKey } from "./key.ts";
import { type Passkeys, passkeyFlags } from "./webauthn.ts";

/**
 * Authenticators that are programs, by AAGUID: what an agent would hold. No trust root may admit
 * them as hardware, whoever signs it. An allow-list decides; this names the ones often asked for.
 */
export const softAuthenticators: { readonly [aaguid: string]: string } = {
  "00000000000000000000000000000000": "an authenticator that names no make",
  "01020304050607080102030405060708": "Chromium's virtual authenticator",
};

/** The challenge to enrol with: it binds the new key to one person of one estate. */
export function enrolmentChallenge(estate: Digest, person: string): Uint8Array {
  return sha256(toUtf8(`writ passkey enrolment v1\n${estate}\n${person}\n`));
}

/** What an adapter read from an attestation. */
export type Enrolment = {
  /** 32 bytes of Ed25519 or 65 of P-256, uncompressed. */
  readonly point: Uint8Array;
  readonly credential: Uint8Array;
  /** 32 hex digits. */
  readonly aaguid: string;
  /** The authenticator's flags (WebAuthn §6.1). */
  readonly flags: number;
  /** True if a certificate that leads to a root of the make vouches for this very key. */
  readonly proven: boolean;
};

/** The key as a trust root names it, or why it may not: `software` says what was not proven. */
export function enrolledKey(
  { passkeys, softwareKeys }: { readonly passkeys: Passkeys; readonly softwareKeys: boolean },
  enrolment: Enrolment,
): { readonly key: PublicKey; readonly software?: string } | Refused {
  const { point, credential, aaguid, flags } = enrolment;
  const { present, verified, backupEligible, backedUp } = passkeyFlags;
  if ((flags & present) === 0) return bad("nobody touched the authenticator");
  if ((flags & verified) === 0) return bad("the authenticator did not verify who touched it");
  if ((flags & (backupEligible | backedUp)) !== 0) {
    return bad("the passkey can be copied to other devices; make one that stays in its device");
  }
  const key = {
    type: "webauthn",
    public: toBase64(point),
    credential: toBase64(credential),
  } as const;
  const software = whySoftware(passkeys, enrolment);
  if (software === undefined) return { key: { ...key, attested: aaguid } };
  if (softwareKeys) return { key, software };
  return bad(`${software}, and this estate admits no keys in software`);
}

function whySoftware(passkeys: Passkeys, { aaguid, proven }: Enrolment): string | undefined {
  const program = softAuthenticators[aaguid];
  if (program !== undefined) return `${program} is a program that anyone may hold`;
  if (!passkeys.authenticators.some((one) => one.aaguid === aaguid)) {
    return `authenticators of make ${aaguid} are not on the trust root's list`;
  }
  return proven ? undefined : "no certificate of its make vouches for it";
}

function bad(detail: string): Refused {
  return refused("unattested", detail);
}
