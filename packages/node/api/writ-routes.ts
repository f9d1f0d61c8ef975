/** Routes that read writs and their course. */
import { createRoute, z } from "@hono/zod-openapi";
import { type Writ, writStates } from "@writ/core";
import { answers, count, digestSchema, witnessedTime } from "./schema.ts";

export const writStateSchema = z.enum(writStates);

/** Null: no witness has seen it yet, or it is from before the times that are kept. */
const time = witnessedTime.nullable();

const moment = z.object({ index: count, time });

export const writSummarySchema = z
  .object({
    digest: digestSchema,
    state: writStateSchema,
    action: z.string(),
    component: z.string(),
    from: z.array(z.string()),
    to: z.string().optional(),
    reason: z.string(),
    proposer: z.string(),
    expires: z.string(),
    proposed: moment,
    approvals: count,
    certificateIndex: count.optional(),
    revokedIndex: count.optional(),
  })
  .openapi("WritSummary");

export const writsRoute = createRoute({
  method: "get",
  path: "/api/writs",
  summary: "Writs, newest first.",
  request: { query: z.object({ state: writStateSchema.optional() }) },
  responses: answers(z.array(writSummarySchema), "the writs"),
});

const ledger = z.object({
  vantage: z.string(),
  roots: z.array(z.string()),
  entries: count,
  bytes: count,
  gapsTotal: count,
});

const verdictSchema = z.object({
  covered: z.array(
    z.object({
      host: z.string(),
      index: count,
      began: z.string(),
      ended: z.string(),
      ledgers: z.array(ledger),
    }),
  ),
  uncovered: z.array(z.object({ host: z.string(), why: z.string() })),
  contradictions: z.array(
    z.object({
      what: z.string(),
      host: z.string(),
      where: z.string(),
      since: count,
      index: count,
      detail: z.string(),
      release: z.string().optional(),
      placement: z.string().optional(),
    }),
  ),
  asOrdered: z.array(z.string()),
});

export const proceedingSchema = z
  .object({
    digest: digestSchema,
    /** The server's reading of the writ; whoever signs reads the blob's bytes. */
    writ: z
      .custom<Writ>((value) => typeof value === "object")
      .openapi({ type: "object", additionalProperties: true }),
    state: writStateSchema,
    course: z.array(z.object({ state: writStateSchema, index: count, time })),
    /** Which groups must fill how many seats. */
    seats: z.array(z.object({ group: z.string(), threshold: count })),
    quorumMet: z.boolean(),
    approvals: z.array(
      z.object({
        person: z.string(),
        key: z.string(),
        custody: z.enum(["hardware", "software"]),
        index: count,
        time,
      }),
    ),
    refusal: z.object({ person: z.string(), veto: z.boolean(), index: count, time }).optional(),
    steps: z.array(
      z.object({
        step: count,
        what: z.string(),
        host: z.string(),
        placement: z.string(),
        phase: z.enum(["not begun", "intent", "done", "failed", "indeterminate"]),
        index: count.optional(),
        detail: z.string().optional(),
      }),
    ),
    /** Why it may not begin now; absent if it may, or if it has begun. */
    hindrance: z.object({ refused: z.string(), detail: z.string() }).optional(),
    executed: moment.optional(),
    verdict: verdictSchema.optional(),
    fulfilled: moment.optional(),
    certificateIndex: count.optional(),
    revokedIndex: count.optional(),
  })
  .openapi("Proceeding");

export const writRoute = createRoute({
  method: "get",
  path: "/api/writs/{digest}",
  summary: "One writ and all that was said and seen of it.",
  request: { params: z.object({ digest: digestSchema }) },
  responses: answers(proceedingSchema, "the proceeding"),
});
