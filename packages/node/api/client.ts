/**
 * The HTTP API's client, typed from the routes. It believes nothing: an answer that is not as the
 * contract says is a refusal, and whatever decides authority is read from /journal and verified.
 */
import type { z } from "@hono/zod-openapi";
import { type Digest, digestOf, isRefused, type Refused, refused, toBase64 } from "@writ/core";
import * as estateRoutes from "./estate-routes.ts";
import { isRefusalCode } from "./hint.ts";
import * as journalRoutes from "./journal-routes.ts";
import { refusalSchema } from "./schema.ts";
import * as writRoutes from "./writ-routes.ts";

/** A refusal as the server told it, or of what could not be asked. */
export type ApiRefused = Refused & { readonly hint?: string; readonly retryAfterSeconds?: number };

/** Largest answer taken: a certificate's file (certificateBytesMax). */
const answerBytesMax = 512 * 1024 * 1024;
/** A census of a million files takes this long to send on a slow line; a dead server is noticed. */
const requestMillisecondsMax = 120_000;

type Answer<R> = R extends {
  responses: { 200: { content: { "application/json": { schema: infer S extends z.ZodType } } } };
}
  ? z.infer<S>
  : never;
type BodyOf<R> = R extends {
  request: { body: { content: { "application/json": { schema: infer S extends z.ZodType } } } };
}
  ? z.infer<S>
  : never;

type Ask = {
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
};

/** An assignment, with the tag to wait for the next one by; `undefined`: unchanged so far. */
type Assigned = {
  readonly assignment: z.infer<typeof estateRoutes.assignmentSchema>;
  readonly tag: string;
};

export type Api = ReturnType<typeof openApi>;

/** Asks the server at `url`. */
function openChannel(url: string, send: typeof fetch) {
  async function ask({ path, body, signal }: Ask): Promise<Response | ApiRefused> {
    const timeout = AbortSignal.timeout(requestMillisecondsMax);
    const json = body === undefined ? undefined : JSON.stringify(body);
    try {
      const response = await send(new URL(path, url), {
        method: json === undefined ? "GET" : "POST",
        ...(json === undefined ? {} : { body: json }),
        headers: json === undefined ? {} : { "content-type": "application/json" },
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        redirect: "error",
      });
      return response.ok || response.status === 304 ? response : await refusalOf(response);
    } catch (error) {
      return refused("unavailable", `the server at ${url} does not answer: ${reasonOf(error)}`);
    }
  }

  async function bytes(path: string): Promise<Uint8Array | ApiRefused> {
    const response = await ask({ path });
    return isRefused(response) ? response : readBytes(response);
  }

  async function json<R>(route: R, asked: Ask): Promise<Answer<R> | ApiRefused> {
    const response = await ask(asked);
    return isRefused(response) ? response : readAnswer(route, response);
  }

  return { ask, bytes, json };
}

