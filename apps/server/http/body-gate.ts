/**
 * What may come in at once. A body is held whole in memory, so its length is known before it is
 * read and is taken from a budget that all requests share: a flood of large bodies waits outside.
 */
import { refused } from "@writ/core";
import { blobBytesMax } from "@writ/node";
import type { MiddlewareHandler } from "hono";
import { refuse } from "./serve.ts";

/** An entry and one blob, in base64 and JSON. */
const entryBodyBytesMax = Math.ceil((blobBytesMax + 128 * 1024) / 3) * 4 + 1024;
/** Any other request: an order and its reason. */
const smallBodyBytesMax = 64 * 1024;
/** Bytes of bodies in work; each costs about four times as much while it is decoded. */
const budgetBytes = 2 * entryBodyBytesMax;

/** Refuses bodies of unknown, absurd or, for now, unaffordable length. */
export function bodyGate(): MiddlewareHandler {
  let spent = 0;
  return async (context, next) => {
    const { method, path } = context.req;
    if (method !== "POST") return next();
    const length = Number(context.req.header("content-length") ?? Number.NaN);
    if (!Number.isSafeInteger(length) || length < 0) {
      return refuse(refused("malformed", "the request has no Content-Length"));
    }
    const most = path === "/api/entries" ? entryBodyBytesMax : smallBodyBytesMax;
    if (length > most) {
      return refuse(refused("oversized", `a body of ${length} bytes; at most ${most} here`));
    }
    const type = context.req.header("content-type") ?? "";
    // Only JSON: a form that some web page submits to this address has another type.
    if (!/^application\/json(?:$|;)/.test(type)) {
      return refuse(refused("malformed", "the content type is not application/json"));
    }
    if (spent + length > budgetBytes) {
      return refuse(refused("overloaded", "too many large requests are in work"));
    }
    spent += length;
    try {
      await next();
    } finally {
      spent -= length;
    }
    return undefined;
  };
}
