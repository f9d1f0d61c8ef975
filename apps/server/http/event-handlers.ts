/** Answers that wait: the event stream, and a probe's assignment. */
import { createHash } from "node:crypto";
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type Assignment, encodeCanonical, refused } from "@writ/core";
import type { Clock } from "@writ/node";
import { estateRoutes, journalRoutes } from "@writ/node/api";
import { assignmentFor } from "../assignment.ts";
import type { Events, News } from "../events.ts";
import type { EstateFold } from "../fold.ts";
import { serveRaw } from "./serve.ts";

/** Streams and waiting probes together: each holds a connection and costs a call for each entry. */
const waitersMax = 1024;
/** News that one stream may be behind by, in bytes, before it is let go. */
const behindBytesMax = 256 * 1024;
/** A comment so often keeps proxies from closing a quiet stream. */
const quietMilliseconds = 15_000;

export type EventHandlerParts = {
  readonly fold: EstateFold;
  readonly events: Events;
  readonly clock: Clock;
};

export function eventHandlers(app: OpenAPIHono, parts: EventHandlerParts): void {
  const { events, fold } = parts;
  serveRaw(app, journalRoutes.eventsRoute, () => {
    if (events.listeners >= waitersMax) return refused("overloaded", "too many streams are open");
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return new Response(streamOf(events), { headers });
  });
  serveRaw(app, estateRoutes.assignmentRoute, async ({ params, query, context }) => {
    const after = query.after ?? context.req.header("if-none-match");
    const seconds = Math.min(Number(query.wait ?? 0), estateRoutes.waitSecondsMax);
    let current = tagged(assignmentFor(fold.estate, params.host));
    if (seconds > 0 && current.tag === after) {
      if (events.listeners >= waitersMax) return refused("overloaded", "too many probes wait");
      const { signal } = context.req.raw;
      current = await changed(parts, { host: params.host, tag: current.tag, seconds, signal });
    }
    const headers = { etag: current.tag, "cache-control": "no-store" };
    if (current.tag === after) return new Response(null, { status: 304, headers });
    return Response.json(current.assignment, { headers });
  });
}

type Tagged = { readonly assignment: Assignment; readonly tag: string };

function tagged(assignment: Assignment): Tagged {
  const bytes = encodeCanonical(assignment);
  const tag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"`;
  return { assignment, tag };
}

type Awaited = {
  readonly host: string;
  readonly tag: string;
  readonly seconds: number;
  readonly signal: AbortSignal;
};

/** Kinds of entry that can change what a probe should look at. */
const assigning: ReadonlySet<string> = new Set(["root", "register", "execution", "census"]);

/** The assignment when it is another than `tag`, or when the time is over or the probe has gone. */
async function changed(
  { fold, events, clock }: EventHandlerParts,
  { host, tag, seconds, signal }: Awaited,
): Promise<Tagged> {
  const { promise, resolve } = Promise.withResolvers<Tagged>();
  const over = new AbortController();
  const unsubscribe = events.subscribe((news) => {
    if (news.event === "entry" && !assigning.has(news.data.kind)) return;
    if (news.event === "findings") return;
    const now = tagged(assignmentFor(fold.estate, host));
    if (now.tag !== tag) resolve(now);
  });
  const sleep = clock.sleep(seconds * 1000, AbortSignal.any([over.signal, signal]));
  const last = () => resolve(tagged(assignmentFor(fold.estate, host)));
  sleep.then(last, last);
  try {
    return await promise;
  } finally {
    over.abort();
    unsubscribe();
  }
}

function streamOf(events: Events): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let leave = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const write = (text: string) => {
          if ((controller.desiredSize ?? 0) <= 0) {
            leave();
            controller.error(new Error("the reader of this stream does not keep up"));
          } else controller.enqueue(encoder.encode(text));
        };
        const tell = ({ event, data }: News) =>
          write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        const unsubscribe = events.subscribe(tell);
        const timer = setInterval(() => write(": quiet\n\n"), quietMilliseconds).unref();
        leave = () => {
          clearInterval(timer);
          unsubscribe();
        };
        write(": news of the journal; a hint to look again, never evidence\n\n");
      },
      cancel: () => leave(),
    },
    { highWaterMark: behindBytesMax, size: (chunk) => chunk.length },
  );
}
