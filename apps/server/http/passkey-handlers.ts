/** Passkeys over HTTP: what a browser needs to make one, and what its answer proves. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { enrolmentChallenge, type Refused, refused } from "@writ/core";
import { passkeyRoutes } from "@writ/node/api";
import { verifyEnrolment } from "@writ/node/passkey-attestation";
import type { EstateFold } from "../fold.ts";
import { serveJson } from "./serve.ts";

/** A person has to find the authenticator and touch it. */
const ceremonyMilliseconds = 180_000;

export function passkeyHandlers(app: OpenAPIHono, fold: EstateFold): void {
  serveJson(app, passkeyRoutes.passkeyCreationRoute, ({ params }) => {
    return creationOptions(fold, params.person);
  });
  serveJson(app, passkeyRoutes.passkeyEnrolmentRoute, async ({ params, body }) => {
    const { id: estate, root } = fold.estate;
    if (estate === undefined || root === undefined) return nothingYet();
    return verifyEnrolment({ estate, document: root.document }, params.person, body);
  });
}

function creationOptions({ estate }: EstateFold, person: string) {
  const { id, root } = estate;
  if (id === undefined || root === undefined) return nothingYet();
  const { passkeys, name } = root.document;
  if (passkeys === undefined) {
    return refused("bad-trust-root", "the trust root says nothing of passkeys yet");
  }
  const encoded = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  const known = root.principals.get(person)?.keys ?? [];
  return {
    rp: { id: passkeys.relyingParty, name: `Writ: ${name}` },
    // No secret, and the same each time: one account a person on one authenticator.
    user: { id: encoded(Buffer.from(`${person}@${name}`)), name: person, displayName: person },
    challenge: encoded(enrolmentChallenge(id, person)),
    pubKeyCredParams: [-7, -8].map((alg) => ({ type: "public-key", alg })),
    timeout: ceremonyMilliseconds,
    attestation: "direct",
    authenticatorSelection: {
      residentKey: "discouraged",
      requireResidentKey: false,
      userVerification: "required",
    },
    excludeCredentials: known.flatMap((key) =>
      key.type === "webauthn"
        ? [{ type: "public-key", id: encoded(Buffer.from(key.credential, "base64")) }]
        : [],
    ),
  };
}

function nothingYet(): Refused {
  return refused("no-trust-root", "there is no estate yet");
}
