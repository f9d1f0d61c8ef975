/**
 * The receiving side of the journal's HTTP API for tests of the probe: real HTTP, real parsing, real
 * signatures and the chain rule of admission; entries are kept in memory. It can be told to lose
 * acknowledgements, to refuse, and to be away.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Assignment,
  blobsNamed,
  checkSignature,
  digestOf,
  type Entry,
  isRefused,
  knownKey,
  type PublicKey,
  parseEntry,
  preAuthenticationEncoding,
  type Refused,
  refused,
  verifyEd25519,
} from "@writ/core";

export type DeskServer = {
  readonly url: string;
  readonly entries: Entry[];
  readonly blobs: Map<string, Uint8Array>;
  /** Refusals given, in order. */
  readonly refusals: Refused[];
  assignment: Assignment;
  witnessedSize: number;
  /** Asked for each submission before it is judged. */
  onSubmit: () => "answer" | "lose-acknowledgement" | "error-page" | Refused;
  close(): Promise<void>;
};

export const testEstate = digestOf(new Uint8Array([1]));

/** Starts a desk that admits entries of one key. `port` 0 takes any. */
export async function openDeskServer(
  assignment: Assignment,
  { port, before }: { readonly port: number; readonly before?: DeskServer },
): Promise<DeskServer> {
  const server = createServer((request, response) => {
    void answer(desk, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const desk: DeskServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: before?.entries ?? [],
    blobs: before?.blobs ?? new Map(),
    refusals: before?.refusals ?? [],
    assignment,
    witnessedSize: 7,
    onSubmit: () => "answer",
    close: () => closed(server),
  };
  return desk;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function answer(desk: DeskServer, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", desk.url);
  const json = (value: unknown, status = 200, headers = {}) =>
    response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(value));
  const last = desk.entries.at(-1);
  if (url.pathname === "/api/estate") return json({ estate: testEstate });
  if (url.pathname === "/api/witnessed") {
    const size = desk.witnessedSize;
    return json({ size, root: "0".repeat(64), index: 0, time: 0 });
  }
  if (url.pathname.endsWith("/head")) {
    const sequence = last?.statement.chain?.sequence ?? -1;
    return json(last === undefined ? { sequence } : { sequence, digest: last.digest });
  }
  if (url.pathname.startsWith("/api/assignments/")) {
    const tagOf = () => digestOf(new TextEncoder().encode(JSON.stringify(desk.assignment)));
    const until = Date.now() + Number(url.searchParams.get("wait") ?? 0) * 1000;
    while (url.searchParams.get("after") === tagOf()) {
      if (Date.now() >= until) return response.writeHead(304).end();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return json(desk.assignment, 200, { etag: tagOf() });
  }
  if (url.pathname !== "/api/entries") return json({ refused: "malformed", detail: "path" }, 404);
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const fate = desk.onSubmit();
  if (fate === "error-page") return response.writeHead(404).end("<h1>No such page</h1>");
  const outcome = typeof fate === "object" ? fate : take(desk, Buffer.concat(parts));
  if (isRefused(outcome)) {
    desk.refusals.push(outcome);
    return json({ ...outcome, hint: "" }, 409);
  }
  return fate === "lose-acknowledgement" ? request.socket.destroy() : json(outcome);
}

function take(desk: DeskServer, body: Buffer): object | Refused {
  const sent = JSON.parse(body.toString("utf8")) as { entry: string; blobs: string[] };
  const entry = parseEntry(Buffer.from(sent.entry, "base64"));
  if (isRefused(entry)) return entry;
  const index = desk.entries.findIndex(({ digest }) => digest === entry.digest);
  if (index !== -1) return { index, digest: entry.digest, duplicate: true };
  if (entry.statement.estate !== testEstate) return refused("wrong-estate", "another estate");
  const last = desk.entries.at(-1);
  const sequence = (last?.statement.chain?.sequence ?? -1) + 1;
  const { chain } = entry.statement;
  if (chain?.sequence !== sequence) return refused("chain-gap", `the next is ${sequence}`);
  if (chain.previous !== last?.digest) return refused("chain-fork", "not after the last");
  for (const blob of sent.blobs) {
    const bytes = Buffer.from(blob, "base64");
    desk.blobs.set(digestOf(bytes), bytes);
  }
  for (const digest of blobsNamed(entry.body)) {
    if (!desk.blobs.has(digest)) return refused("missing-blob", digest);
  }
  desk.entries.push(entry);
  return { index: desk.entries.length - 1, digest: entry.digest, duplicate: false };
}

/** True if every entry is signed by this key, and by it alone. */
export function allSignedBy(entries: readonly Entry[], publicKey: PublicKey): boolean {
  const key = knownKey(publicKey);
  if (isRefused(key)) return false;
  return entries.every(({ envelope }) => {
    const [only, ...others] = envelope.signatures;
    if (only?.key !== key.id || others.length > 0) return false;
    const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
    const { signature } = only;
    return checkSignature(key, { message, signature }, verifyEd25519) === undefined;
  });
}