/** A client of the server at `url`. Every method answers a value or a refusal; none rejects. */
export function openApi(url: string, options: { readonly fetch?: typeof fetch } = {}) {
  const { ask, bytes, json } = openChannel(url, options.fetch ?? fetch);
  return {
    /** Submits an entry; safe to repeat. */
    submit: (entry: Uint8Array, blobs: readonly Uint8Array[] = []) =>
      json(journalRoutes.submitRoute, {
        path: "/api/entries",
        body: { entry: toBase64Fast(entry), blobs: blobs.map(toBase64Fast) },
      }),
    head: (keyId: string) =>
      json(journalRoutes.headRoute, { path: `/api/keys/${encodeURIComponent(keyId)}/head` }),
    witnessed: () => json(journalRoutes.witnessedRoute, { path: "/api/witnessed" }),
    entry: (index: number) => json(journalRoutes.entryRoute, { path: `/api/entries/${index}` }),
    estate: () => json(estateRoutes.estateRoute, { path: "/api/estate" }),
    trustRoot: () => json(estateRoutes.trustRootRoute, { path: "/api/trust-root" }),
    register: (at?: string) =>
      json(estateRoutes.registerRoute, { path: `/api/register${momentOf(at)}` }),
    findings: (at?: string) =>
      json(estateRoutes.findingsRoute, { path: `/api/findings${momentOf(at)}` }),
    difference: (from: string, to?: string) => {
      const until = to === undefined ? "" : `&to=${encodeURIComponent(to)}`;
      const path = `/api/difference?from=${encodeURIComponent(from)}${until}`;
      return json(estateRoutes.differenceRoute, { path });
    },
    hosts: () => json(estateRoutes.hostsRoute, { path: "/api/hosts" }),
    census: (host: string) =>
      json(estateRoutes.censusRoute, { path: `/api/hosts/${encodeURIComponent(host)}/census` }),
    draft: (order: BodyOf<typeof estateRoutes.draftRoute>) =>
      json(estateRoutes.draftRoute, { path: "/api/drafts", body: order }),
    writs: (state?: z.infer<typeof writRoutes.writStateSchema>) =>
      json(writRoutes.writsRoute, {
        path: state === undefined ? "/api/writs" : `/api/writs?state=${state}`,
      }),
    writ: (digest: Digest) =>
      json(writRoutes.writRoute, { path: `/api/writs/${encodeURIComponent(digest)}` }),
    certificate: (writ: Digest) => bytes(`/api/certificates/${encodeURIComponent(writ)}`),
    /** A blob, checked against its digest here. */
    blob: async (digest: Digest): Promise<Uint8Array | ApiRefused> => {
      const read = await bytes(`/api/blobs/${encodeURIComponent(digest)}`);
      if (isRefused(read) || digestOf(read) === digest) return read;
      return refused("wrong-blob", `the server sent other bytes than ${digest}`);
    },
    checkpoint: () => bytes("/journal/checkpoint"),
    /** A tile by its C2SP path, `tile/0/000`. */
    tile: (path: string) => bytes(`/journal/${path}`),
    /** A host's assignment; with `wait`, answers when it is another than `tag`, or undefined. */
    assignment: async (
      host: string,
      wait?: { readonly seconds: number; readonly tag: string; readonly signal?: AbortSignal },
    ): Promise<Assigned | undefined | ApiRefused> => {
      const query = wait ? `?wait=${wait.seconds}&after=${encodeURIComponent(wait.tag)}` : "";
      const path = `/api/assignments/${encodeURIComponent(host)}${query}`;
      const response = await ask({ path, signal: wait?.signal });
      if (isRefused(response)) return response;
      if (response.status === 304) return undefined;
      const assignment = await readAnswer(estateRoutes.assignmentRoute, response);
      if (isRefused(assignment)) return assignment;
      return { assignment, tag: response.headers.get("etag") ?? "" };
    },
  };
}

function momentOf(at: string | undefined): string {
  return at === undefined ? "" : `?at=${encodeURIComponent(at)}`;
}

async function readAnswer<R>(route: R, response: Response): Promise<Answer<R> | ApiRefused> {
  const bytes = await readBytes(response);
  if (isRefused(bytes)) return bytes;
  // The routes given here all have a JSON answer; `Answer` is `never` for those that have none.
  const { schema } = (route as JsonRoute).responses[200].content["application/json"];
  const parsed = schema.safeParse(jsonOf(bytes));
  if (parsed.success) return parsed.data as Answer<R>;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  return refused("malformed", `the server's answer is not as agreed: ${where} ${issue?.message}`);
}

type JsonRoute = {
  responses: { 200: { content: { "application/json": { schema: z.ZodType } } } };
};

async function refusalOf(response: Response): Promise<ApiRefused> {
  const bytes = await readBytes(response);
  const parsed = refusalSchema.safeParse(isRefused(bytes) ? undefined : jsonOf(bytes));
  if (!parsed.success) {
    return refused("unavailable", `the server answered ${response.status} with no refusal`);
  }
  const { refused: code, detail, hint } = parsed.data;
  const after = Number(response.headers.get("retry-after"));
  return {
    ...refused(isRefusalCode(code) ? code : "unavailable", detail),
    hint,
    ...(after > 0 ? { retryAfterSeconds: after } : {}),
  };
}

async function readBytes(response: Response): Promise<Uint8Array | ApiRefused> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > answerBytesMax) return refused("oversized", `over ${answerBytesMax} bytes`);
      parts.push(part);
    }
  } catch (error) {
    return refused("unavailable", `the answer broke off: ${reasonOf(error)}`);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Core's encoder is portable; for a census of 60 MB the machine's own is twenty times as fast. */
function toBase64Fast(bytes: Uint8Array): string {
  return bytes.length < 4096 ? toBase64(bytes) : Buffer.from(bytes).toString("base64");
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return error.cause instanceof Error ? error.cause.message : error.message;
}
