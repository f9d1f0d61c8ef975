/** A proxy between an app and the server, in the hands of someone who alters, cuts or stalls. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Meddled = Buffer | "cut" | "stall";
export type Meddle = (asked: {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}) => Meddled;

export type Proxy = {
  readonly url: string;
  /** What is done with answers, from now on. */
  meddle: Meddle;
  readonly stop: () => void;
};

/** An honest carrier. */
export const honest: Meddle = ({ body }) => body;

/** Opens a proxy to the server at `target`. Requests reach it whole; answers are meddled with. */
export async function openProxy(target: string): Promise<Proxy> {
  const server = createServer((request, response) => {
    carry(target, request, (asked) => proxy.meddle(asked), response).catch(() =>
      response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address!.port : 0;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    meddle: honest,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

async function carry(
  target: string,
  request: IncomingMessage,
  meddle: Meddle,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const method = request.method ?? "GET";
  const path = request.url ?? "/";
  const type = request.headers["content-type"];
  const answer = await fetch(new URL(path, target), {
    method,
    ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }),
    headers: type === undefined ? {} : { "content-type": type },
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const meddled = meddle({ method, path, body });
  if (meddled === "stall") return;
  if (meddled === "cut") return void response.destroy();
  for (const name of ["content-type", "etag", "retry-after"]) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.writeHead(answer.status).end(meddled);
}
