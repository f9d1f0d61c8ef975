/** A finding as the API tells it: a contradiction, with both sides. */
import { z } from "@hono/zod-openapi";
import { count, digestSchema, witnessedTime } from "./schema.ts";

const side = z.object({
  kind: z.enum(["register", "claim", "observation", "writ", "rule"]),
  says: z.string(),
  entry: count.optional(),
});

export const findingSchema = z
  .object({
    /** Names this contradiction: what a person accepts, or is handed. */
    digest: digestSchema,
    rule: z.string(),
    severity: z.enum(["critical", "high", "medium", "low"]),
    host: z.string(),
    where: z.string(),
    component: z.string().optional(),
    release: z.string().optional(),
    writ: digestSchema.optional(),
    since: z.object({ index: count, time: witnessedTime }),
    left: side,
    right: side,
    advice: z.string(),
    owner: z.string().optional(),
    /** Absent if nobody bears with it. */
    accepted: z
      .object({ by: z.string(), reason: z.string(), until: witnessedTime, entry: count })
      .optional(),
  })
  .openapi("Finding");
