/** Routes of the journal: submitting entries, and reading what is there. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  answers,
  base64,
  count,
  digestSchema,
  jsonObject,
  refusals,
  witnessedTime,
} from "./schema.ts";

/** An entry names at most one blob today; a body with more is not from a client of ours. */
export const blobsMax = 4;

const keyId = z.string().regex(/^[0-9a-f]{32}$/);
const rootHash = z.string().regex(/^[0-9a-f]{64}$/);

export const submitRoute = createRoute({
  method: "post",
  path: "/api/entries",
  summary: "Submit a signed entry with the blobs that it names. Idempotent by the entry's bytes.",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            entry: base64.openapi({ description: "the DSSE envelope's bytes" }),
            blobs: z.array(base64).max(blobsMax),
          }),
        },
      },
    },
  },
  responses: answers(
    z.object({ index: count, digest: digestSchema, duplicate: z.boolean() }),
    "durable in the journal",
  ),
});

export const headRoute = createRoute({
  method: "get",
  path: "/api/keys/{keyid}/head",
  summary: "The last entry of a key's chain; sequence -1 before the first.",
  request: { params: z.object({ keyid: keyId }) },
  responses: answers(
    z.object({ sequence: z.int().min(-1), digest: digestSchema.optional() }),
    "the head of the chain",
  ),
});

export const witnessedRoute = createRoute({
  method: "get",
  path: "/api/witnessed",
  summary: "The latest witnessed state: what a census cites as `since`.",
  responses: answers(
    z.object({ size: count, root: rootHash, index: count, time: witnessedTime }),
    "the latest witnessed state",
  ),
});

export const entryRoute = createRoute({
  method: "get",
  path: "/api/entries/{index}",
  summary: "One entry, for reading; whoever needs proof reads /journal.",
  request: { params: z.object({ index: z.string().regex(/^(0|[1-9][0-9]{0,15})$/) }) },
  responses: answers(
    z.object({
      index: count,
      digest: digestSchema,
      entry: base64,
      statement: jsonObject,
      signers: z.array(z.object({ key: keyId, name: z.string().optional() })),
      time: witnessedTime.nullable(),
    }),
    "the entry",
  ),
});

const bytesOf = (type: string, description: string) =>
  ({
    200: { description, content: { [type]: { schema: z.string().openapi({ format: "binary" }) } } },
    ...refusals,
  }) as const;

export const blobRoute = createRoute({
  method: "get",
  path: "/api/blobs/{digest}",
  summary: "A blob's bytes.",
  request: { params: z.object({ digest: digestSchema }) },
  responses: bytesOf("application/octet-stream", "the bytes, checked against the digest"),
});

export const certificateRoute = createRoute({
  method: "get",
  path: "/api/certificates/{writ}",
  summary: "The certificate of a fulfilled writ: one file, verifiable offline.",
  request: { params: z.object({ writ: digestSchema }) },
  responses: bytesOf("application/json", "the certificate's file"),
});

export const checkpointRoute = createRoute({
  method: "get",
  path: "/journal/checkpoint",
  summary: "The latest checkpoint, cosigned by a threshold of witnesses (c2sp.org/tlog-tiles).",
  responses: bytesOf("text/plain", "a signed note"),
});

/** In OpenAPI a parameter holds no slash; the server takes the whole rest of the path. */
export const tileRoute = createRoute({
  method: "get",
  path: "/journal/tile/{level}/{index}",
  summary: "A tile or entry bundle by its C2SP path, such as tile/0/x001/067.p/8.",
  request: { params: z.object({ level: z.string(), index: z.string() }) },
  responses: bytesOf("application/octet-stream", "the tile's bytes"),
});

export const eventsRoute = createRoute({
  method: "get",
  path: "/api/events",
  summary: "Server-sent events: entry, writ, findings. A hint to look again, never evidence.",
  responses: bytesOf("text/event-stream", "events until the client goes"),
});

export const openApiRoute = createRoute({
  method: "get",
  path: "/api/openapi.json",
  summary: "This contract.",
  responses: answers(jsonObject, "an OpenAPI 3.1 document"),
});
