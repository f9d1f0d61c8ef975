/** Routes that read the estate: what ought to be, what was seen, and where the two disagree. */
import { createRoute, z } from "@hono/zod-openapi";
import { type RegisterDocument, type TrustRootDocument, writActions } from "@writ/core";
import { findingSchema } from "./finding-schema.ts";
import {
  answers,
  base64,
  count,
  digestSchema,
  idParameter,
  jsonObject,
  witnessedTime,
} from "./schema.ts";

const lifecycle = z.enum(["proposed", "approved", "active", "retired", "destroyed"]);
const document = z.custom<RegisterDocument>((value) => typeof value === "object");
const documentObject = document.openapi({ type: "object", additionalProperties: true });

export const estateRoute = createRoute({
  method: "get",
  path: "/api/estate",
  summary: "The estate at a glance.",
  responses: answers(
    z.object({
      /** Absent before the first trust root. */
      estate: digestSchema.optional(),
      name: z.string().optional(),
      root: z.object({ number: count, digest: digestSchema }).optional(),
      size: count,
      time: witnessedTime,
      witnessedSize: count,
      /** Milliseconds that the server has been up. */
      uptime: count,
      counts: z.object({
        components: count,
        releases: count,
        placements: count,
        controls: count,
        hosts: count,
        writs: count,
        openWrits: count,
        claims: count,
        refusals: count,
        findings: count,
      }),
      /** When each principal was last heard: the newest of its keys' entries. */
      principals: z.array(
        z.object({
          name: z.string(),
          kind: z.string(),
          host: z.string().optional(),
          heard: z.object({ index: count, time: witnessedTime }).optional(),
        }),
      ),
    }),
    "the estate",
  ),
});

export const trustRootRoute = createRoute({
  method: "get",
  path: "/api/trust-root",
  summary: "The trust root in force.",
  responses: answers(
    z.object({
      digest: digestSchema,
      /** Journal indexes of all versions, the one in force last. */
      indexes: z.array(count),
      document: z
        .custom<TrustRootDocument>((value) => typeof value === "object")
        .openapi({ type: "object", additionalProperties: true }),
    }),
    "the trust root",
  ),
});

/** `fields`: members that another entry than `index` said last. */
const said = z.object({
  document: documentObject,
  index: count,
  fields: z.record(z.string(), count).optional(),
});

/** Who said a register entry, when by their own clock, and out of what they had it. */
const saying = z.object({
  index: count,
  person: z.string(),
  at: z.string(),
  origin: z
    .object({
      by: z.enum(["import", "observation", "claim"]),
      format: z.string(),
      document: digestSchema,
    })
    .optional(),
});

/** A moment of the journal: after an entry, by its index, or a time by which it was witnessed. */
const moment = z.string().min(1).max(40);
const atMoment = { query: z.object({ at: moment.optional() }) };

export const registerRoute = createRoute({
  method: "get",
  path: "/api/register",
  summary: "What ought to exist and run; with `at`, as it was.",
  request: atMoment,
  responses: answers(
    z.object({
      components: z.array(said),
      releases: z.array(said.extend({ lifecycle, lifecycleSince: count })),
      placements: z.array(said),
      controls: z.array(said),
      hosts: z.array(said),
      sayings: z.array(saying),
    }),
    "the register",
  ),
});

export const findingsRoute = createRoute({
  method: "get",
  path: "/api/findings",
  summary: "Contradictions, read off the estate now, or as of `at`; none of them is stored.",
  request: atMoment,
  responses: answers(z.array(findingSchema), "the findings, worst first"),
});

const registered = z.object({ document: documentObject, lifecycle: lifecycle.optional() });
const momentTold = z.object({ size: count, time: witnessedTime });

export const differenceRoute = createRoute({
  method: "get",
  path: "/api/difference",
  summary: "What is otherwise between two moments; without `to`, since the first.",
  request: { query: z.object({ from: moment, to: moment.optional() }) },
  responses: answers(
    z.object({
      from: momentTold,
      to: momentTold,
      findings: z.object({
        appeared: z.array(findingSchema),
        ended: z.array(findingSchema),
        /** Borne with, or owned, otherwise. */
        changed: z.array(findingSchema),
      }),
      register: z.array(
        z.object({
          key: z.string(),
          before: registered.optional(),
          after: registered.optional(),
        }),
      ),
    }),
    "what appeared, ended and changed",
  ),
});

const ledger = z.object({
  vantage: z.string(),
  roots: z.array(z.string()),
  entries: count,
  bytes: count,
  gapsTotal: count,
  /** Gaps that could hide a model and that nobody accepted: each blocks a proof of absence. */
  blockingGaps: count,
  /** Gaps that could hide a model, and that the register accepts as blind spots. */
  acceptedGaps: count,
  milliseconds: count,
});

export const hostSchema = z
  .object({
    host: z.string(),
    heard: z.object({ index: count, time: witnessedTime }).optional(),
    census: z
      .object({
        index: count,
        sinceSize: count,
        began: z.string(),
        ended: z.string(),
        masses: count,
        processes: count,
        controls: count,
        links: count,
        coverage: z.array(ledger),
      })
      .optional(),
  })
  .openapi("Host");

export const hostsRoute = createRoute({
  method: "get",
  path: "/api/hosts",
  summary: "Each host: when its probe was heard, and what its newest census covered.",
  responses: answers(z.array(hostSchema), "hosts that the register or a probe names"),
});

export const censusRoute = createRoute({
  method: "get",
  path: "/api/hosts/{host}/census",
  summary: "The newest census of a host, as its probe sent it.",
  request: { params: z.object({ host: idParameter }) },
  responses: answers(jsonObject, "the census document"),
});

const path = z.string();
const reading = z.object({
  path,
  format: z.enum(["json", "yaml", "toml", "ini", "env", "text"]),
  key: z.string().optional(),
  environment: z.string().optional(),
});

export const assignmentSchema = z
  .object({
    host: z.string(),
    controls: z.array(z.object({ control: z.string(), reading })),
    links: z.array(path),
    lines: z.array(reading),
    artefacts: z.array(z.object({ digest: digestSchema, size: count })),
    lookSince: count,
  })
  .openapi("Assignment");

/** Longest long-poll: below the idle limits of ordinary proxies. */
export const waitSecondsMax = 50;

export const assignmentRoute = createRoute({
  method: "get",
  path: "/api/assignments/{host}",
  summary: "What a probe should look at besides its roots. With wait and after: when it changes.",
  request: {
    params: z.object({ host: idParameter }),
    query: z.object({
      wait: z
        .string()
        .regex(/^[0-9]{1,3}$/)
        .optional(),
      after: z.string().max(128).optional(),
    }),
  },
  responses: {
    ...answers(assignmentSchema, "the assignment; its ETag goes into `after`"),
    304: { description: "unchanged" },
  },
});

export const draftRoute = createRoute({
  method: "post",
  path: "/api/drafts",
  summary: "Draw a writ from the register as it is. Nothing is stored; nothing is authorised.",
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            action: z.enum(writActions),
            component: z.string().max(128),
            from: z.string().max(128).optional(),
            to: z.string().max(128).optional(),
            reason: z.string().min(1).max(4096),
            proposer: z.string().max(64),
            expiresInSeconds: z
              .int()
              .min(60)
              .max(30 * 86_400),
          }),
        },
      },
    },
  },
  responses: answers(
    z.object({ writ: base64, digest: digestSchema }),
    "the writ's canonical bytes: what a human reads, and whose digest they sign",
  ),
});
