/** The witness's HTTP interface: POST /add-checkpoint and GET /<origin hash>/checkpoint. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { addCheckpoint, bodyBytesMax, type WitnessParts } from "./add-checkpoint.ts";

/** One JSON line of the witness's own journal. */
export type Log = (event: { readonly [name: string]: string | number }) => void;

/**
 * A log sends a few kilobytes: one that takes longer is stuck, or holds the connection on purpose.
 */
const requestMillisecondsMax = 10_000;
/** Far more logs than a witness of an estate follows; each costs a file descriptor. */
const connectionsMax = 512;

/** The server, not listening yet. */
export function witnessServer(parts: WitnessParts, log: Log): Server {
  const server = createServer({ requestTimeout: requestMillisecondsMax }, (request, response) => {
    answer(parts, request, response, log).catch((error: unknown) => {
      // A full disk, most likely: nothing was cosigned, and the log will ask again.
      log({ event: "failed", detail: error instanceof Error ? error.message : String(error) });
      if (response.headersSent) response.destroy();
      else send(response, 500, "text/plain; charset=utf-8", "the witness failed; see its log\n");
    });
  });
  server.maxConnections = connectionsMax;
  return server;
}

async function answer(
  parts: WitnessParts,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
): Promise<void> {
  const plain = "text/plain; charset=utf-8";
  const path = request.url ?? "";
  const monitored = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path)?.[1];
  const allowed = path === "/add-checkpoint" ? "POST" : monitored === undefined ? undefined : "GET";
  if (allowed === undefined) {
    send(response, 404, plain, "no such resource\n");
    return;
  }
  if (request.method !== allowed) {
    response.setHeader("Allow", allowed);
    send(response, 405, plain, `use ${allowed}\n`);
    return;
  }
  if (monitored !== undefined) {
    sendLatest(parts, monitored, response);
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    // What is left of the body is thrown away: the connection cannot be used again.
    log({ status: 413, event: "refused", code: "oversized" });
    request.resume();
    response.setHeader("Connection", "close");
    send(response, 413, plain, `oversized: over ${bodyBytesMax} bytes\n`);
    return;
  }
  const result = await addCheckpoint(parts, body);
  log({ status: result.status, ...result.event });
  send(response, result.status, result.contentType, result.body);
}

function sendLatest(parts: WitnessParts, originHash: string, response: ServerResponse): void {
  const origin = [...parts.logs.keys()].find((one) => {
    return createHash("sha256").update(one).digest("hex") === originHash;
  });
  const latest = origin === undefined ? undefined : parts.memory.latest(origin);
  const plain = "text/plain; charset=utf-8";
  if (latest === undefined)
    send(response, 404, plain, "no checkpoint of such a log was cosigned\n");
  else send(response, 200, plain, Buffer.from(latest.note));
}

/** The whole body; `undefined` as soon as it is larger than any that could be good. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  // The stream is not destroyed at an early return: that would take the answer's socket with it.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    size += part.length;
    if (size > bodyBytesMax) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
): void {
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(body),
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}
