/** A bucket of anything that speaks S3: signed GETs (SigV4), listings page by page, ranges. */
import { AwsV4Signer } from "aws4fetch";
import type { StoreLook } from "../behind/behind.ts";
import { gapOfStatus, type Reply } from "../behind/polite-web.ts";
import type { ReadRange } from "../behind/ranged-reader.ts";
import { readByRange } from "../behind/web-range.ts";
import type { GapReason } from "../coverage.ts";
import { type Element, named, textOf, xmlTree } from "./xml-tree.ts";

/** A million objects, a thousand a page. */
const pagesMax = 1000;

export type Version = {
  readonly key: string;
  /** Empty where the bucket has no versions. */
  readonly version: string;
  readonly isLatest: boolean;
  readonly size: number;
  /** The store's word for its content: not its digest, but another one when it changes. */
  readonly tag: string;
  readonly modified: string;
};

export type Upload = { readonly key: string; readonly id: string };
export type Listed<T> = { readonly rows: readonly T[]; readonly gap?: GapReason };

export type Bucket = {
  /** Each version of each object, and the keys whose newest is a delete marker. */
  versions(): Promise<Listed<Version> & { readonly deleted: ReadonlySet<string> }>;
  objects(): Promise<Listed<Version>>;
  uploads(): Promise<Listed<Upload>>;
  /** Bytes that an upload has brought so far. */
  uploaded(upload: Upload): Promise<number>;
  read(version: Version): ReadRange | undefined;
};

type Desk = { readonly look: StoreLook; readonly base: string; readonly prefix: string };

/** Opens the bucket that a store's URL names: `https://HOST/BUCKET/PREFIX`. */
export function openBucket(look: StoreLook): Bucket {
  const [, bucket = "", ...rest] = look.store.url.pathname.split("/");
  const prefix = rest.map(decoded).join("/");
  const desk: Desk = { look, base: `${look.store.url.origin}/${bucket}`, prefix };
  return {
    versions: () => versionsIn(desk),
    objects: async () => {
      const first = { "list-type": "2" };
      const { rows, gap } = await pagesOf(desk, first, (page) => ({
        rows: named(page, "Contents").flatMap((row) => versionOf(page, row) ?? []),
        next: nextOf(page, { "continuation-token": "NextContinuationToken" }),
      }));
      return { rows, ...(gap && { gap }) };
    },
    uploads: () =>
      pagesOf(desk, { uploads: "" }, (page) => ({
        rows: named(page, "Upload").map((row) => ({
          key: keyIn(page, textOf(row, "Key")),
          id: textOf(row, "UploadId"),
        })),
        next: nextOf(page, {
          "key-marker": "NextKeyMarker",
          "upload-id-marker": "NextUploadIdMarker",
        }),
      })),
    uploaded: async ({ key, id }) => {
      const url = urlOf(desk, key, { uploadId: id });
      const reply = url === undefined ? undefined : await get(desk, url);
      const page = typeof reply === "object" && reply.status === 200 ? treeOf(reply) : undefined;
      return named(page, "Part").reduce((sum, part) => sum + (sizeIn(part) ?? 0), 0);
    },
    read: ({ key, version }) => {
      const url = urlOf(desk, key, version === "" ? {} : { versionId: version });
      if (url === undefined) return undefined;
      return readByRange((headers, bytesMax) => get(desk, url, { headers, bytesMax }));
    },
  };
}

async function versionsIn(desk: Desk): ReturnType<Bucket["versions"]> {
  const deleted = new Set<string>();
  const listed = await pagesOf(desk, { versions: "" }, (page) => {
    for (const marker of named(page, "DeleteMarker")) {
      if (textOf(marker, "IsLatest") === "true") deleted.add(keyIn(page, textOf(marker, "Key")));
    }
    return {
      rows: named(page, "Version").flatMap((row) => versionOf(page, row) ?? []),
      next: nextOf(page, {
        "key-marker": "NextKeyMarker",
        "version-id-marker": "NextVersionIdMarker",
      }),
    };
  });
  return { ...listed, deleted };
}

