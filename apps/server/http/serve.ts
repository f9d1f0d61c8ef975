/** Routes of the contract, answered by functions: the types of both come from one place. */
import type { OpenAPIHono, RouteConfig, z } from "@hono/zod-openapi";
import { isRefused, type Refused } from "@writ/core";
import { refusalAnswer, statusOf } from "@writ/node/api";
import type { Context } from "hono";

type AnswerOf<R> = R extends {
  responses: { 200: { content: { "application/json": { schema: infer S extends z.ZodType } } } };
}
  ? z.input<S>
  : never;
type ParamsOf<R> = R extends { request: { params: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;
type QueryOf<R> = R extends { request: { query: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;
type BodyOf<R> = R extends {
  request: { body: { content: { "application/json": { schema: infer S extends z.ZodType } } } };
}
  ? z.output<S>
  : undefined;

/** A request that the contract's shapes have passed. */
export type Asked<R> = {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly context: Context;
};

type Answered<T> = T | Refused | Promise<T | Refused>;

/** Seconds after which what was refused for now may be asked again. */
const retryAfterSeconds = 1;

/** Answers a route whose answer is JSON. */
export function serveJson<R extends RouteConfig>(
  app: OpenAPIHono,
  route: R,
  answer: (asked: Asked<R>) => Answered<AnswerOf<R>>,
): void {
  serveRaw(app, route, async (asked) => {
    const value = await answer(asked);
    return isRefused<AnswerOf<R>>(value) ? refuse(value) : Response.json(value);
  });
}

/** Answers a route with a response of its own making. */
export function serveRaw<R extends RouteConfig>(
  app: OpenAPIHono,
  route: R,
  answer: (asked: Asked<R>) => Response | Refused | Promise<Response | Refused>,
): void {
  const handler = async (context: Context) => {
    const valid = (what: string) => (context.req.valid as (target: string) => unknown)(what);
    const request = route.request;
    const asked = {
      params: request?.params === undefined ? undefined : valid("param"),
      query: request?.query === undefined ? undefined : valid("query"),
      body: request?.body === undefined ? undefined : valid("json"),
      context,
    } as Asked<R>;
    const response = await answer(asked);
    return isRefused(response) ? refuse(response) : response;
  };
  // hono's own typing of answers repeats what `Asked` and `AnswerOf` say, and does not end on
  // documents as deep as a writ.
  (app.openapi as (route: RouteConfig, handler: unknown) => void)(route, handler);
}

/** The HTTP answer of a refusal. */
export function refuse(refusal: Refused): Response {
  const status = statusOf(refusal.refused);
  const headers = status === 503 ? { "retry-after": String(retryAfterSeconds) } : {};
  return Response.json(refusalAnswer(refusal), { status, headers });
}
