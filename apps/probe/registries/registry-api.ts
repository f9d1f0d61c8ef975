/**
 * A registry by the OCI distribution specification: what it lists, its manifests, its blobs by
 * ranges. GET and HEAD only. Names and digests become parts of a URL only in their strict forms.
 */
import { createHash } from "node:crypto";
import type { Digest } from "@writ/core";
import type { StoreLook } from "../behind/behind.ts";
import { gapAt } from "../behind/kept-object.ts";
import { type Asked, gapOfStatus, type Reply, type Web } from "../behind/polite-web.ts";
import type { ReadRange } from "../behind/ranged-reader.ts";
import { nextPage } from "../behind/web-json.ts";
import { readByRange } from "../behind/web-range.ts";
import type { GapReason } from "../coverage.ts";
import { jsonIn, type Members, membersIn, rowsIn, textsIn } from "../endpoints/outside-json.ts";
import { challengeIn, openPass, type Pass } from "./registry-token.ts";

const pageSize = 100;
const pagesMax = 1000;
/** The specification's own limit. */
const manifestBytesMax = 4 * 1024 * 1024;
const namesMax = 100_000;

const repositoryForm =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.artifact.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export type Manifest = { readonly digest: Digest; readonly says: Members };

export type Registry = {
  repositories(): Promise<readonly string[]>;
  tags(repository: string): Promise<readonly string[]>;
  /** By tag or digest; `undefined` if it is not there, and if it cannot be had a gap is noted. */
  manifest(repository: string, reference: string): Promise<Manifest | undefined>;
  referrers(repository: string, digest: string): Promise<readonly Members[]>;
  /** The size of a blob that is there: whoever wrote a manifest chose the one in it. */
  blobSize(repository: string, digest: string): Promise<number | undefined>;
  blob(repository: string, digest: string): ReadRange;
};

/** True if a text is a digest that a blob or manifest can be asked for by. */
export function isBlobDigest(text: unknown): text is Digest {
  return typeof text === "string" && digestForm.test(text);
}

/** Opens a registry; `undefined` if there is none that answers. */
export async function openRegistry(look: StoreLook): Promise<Registry | undefined> {
  const { web } = look;
  const { origin } = look.store.url;
  const reply = await web.get(new URL("/v2/", origin));
  if (typeof reply === "string" || (reply.status !== 200 && reply.status !== 401)) {
    const why = typeof reply === "string" ? reply : gapOfStatus(reply.status);
    // What is not there when it was told of is not seen: no proof that nothing is in it.
    gapAt(look.ledger, look.store.at, why === "vanished-while-read" ? "unreadable" : why);
    return undefined;
  }
  const challenge =
    reply.status === 401 ? challengeIn(String(reply.headers["www-authenticate"])) : undefined;
  const { secret } = look.store;
  const pass = openPass({ challenge, secret, web, origin });
  const desk: Desk = { look, web, pass, origin };
  return {
    repositories: () => repositoriesIn(desk),
    tags: async (repository) => {
      const path = `/v2/${repository}/tags/list?n=${pageSize}`;
      const tags = await pagesOf(desk, { path, scope: pullScope(repository), member: "tags" });
      return tags.filter((tag) => tagForm.test(tag));
    },
    manifest: (repository, reference) => manifestOf(desk, repository, reference),
    referrers: async (repository, digest) => {
      const url = new URL(`/v2/${repository}/referrers/${digest}`, origin);
      const answer = await ask(desk, url, { scope: pullScope(repository) });
      // Registries before version 1.1 of the specification know no such path.
      if (typeof answer === "string" || answer.status !== 200) return [];
      return rowsIn(membersIn(jsonIn(answer.body.toString("utf8")))?.manifests, 1000);
    },
    blobSize: (repository, digest) => blobSizeOf(desk, repository, digest),
    blob: (repository, digest) => blobOf(desk, repository, digest),
  };
}

type Desk = {
  readonly look: StoreLook;
  readonly web: Web;
  readonly pass: Pass;
  readonly origin: string;
};

function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

type AskedFor = Asked & { readonly scope: string };