function versionOf(page: Element, row: Element): Version | undefined {
  const size = sizeIn(row);
  const key = keyIn(page, textOf(row, "Key"));
  if (size === undefined || key === "") return undefined;
  return {
    ...{ key, size, version: textOf(row, "VersionId") },
    isLatest: textOf(row, "IsLatest") !== "false",
    tag: textOf(row, "ETag"),
    modified: textOf(row, "LastModified"),
  };
}

function sizeIn(row: Element): number | undefined {
  const text = textOf(row, "Size");
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** XML cannot hold every key: with `encoding-type=url` it comes encoded (API_ListObjectsV2). */
function keyIn(page: Element, text: string): string {
  return textOf(page, "EncodingType") === "url" ? decoded(text.replaceAll("+", " ")) : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Query = { readonly [name: string]: string };

/** What asks for the next page; `undefined` if this one is the last. */
function nextOf(page: Element, markers: Query): Query | undefined {
  if (textOf(page, "IsTruncated") !== "true") return undefined;
  const next = Object.entries(markers).flatMap(([name, element]) => {
    const text = textOf(page, element);
    const isKey = name === "key-marker";
    return text === "" ? [] : [[name, isKey ? keyIn(page, text) : text] as const];
  });
  return next.length === 0 ? undefined : Object.fromEntries(next);
}

type Page<T> = { readonly rows: readonly T[]; readonly next: Query | undefined };

async function pagesOf<T>(
  desk: Desk,
  first: Query,
  read: (page: Element) => Page<T>,
): Promise<Listed<T>> {
  const { look, prefix } = desk;
  const rows: T[] = [];
  const asked = new Set<string>();
  let next: Query | undefined = {};
  while (next !== undefined) {
    const query = { ...first, prefix, "encoding-type": "url", ...next };
    const url = urlOf(desk, "", query)!;
    // A store that leads in a circle is at its end.
    if (asked.has(url.href)) break;
    asked.add(url.href);
    if (asked.size > pagesMax || look.now() >= look.ends) return { rows, gap: "limit" };
    const reply: Reply | GapReason = await get(desk, url);
    if (typeof reply === "string") return { rows, gap: reply };
    if (reply.status !== 200) return { rows, gap: gapOfStatus(reply.status) };
    look.ledger.bytes += reply.body.length;
    const page = treeOf(reply);
    if (page === undefined) return { rows, gap: "unreadable" };
    const { rows: more, next: further }: Page<T> = read(page);
    for (const row of more) rows.push(row);
    next = further;
  }
  return { rows };
}

function treeOf({ body }: Reply): Element | undefined {
  return xmlTree(body.toString("utf8"));
}

/** `undefined` for a key that no URL can name: `.` and `..` between slashes are resolved by all. */
function urlOf({ base }: Desk, key: string, query: Query): URL | undefined {
  const parts = key.split("/").map(strictlyEncoded);
  if (parts.some((part) => part === "." || part === "..")) return undefined;
  const url = new URL(key === "" ? base : `${base}/${parts.join("/")}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function strictlyEncoded(text: string): string {
  const odd = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, odd);
}

async function get(
  { look }: Desk,
  url: URL,
  asked: { headers?: Query; bytesMax?: number } = {},
): Promise<Reply | GapReason> {
  const { accessKey, secretKey, sessionToken, region } = look.store.secret;
  if (accessKey === undefined || secretKey === undefined) return look.web.get(url, asked);
  const signer = new AwsV4Signer({
    ...{ url: url.href, service: "s3", region: region ?? "us-east-1" },
    ...{ accessKeyId: accessKey, secretAccessKey: secretKey },
    ...(sessionToken === undefined ? {} : { sessionToken }),
    datetime: new Date(look.now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = await signer.sign();
  return look.web.get(signed.url, { ...asked, shown: Object.fromEntries(signed.headers) });
}
