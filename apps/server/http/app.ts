/** The server's HTTP application: JSON and bytes only, for clients of ours and for auditors. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { refused } from "@writ/core";
import type { Log } from "@writ/node";
import { journalRoutes } from "@writ/node/api";
import { bodyGate } from "./body-gate.ts";
import { consoleFiles } from "./console-files.ts";
import { type EstateHandlerParts, estateHandlers } from "./estate-handlers.ts";
import { type EventHandlerParts, eventHandlers } from "./event-handlers.ts";
import { type JournalHandlerParts, journalHandlers } from "./journal-handlers.ts";
import { passkeyHandlers } from "./passkey-handlers.ts";
import { refuse, serveJson } from "./serve.ts";
import { writHandlers } from "./writ-handlers.ts";

export type AppParts = EstateHandlerParts &
  EventHandlerParts &
  JournalHandlerParts & {
    readonly log: Log;
    /** Host names under which this server may be asked, beside IP addresses and localhost. */
    readonly hostNames: readonly string[];
  };

const document = {
  openapi: "3.1.0",
  info: {
    title: "Writ",
    version: "0.1.0",
    description:
      "The journal of an estate of AI components. The server admits and shows, never authorises.",
  },
};

/** Builds the application: `app.fetch` answers requests. */
export function serverApp(parts: AppParts): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      const where = [result.target, ...(issue?.path ?? [])].join(".");
      return refuse(refused("malformed", `${where}: ${issue?.message ?? "not as agreed"}`));
    },
  });
  app.use("*", async (context, next) => {
    // A page of somebody's own name that resolves to this address must not read the estate with
    // its visitor's browser (DNS rebinding); no page of another origin may either (no CORS).
    const named = hostOf(context.req.header("host") ?? "");
    if (!isAddress(named) && !parts.hostNames.includes(named)) {
      return refuse(refused("malformed", "this server is not known under that Host name"));
    }
    await next();
    context.res.headers.set("x-content-type-options", "nosniff");
    if (!context.res.headers.has("content-security-policy")) {
      context.res.headers.set(
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
      );
    }
    if (!context.res.headers.has("cache-control")) {
      context.res.headers.set("cache-control", "no-store");
    }
    return undefined;
  });
  app.use("*", bodyGate());
  journalHandlers(app, parts);
  estateHandlers(app, parts);
  writHandlers(app, parts.fold);
  passkeyHandlers(app, parts.fold);
  eventHandlers(app, parts);
  serveJson(app, journalRoutes.openApiRoute, () => ({ ...app.getOpenAPI31Document(document) }));
  consoleFiles(app);
  app.notFound(() => refuse(refused("unknown-reference", "no such resource")));
  app.onError((error) => {
    // hono throws for a body that is no JSON; anything else is ours.
    if ("status" in error && error.status === 400) {
      return refuse(refused("malformed", "the body is not JSON"));
    }
    parts.log("error", "request failed", { detail: error.message });
    return refuse(refused("unavailable", "the server failed at this; see its log"));
  });
  return app;
}

function hostOf(header: string): string {
  return header.replace(/:[0-9]+$/, "").toLowerCase();
}

function isAddress(host: string): boolean {
  return host === "localhost" || /^[0-9.]+$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host);
}
