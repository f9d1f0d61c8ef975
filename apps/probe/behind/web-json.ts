/** JSON that a store answers with, and the way to its next page. */
import type { GapReason } from "../coverage.ts";
import { jsonIn } from "../endpoints/outside-json.ts";
import type { StoreLook } from "./behind.ts";
import { gapOfStatus } from "./polite-web.ts";

export type JsonReply = { readonly says: unknown; readonly next: URL | undefined };
export type Shown = { readonly [name: string]: string };

/** Asks for a document, or says why it cannot be had. */
export async function askJson(
  { web, ledger }: StoreLook,
  url: URL,
  shown: Shown,
): Promise<JsonReply | GapReason> {
  const reply = await web.get(url, { headers: { accept: "application/json" }, shown });
  if (typeof reply === "string") return reply;
  if (reply.status !== 200) return gapOfStatus(reply.status);
  ledger.bytes += reply.body.length;
  const says = jsonIn(reply.body.toString("utf8"));
  return says === undefined ? "unreadable" : { says, next: nextPage(reply.headers.link, url) };
}

/** The next page that a `Link` header names (RFC 8288), within the same origin. */
export function nextPage(link: string | string[] | undefined, at: URL): URL | undefined {
  const target = /<([^>]{1,4096})>\s*;\s*rel="?next"?/i.exec(String(link ?? ""))?.[1];
  if (target === undefined || !URL.canParse(target, at.href)) return undefined;
  const next = new URL(target, at);
  return next.origin === at.origin && next.href !== at.href ? next : undefined;
}
