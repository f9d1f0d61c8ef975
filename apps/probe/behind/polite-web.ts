/**
 * GETs to one store: few at a time, each bounded in time and size, TLS verified. It waits when told
 * to, and follows a redirect only within the store's own origin and those that its owner named;
 * none but the store itself is shown a secret. Whatever answers chose its words, and may mean harm.
 */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as plain } from "node:http";
import { Agent as SecureAgent, request as secure } from "node:https";
import type { GapReason } from "../coverage.ts";

/** Pages of listings and manifests; bytes of models are read in ranges below this. */
const bodyBytesMax = 16 * 1024 * 1024;
const replyMilliseconds = 30_000;
const redirectsMax = 3;
const triesMax = 3;
/** Longer than this a store is not waited for in one look. */
const waitMillisecondsMax = 5_000;
const socketsMax = 4;

export type Reply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly url: URL;
};

export type Asked = {
  readonly method?: "GET" | "HEAD";
  readonly headers?: { readonly [name: string]: string };
  /** Headers that show a secret: for the origin that is asked, and none that it sends on to. */
  readonly shown?: { readonly [name: string]: string };
  readonly bytesMax?: number;
};

export type Web = {
  /** A reply of any status but a redirect, or why there is none. Never rejects. */
  get(url: URL, asked?: Asked): Promise<Reply | GapReason>;
  close(): void;
};

export type WebParts = {
  readonly origin: string;
  /** Other origins that may be followed to, without a secret. */
  readonly also: readonly string[];
  /** PEM of the authorities trusted, instead of the usual ones. */
  readonly authority?: string | undefined;
  readonly now: () => number;
  /** Milliseconds since the epoch, after which nothing is asked. */
  readonly ends: number;
};

/** Opens the way to one store. */
export function openWeb(parts: WebParts): Web {
  const limits = { keepAlive: true, maxSockets: socketsMax };
  const agents = { "http:": new Agent(limits), "https:": new SecureAgent(limits) };
  const get = async (url: URL, asked: Asked = {}): Promise<Reply | GapReason> => {
    let at = url;
    for (let hops = 0; hops <= redirectsMax; hops += 1) {
      const { shown, ...rest } = asked;
      const question = { url: at, asked: at.origin === url.origin ? asked : rest };
      const reply = await getPatiently(parts, agents, question);
      if (typeof reply === "string" || !isRedirect(reply.status)) return reply;
      const next = String(reply.headers.location ?? "");
      if (next === "" || !URL.canParse(next, at.href)) return "unreadable";
      const further = new URL(next, at);
      // A store must not send the probe into networks that only the host can reach.
      const isAllowed = further.origin === parts.origin || parts.also.includes(further.origin);
      if (!isAllowed) return "unreadable";
      at = further;
    }
    return "limit";
  };
  return {
    get,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

type Agents = { readonly "http:": Agent; readonly "https:": SecureAgent };
type Question = { readonly url: URL; readonly asked: Asked };

/** Waits when the store asks for it (RFC 6585, 429; RFC 9110, 503), but not long. */
async function getPatiently(
  parts: WebParts,
  agents: Agents,
  question: Question,
): Promise<Reply | GapReason> {
  for (let tries = 1; ; tries += 1) {
    if (parts.now() >= parts.ends) return "limit";
    const reply = await getOnce(parts, agents, question);
    const isBusy = typeof reply !== "string" && (reply.status === 429 || reply.status === 503);
    if (!isBusy || tries >= triesMax) return reply;
    const wait = waitOf(reply.headers["retry-after"], tries);
    if (wait > waitMillisecondsMax || parts.now() + wait >= parts.ends) return "limit";
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Milliseconds; a date is past what one look waits for. */
function waitOf(after: string | undefined, tries: number): number {
  if (after === undefined) return 250 * 2 ** tries;
  return /^\d{1,9}$/.test(after) ? Number(after) * 1000 : Number.POSITIVE_INFINITY;
}

function getOnce(
  parts: WebParts,
  agents: Agents,
  { url, asked }: Question,
): Promise<Reply | GapReason> {
  return new Promise((resolve) => {
    const left = Math.max(1, Math.min(replyMilliseconds, parts.ends - parts.now()));
    const options = {
      method: asked.method ?? "GET",
      headers: { "user-agent": "writ-probe", ...asked.headers, ...asked.shown },
      signal: AbortSignal.timeout(left),
      maxHeaderSize: 32_768,
    };
    const onResponse = async (response: IncomingMessage): Promise<void> => {
      const body = await bodyOf(response, asked.bytesMax ?? bodyBytesMax);
      if (typeof body === "string") request.destroy();
      const { statusCode: status = 0, headers } = response;
      resolve(typeof body === "string" ? body : { status, headers, body, url });
    };
    const request =
      url.protocol === "https:"
        ? secure(url, { ...options, ...authorityOf(parts), agent: agents["https:"] }, onResponse)
        : plain(url, { ...options, agent: agents["http:"] }, onResponse);
    request.on("error", () => resolve("unreadable"));
    request.end();
  });
}

function authorityOf({ authority }: WebParts): { ca?: string } {
  return authority === undefined ? {} : { ca: authority };
}

async function bodyOf(response: IncomingMessage, bytesMax: number): Promise<Buffer | GapReason> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > bytesMax) return "limit";
      parts.push(part);
    }
  } catch {
    return "unreadable";
  }
  return Buffer.concat(parts);
}

/** What a status other than success means for the ledger. */
export function gapOfStatus(status: number): GapReason {
  switch (status) {
    case 401:
    case 403:
      return "no-permission";
    case 404:
    case 410:
      return "vanished-while-read";
    case 412:
    case 416:
      return "changed-while-read";
    case 405:
    case 501:
      return "not-supported";
    case 429:
      return "limit";
    default:
      return "unreadable";
  }
}
