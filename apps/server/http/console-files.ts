/**
 * The console's files, as its build left them: read once, served as they are. The console is for
 * looking: it is given nothing that the API does not give to anyone.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { OpenAPIHono } from "@hono/zod-openapi";

/** Where the build puts them (apps/console/build.ts); absent, the server has no console. */
const builtFolder = fileURLToPath(new URL("../../console/built/", import.meta.url));

const types: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing but this server's own files and answers; no inline script; in nobody's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

type Served = { readonly plain: Uint8Array; readonly zipped: Uint8Array; readonly type: string };

/** Serves the console at every path that is no other route's, if it was built. */
export function consoleFiles(app: OpenAPIHono, folder: string = builtFolder): void {
  const files = readFiles(folder);
  const page = files.get("/index.html");
  if (page === undefined) return;
  app.get("*", async (context, next) => {
    const { path } = context.req;
    if (/^\/(api|journal)\//.test(path) && !isPage(path)) return next();
    const file = files.get(path) ?? (path.startsWith("/assets/") ? undefined : page);
    if (file === undefined) return next();
    const takesZipped = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
    const headers = new Headers({
      "content-type": file.type,
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      vary: "accept-encoding",
      // The build names assets by their content; the page itself is asked for each time.
      "cache-control": path.startsWith("/assets/")
        ? "public, max-age=31536000, immutable"
        : "no-cache",
    });
    if (takesZipped) headers.set("content-encoding", "gzip");
    return new Response(new Uint8Array(takesZipped ? file.zipped : file.plain), { headers });
  });
}

/** The console's page of one entry lies beside the journal's own files. */
function isPage(path: string): boolean {
  return /^\/journal\/[0-9]{1,16}$/.test(path);
}

function readFiles(folder: string): ReadonlyMap<string, Served> {
  const files = new Map<string, Served>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const plain = readFileSync(file);
    files.set(`/${file.slice(folder.length)}`, { plain, zipped: gzipSync(plain), type });
  }
  return files;
}
