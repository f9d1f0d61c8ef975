/**
 * The journal of a test estate over HTTP: what a server shows the world, with the real keys,
 * signatures and admission of the kit behind it, and nothing else of a server. It can lie, too.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  encodeEntryBundle,
  isDigest,
  isRefused,
  parseEntry,
  parseTilePath,
  type Refused,
  tileWidth,
} from "@writ/core";
import { EstateKit } from "../../core/testing/estate-kit.ts";

export type JournalServer = {
  readonly url: string;
  readonly kit: EstateKit;
  /** What `/journal/checkpoint` shows; {@link JournalServer.publish} brings it up to date. */
  checkpoint: string | undefined;
  /** The entries that are served: the kit's own, unless the server is to lie. */
  entries: Uint8Array[];
  /** Answers instead of the server; `undefined` leaves it to the server. */
  intercept: ((path: string) => { status: number; body: Uint8Array } | undefined) | undefined;
  /** Which requests are served and their answers lost on the way back. */
  loses: ((path: string) => boolean) | undefined;
  /** After each accepted entry a checkpoint is witnessed and published at once. */
  eager: boolean;
  readonly requests: string[];
  publish(): Promise<void>;
  /** Brings a witnessed checkpoint of everything into the journal, and publishes one over it. */
  witnessed(milliseconds?: number): Promise<void>;
  close(): Promise<void>;
};

/** Starts the server on a free port. The estate's time starts now: executors compare clocks. */
export async function startJournalServer(kit = new EstateKit()): Promise<JournalServer> {
  kit.now = Date.now();
  const http = createServer((request, response) => {
    if (server.loses?.(request.url ?? "")) response.end = () => response.destroy() as never;
    answer(server, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: JournalServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    kit,
    checkpoint: undefined,
    entries: kit.entries,
    intercept: undefined,
    loses: undefined,
    eager: false,
    requests: [],
    publish: async () => {
      kit.now = Math.max(kit.now, Date.now());
      server.checkpoint = await kit.cosignedCheckpoint();
    },
    witnessed: async (milliseconds = 0) => {
      kit.now = Math.max(kit.now, Date.now());
      await kit.witness(milliseconds);
      server.checkpoint = await kit.cosignedCheckpoint();
    },
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

async function answer(
  server: JournalServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? "";
  server.requests.push(`${request.method} ${path}`);
  const instead = server.intercept?.(path);
  if (instead !== undefined) return void response.writeHead(instead.status).end(instead.body);
  if (request.method === "POST" && path === "/api/entries") {
    return submit(server, await bodyOf(request), response);
  }
  const body = bytesAt(server, path);
  if (body === undefined) return void response.writeHead(404).end();
  response.writeHead(200).end(body);
}

function bytesAt(server: JournalServer, path: string): Uint8Array | string | undefined {
  const [, blob] = /^\/api\/blobs\/(.*)$/.exec(decodeURIComponent(path)) ?? [];
  if (blob !== undefined) return isDigest(blob) ? server.kit.blobs.get(blob) : undefined;
  if (path === "/journal/checkpoint") return server.checkpoint;
  const tile = parseTilePath(path.replace("/journal/", ""));
  if (isRefused(tile) || tile.kind !== "entries") return undefined;
  const from = tile.index * tileWidth;
  const entries = server.entries.slice(from, from + tile.width);
  return entries.length === tile.width ? encodeEntryBundle(entries) : undefined;
}

async function submit(
  server: JournalServer,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const bytes = new Uint8Array(Buffer.from(JSON.parse(body).entry, "base64"));
  const place = server.kit.entries.findIndex((entry) => Buffer.compare(entry, bytes) === 0);
  const entry = parseEntry(bytes);
  const offered: unknown = place >= 0 ? undefined : server.kit.offer(bytes);
  if (isRefused(offered as Refused) || isRefused(entry)) {
    response.writeHead(422, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...(offered as Refused), hint: "" }));
    return;
  }
  if (server.eager && place < 0) await server.witnessed();
  const index = place >= 0 ? place : server.kit.entries.indexOf(bytes);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ index, digest: entry.digest, duplicate: place >= 0 }));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
