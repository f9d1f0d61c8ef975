/**
 * One short GET to something unknown: no redirect is followed, no credential is sent, nothing waits
 * longer or takes more than told. Whatever answers chose its words, and may mean harm.
 */
import { type ClientRequest, type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

/** The answer to a whole question; a longer one is dropped unread. */
export const answerBytesMax = 1024 * 1024;
/** What is near answers well within this, or is no model API that anybody waits for. */
export const answerMilliseconds = 1_000;

/**
 * `foreign`: it speaks, but not HTTP. `silent`: no connection, no answer in time, or one too long.
 */
export type Answer =
  | {
      readonly is: "answer";
      readonly status: number;
      readonly server: string;
      readonly body: Buffer;
    }
  | { readonly is: "foreign" | "silent" };

/** Asks for a URL. Never rejects. */
export function getShortly(url: URL): Promise<Answer> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(answerMilliseconds);
    const done = (answer: Answer): void => {
      request.destroy();
      resolve(answer);
    };
    const request = opened(url, signal, (response) => void take(response, done));
    request.on("error", (error: NodeJS.ErrnoException) => {
      // What is no HTTP fails in the parser, or hangs up on such a strange greeting.
      const isForeign = error.code?.startsWith("HPE_") || error.code === "ECONNRESET";
      done({ is: isForeign ? "foreign" : "silent" });
    });
    // A protocol that nobody asked for, such as a web socket.
    request.on("upgrade", () => done({ is: "foreign" }));
    request.end();
  });
}

function opened(
  url: URL,
  signal: AbortSignal,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const options = {
    agent: false,
    signal,
    headers: { accept: "application/json", connection: "close", "user-agent": "writ-probe" },
    maxHeaderSize: 16_384,
  } as const;
  if (url.protocol === "http:") return overHttp(url, options, onResponse);
  // Nothing secret is sent, and nothing that is read is believed: a certificate would add nothing.
  return overHttps(url, { ...options, rejectUnauthorized: false }, onResponse);
}

async function take(response: IncomingMessage, done: (answer: Answer) => void): Promise<void> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > answerBytesMax) return done({ is: "silent" });
      parts.push(part);
    }
  } catch {
    return done({ is: "silent" });
  }
  const { statusCode: status = 0, headers } = response;
  done({ is: "answer", status, server: String(headers.server ?? ""), body: Buffer.concat(parts) });
}
