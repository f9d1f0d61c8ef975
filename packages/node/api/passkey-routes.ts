/**
 * Routes for a browser's part in passkeys. Enrolling changes nothing at the server: the answer is a
 * key that a next version of the trust root may name, and its quorums decide.
 *
 * 1. `GET /api/passkeys/{person}/creation` → `options`. In the browser:
 *    `PublicKeyCredential.parseCreationOptionsFromJSON(options)` is the `publicKey` that
 *    `navigator.credentials.create` is given; the `toJSON()` of its answer is the registration.
 * 2. `POST /api/passkeys/{person}/enrolment` with it → the key as a trust root names it, or why
 *    not. The person keeps the registration as a file: `./writ trust enrol FILE --person NAME`
 *    verifies it again where the next version is drafted.
 * 3. To sign, no route is needed: the challenge is SHA-256 of the pre-authentication encoding
 *    (`passkeyChallenge` of @writ/core), `rpId` and the credentials are in the trust root, user
 *    verification is `required`, and `encodeAssertion` makes the envelope's signature.
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { PublicKey } from "@writ/core";
import { answers, jsonObject } from "./schema.ts";

const person = z.object({ person: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/) });
const base64url = z
  .string()
  .max(32 * 1024)
  .regex(/^[A-Za-z0-9_-]+$/);

export const registrationSchema = z.object({
  id: base64url,
  response: z.object({ clientDataJSON: base64url, attestationObject: base64url }),
});

export const passkeyCreationRoute = createRoute({
  method: "get",
  path: "/api/passkeys/{person}/creation",
  summary: "Options for navigator.credentials.create, as PublicKeyCredentialCreationOptionsJSON.",
  request: { params: person },
  responses: answers(jsonObject, "the options"),
});

export const passkeyEnrolmentRoute = createRoute({
  method: "post",
  path: "/api/passkeys/{person}/enrolment",
  summary: "Verify an enrolment: the key as a trust root would name it. Changes nothing.",
  request: {
    params: person,
    body: { required: true, content: { "application/json": { schema: registrationSchema } } },
  },
  responses: answers(
    z.object({
      key: z
        .custom<PublicKey>((value) => typeof value === "object")
        .openapi({ type: "object", additionalProperties: true }),
      format: z.string(),
      aaguid: z.string(),
      /** Why the key counts as software; absent: it was proven to live in hardware. */
      software: z.string().optional(),
    }),
    "the key",
  ),
});
