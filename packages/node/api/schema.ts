/** Shapes that several routes of the HTTP API share. What the server says is JSON, never markup. */
import { z } from "@hono/zod-openapi";
import type { Digest } from "@writ/core";

/** `sha256:` and 64 lower-case hex digits. */
export const digestSchema: z.ZodType<Digest> = z
  .custom<Digest>((value) => typeof value === "string" && /^sha256:[0-9a-f]{64}$/.test(value))
  .openapi({
    type: "string",
    pattern: "^sha256:[0-9a-f]{64}$",
    example: `sha256:${"0".repeat(64)}`,
  });

/** A count, an index or a size: an integer of 53 bits. */
export const count: z.ZodNumber = z.int().min(0);

/** Milliseconds since 1970, as witnesses saw it; 0 before any witness spoke. */
export const witnessedTime: z.ZodNumber = z.int().min(0);

/** Base64 with padding (RFC 4648 §4). */
export const base64: z.ZodString = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);

/** What stands in the way of a request, in words for a person. */
export const refusalSchema = z
  .object({
    refused: z.string().openapi({ description: "the reason's code, from a closed list" }),
    detail: z.string().openapi({ description: "what was wrong, and where" }),
    hint: z.string().openapi({ description: "what to do next" }),
  })
  .openapi("Refusal");
export type RefusalAnswer = z.infer<typeof refusalSchema>;

/** Names of hosts and the like in a path: no slash, nothing that resolves to another. */
export const idParameter: z.ZodString = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/);

export const jsonObject = z.record(z.string(), z.unknown());

const refusalContent = { "application/json": { schema: refusalSchema } };

/** Every route may answer these. */
export const refusals = {
  400: { description: "not as the contract says", content: refusalContent },
  403: { description: "the signer may not say this", content: refusalContent },
  404: { description: "no such thing", content: refusalContent },
  409: {
    description: "the journal says otherwise by now",
    content: refusalContent,
  },
  413: { description: "too large", content: refusalContent },
  422: { description: "well formed, and refused", content: refusalContent },
  503: { description: "not now: see Retry-After", content: refusalContent },
} as const;

/** A 200 with a JSON body. */
export function answers<S extends z.ZodType>(schema: S, description: string) {
  return {
    200: { description, content: { "application/json": { schema } } },
    ...refusals,
  } as const;
}
