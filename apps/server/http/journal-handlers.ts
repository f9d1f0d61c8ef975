/** The journal over HTTP: entries come in by one route, and all of it is read as C2SP says. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { type Digest, isRefused, type KeyId, parseEntry, refused } from "@writ/core";
import type { Journal, JournalStore } from "@writ/node";
import { journalRoutes } from "@writ/node/api";
import { certificateFile } from "../certificate-file.ts";
import { witnessedTimeOf } from "../chronicle.ts";
import type { Door } from "../door.ts";
import type { EstateFold } from "../fold.ts";
import { refuse, serveJson, serveRaw } from "./serve.ts";

export type JournalHandlerParts = {
  readonly fold: EstateFold;
  readonly door: Door;
  readonly journal: Journal;
  readonly store: JournalStore;
};

/** A tile never changes once it is there; a year is what caches take for ever. */
const forEver = "public, max-age=31536000, immutable";

export function journalHandlers(app: OpenAPIHono, parts: JournalHandlerParts): void {
  const { fold, door, journal, store } = parts;
  serveJson(app, journalRoutes.submitRoute, async ({ body }) => {
    const entry = decode(body.entry);
    const blobs = body.blobs.map(decode);
    if (entry === undefined || blobs.some((blob) => blob === undefined)) {
      return refused("malformed", "the entry or a blob is not base64");
    }
    return door.submit(entry, blobs as Uint8Array[]);
  });
  serveJson(app, journalRoutes.headRoute, ({ params }) => {
    const head = fold.estate.heads.get(params.keyid as KeyId);
    return head ?? { sequence: -1 };
  });
  serveJson(app, journalRoutes.witnessedRoute, () => {
    return fold.estate.lastWitnessed ?? refused("unavailable", "nothing is witnessed yet");
  });
  serveJson(app, journalRoutes.entryRoute, async ({ params }) => {
    const index = Number(params.index);
    if (index >= fold.estate.size) return refused("unknown-reference", `no entry ${index}`);
    const [stored] = await store.readPage(index, index + 1);
    const entry = parseEntry(stored!.bytes);
    if (isRefused(entry)) return entry;
    const keys = fold.estate.root?.keys;
    return {
      index,
      digest: entry.digest,
      entry: Buffer.from(entry.bytes).toString("base64"),
      statement: { ...entry.statement },
      signers: entry.envelope.signatures.map(({ key }) => ({
        key,
        name: keys?.get(key)?.principal.name,
      })),
      time: witnessedTimeOf(fold.estate, index),
    };
  });
  serveRaw(app, journalRoutes.blobRoute, async ({ params }) => {
    const bytes = await store.getBlob(params.digest);
    if (isRefused(bytes)) {
      // Not there is an ordinary answer to a question; garbled is ours to put right.
      if (bytes.refused === "missing-blob") return refused("unknown-reference", bytes.detail);
      return refused("unavailable", bytes.detail);
    }
    return binary(bytes, { cache: forEver });
  });
  serveRaw(app, journalRoutes.certificateRoute, async ({ params }) => {
    const file = await certificateFile({ fold, journal, store }, params.writ as Digest);
    return isRefused(file) ? file : binary(file, { type: "application/json" });
  });
  serveRaw(app, journalRoutes.checkpointRoute, async () => {
    const latest = await store.latestCheckpoint();
    if (latest === undefined) return refused("unavailable", "no checkpoint is published yet");
    return new Response(latest.text, {
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  });
  app.openAPIRegistry.registerPath(journalRoutes.tileRoute);
  app.get("/journal/tile/*", async (context) => {
    const tile = await journal.tree.tile(context.req.path.slice("/journal/".length));
    return isRefused(tile) ? refuse(tile) : binary(tile, { cache: forEver });
  });
}

/** Bytes of strict base64, by the machine's own decoder: a blob may have 64 MiB. */
function decode(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? new Uint8Array(bytes) : undefined;
}

function binary(
  bytes: Uint8Array,
  { type = "application/octet-stream", cache = "no-store" }: { type?: string; cache?: string },
): Response {
  return new Response(new Uint8Array(bytes), {
    headers: { "content-type": type, "cache-control": cache },
  });
}