async function ask(desk: Desk, url: URL, asked: AskedFor): Promise<Reply | GapReason> {
  const { scope, ...rest } = asked;
  return desk.web.get(url, { ...rest, shown: await desk.pass(scope) });
}

async function repositoriesIn(desk: Desk): Promise<readonly string[]> {
  const { look, origin } = desk;
  const told = look.store.url.pathname.replace(/^\/+|\/+$/g, "");
  if (told !== "" && repositoryForm.test(told)) return [told];
  const path = `/v2/_catalog?n=${pageSize}`;
  const scope = "registry:catalog:*";
  const names = await pagesOf(desk, { path, scope, member: "repositories", where: origin });
  return names.filter((name) => name.length <= 255 && repositoryForm.test(name));
}

type Pages = {
  readonly path: string;
  readonly scope: string;
  readonly member: string;
  /** Told of a first page that is not there; otherwise that is no gap. */
  readonly where?: string;
};

/** All pages of a listing, by their `Link` headers (RFC 8288). */
async function pagesOf(desk: Desk, { path, scope, member, where }: Pages): Promise<string[]> {
  const { look, origin } = desk;
  const found = new Set<string>();
  let next: URL | undefined = new URL(path, origin);
  for (let page = 0; next !== undefined; page += 1) {
    const url: URL = next;
    const reply: Reply | GapReason = await ask(desk, url, { scope });
    const why = typeof reply === "string" ? reply : statusGap(reply.status);
    const isOver = page >= pagesMax || found.size >= namesMax || look.now() >= look.ends;
    if (why !== undefined || isOver) {
      // A repository without tags is not found by some registries.
      const isMerelyEmpty = why === "vanished-while-read" && where === undefined;
      // Who does not list what it has may have anything.
      const isUnlisted = why === "vanished-while-read" || why === "not-supported";
      const reason = isUnlisted ? "unreadable" : (why ?? "limit");
      if (!isMerelyEmpty) gapAt(look.ledger, where ?? url.href, reason);
      break;
    }
    const { body, headers } = reply as Reply;
    look.ledger.bytes += body.length;
    const says = membersIn(jsonIn(body.toString("utf8")));
    for (const name of textsIn(says?.[member], 512, namesMax)) found.add(name);
    next = nextPage(headers.link, url);
  }
  return [...found];
}

function statusGap(status: number): GapReason | undefined {
  return status === 200 ? undefined : gapOfStatus(status);
}

async function manifestOf(
  desk: Desk,
  repository: string,
  reference: string,
): Promise<Manifest | undefined> {
  const url = new URL(`/v2/${repository}/manifests/${reference}`, desk.origin);
  const headers = { accept: manifestTypes };
  const asked = { scope: pullScope(repository), headers, bytesMax: manifestBytesMax };
  const reply = await ask(desk, url, asked);
  const why = typeof reply === "string" ? reply : statusGap(reply.status);
  if (why !== undefined) {
    if (why !== "vanished-while-read") gapAt(desk.look.ledger, url.href, why);
    return undefined;
  }
  const { body } = reply as Reply;
  desk.look.ledger.bytes += body.length;
  const says = membersIn(jsonIn(body.toString("utf8")));
  const digest: Digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
  if (says === undefined || (isBlobDigest(reference) && reference !== digest)) {
    gapAt(desk.look.ledger, url.href, "unreadable");
    return undefined;
  }
  return { digest, says };
}

async function blobSizeOf(
  desk: Desk,
  repository: string,
  digest: string,
): Promise<number | undefined> {
  const url = new URL(`/v2/${repository}/blobs/${digest}`, desk.origin);
  const reply = await ask(desk, url, { scope: pullScope(repository), method: "HEAD" });
  if (typeof reply === "string" || reply.status !== 200) return undefined;
  const size = Number(reply.headers["content-length"]);
  return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function blobOf(desk: Desk, repository: string, digest: string): ReadRange {
  const url = new URL(`/v2/${repository}/blobs/${digest}`, desk.origin);
  return (offset, length) =>
    readByRange((headers, bytesMax) =>
      ask(desk, url, { scope: pullScope(repository), headers, bytesMax }),
    )(offset, length);
}
