/**
 * A model hub that speaks as Hugging Face's does: repositories of one owner, or one of them; every
 * branch and tag, and what the last commits had that is gone from these: a hub serves it to whoever
 * names the commit. Large files are read by ranges, once their content differs.
 */
import type { Digest, Stored } from "@writ/core";
import type { StoreLook } from "../behind/behind.ts";
import { gapAt, lookInto } from "../behind/kept-object.ts";
import { tell } from "../behind/told.ts";
import { askJson } from "../behind/web-json.ts";
import { readByRange } from "../behind/web-range.ts";
import { countIn, jsonIn, membersIn, rowsIn, textIn } from "../endpoints/outside-json.ts";
import { stateDigest } from "../object-stores/bucket.ts";

/** Each kind has its own paths; weights can lie in all of them. */
const kinds = ["models", "datasets", "spaces"] as const;
type Kind = (typeof kinds)[number];

const repositoriesMax = 10_000;
const filesMax = 100_000;
/** Older ones are not asked for: told, as what was left out. */
const commitsMax = 50;
const branchesMax = 100;
/** Trees of commits never change; larger ones are asked for again. */
const rememberedLengthMax = 65_536;
const idForm = /^[\w.-]{1,96}(?:\/[\w.-]{1,96})?$/;
const commitForm = /^[0-9a-f]{40}$/;

type Repository = { readonly kind: Kind; readonly id: string };
type HubFile = {
  readonly path: string;
  readonly size: number;
  /** Names the content: git's or LFS's own. */
  readonly oid: string;
  readonly stated?: Digest | undefined;
};

/** Looks at a hub. */
export async function lookAtHub(look: StoreLook): Promise<void> {
  const told = look.store.url.pathname.replace(/^\/+|\/+$/g, "");
  if (!idForm.test(told)) {
    gapAt(look.ledger, look.store.at, "excluded");
    return;
  }
  let found = 0;
  for (const kind of kinds) {
    const ids = told.includes("/") ? [told] : await idsOf(look, kind, told);
    for (const id of ids) {
      if (look.now() >= look.ends) return gapAt(look.ledger, look.store.at, "limit");
      look.onProgress(`${look.store.at} ${id}`);
      if (await lookAtRepository(look, { kind, id })) found += 1;
    }
  }
  // A repository that is not there, or not for this secret: hubs do not tell which.
  if (found === 0 && told.includes("/")) gapAt(look.ledger, look.store.at, "no-permission");
}

function shownOf({ store }: StoreLook) {
  const { token } = store.secret;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

type Paging = { isWhole: boolean };

async function* pagesOf(look: StoreLook, first: URL, paging: Paging) {
  paging.isWhole = false;
  let next: URL | undefined = first;
  for (let rows = 0; next !== undefined; ) {
    const reply: Awaited<ReturnType<typeof askJson>> = await askJson(look, next, shownOf(look));
    if (typeof reply === "string") {
      gapAt(look.ledger, next.href, reply);
      return;
    }
    const page = rowsIn(reply.says, filesMax);
    yield* page;
    rows += page.length;
    if (rows >= filesMax || look.now() >= look.ends) {
      gapAt(look.ledger, next.href, "limit");
      return;
    }
    next = reply.next;
  }
  paging.isWhole = true;
}

async function idsOf(look: StoreLook, kind: Kind, author: string): Promise<string[]> {
  const url = new URL(`/api/${kind}`, look.store.url.origin);
  url.searchParams.set("author", author);
  url.searchParams.set("limit", "1000");
  const ids = new Set<string>();
  const paging = { isWhole: false };
  for await (const { id, modelId } of pagesOf(look, url, paging)) {
    const name = textIn(id, 200) || textIn(modelId, 200);
    if (idForm.test(name) && ids.size < repositoriesMax) ids.add(name);
  }
  // Not every hub has data sets; one that does not list its models may have any.
  if (!paging.isWhole && kind === "models") gapAt(look.ledger, url.href, "unreadable");
  return [...ids];
}

/** False if there is no such repository. */
async function lookAtRepository(look: StoreLook, repository: Repository): Promise<boolean> {
  const { kind, id } = repository;
  const url = new URL(`/api/${kind}/${id}/refs`, look.store.url.origin);
  const reply = await askJson(look, url, shownOf(look));
  if (typeof reply === "string") {
    const isAbsent = reply === "vanished-while-read" || reply === "no-permission";
    if (!isAbsent) gapAt(look.ledger, url.href, reply);
    return false;
  }
  const refs = membersIn(reply.says);
  const heads = [...rowsIn(refs?.branches, branchesMax), ...rowsIn(refs?.tags, branchesMax)];
  if (heads.length >= branchesMax) gapAt(look.ledger, url.href, "limit");
  const met = new Set<string>();
  const commits = new Set<string>();
  for (const { name, targetCommit } of heads) {
    const revision = textIn(targetCommit, 64);
    if (!commitForm.test(revision) || commits.has(revision)) continue;
    commits.add(revision);
    const at = { repository, revision, holder: `${kind} ${id}@${textIn(name, 200)}` };
    await lookAtTree(look, { ...at, fate: "visible" }, met);
  }
  for (const revision of await pastCommits(look, repository, [...commits])) {
    const at = { repository, revision, holder: `${kind} ${id}@${revision.slice(0, 12)}` };
    await lookAtTree(look, { ...at, fate: "deleted" }, met);
  }
  return true;
}

async function pastCommits(
  look: StoreLook,
  { kind, id }: Repository,
  heads: readonly string[],
): Promise<readonly string[]> {
  const past = new Set<string>();
  for (const head of heads) {
    const url = new URL(`/api/${kind}/${id}/commits/${head}`, look.store.url.origin);
    const reply = await askJson(look, url, shownOf(look));
    if (typeof reply === "string") {
      if (reply !== "vanished-while-read") gapAt(look.ledger, url.href, reply);
      continue;
    }
    const rows = rowsIn(reply.says, 10_000);
    const isMore = rows.length > commitsMax || reply.next !== undefined;
    if (isMore) gapAt(look.ledger, url.href, "excluded");
    for (const { id: commit } of rows.slice(0, commitsMax)) {
      if (commitForm.test(textIn(commit, 64))) past.add(String(commit));
    }
  }
  return [...past].filter((commit) => !heads.includes(commit));
}

type AtTree = {
  readonly repository: Repository;
  readonly revision: string;
  readonly holder: string;
  readonly fate: Stored["fate"];
};

/** `met` are contents that a newer revision has: they are told once. */
async function lookAtTree(look: StoreLook, at: AtTree, met: Set<string>): Promise<void> {
  for (const file of await filesOf(look, at)) {
    const key = `${file.path} ${file.oid}`;
    if (met.has(key)) continue;
    met.add(key);
    if (look.now() >= look.ends) return gapAt(look.ledger, look.store.at, "limit");
    await lookAtFile(look, at, file);
  }
}

async function filesOf(look: StoreLook, { repository, revision }: AtTree): Promise<HubFile[]> {
  const { kind, id } = repository;
  const url = new URL(`/api/${kind}/${id}/tree/${revision}`, look.store.url.origin);
  url.searchParams.set("recursive", "true");
  const known = look.remembered.get(url.href);
  if (known !== undefined) return jsonIn(known) as HubFile[];
  const paging = { isWhole: false };
  const files: HubFile[] = [];
  for await (const row of pagesOf(look, url, paging)) {
    const lfs = membersIn(row.lfs);
    const size = countIn(lfs?.size) ?? countIn(row.size);
    const path = textIn(row.path, 4096);
    if (row.type !== "file" || size === undefined || path === "") continue;
    const sha256 = textIn(lfs?.oid, 128) || textIn(lfs?.sha256, 128);
    const stated: Digest | undefined = /^[0-9a-f]{64}$/.test(sha256)
      ? `sha256:${sha256}`
      : undefined;
    files.push({ path, size, oid: stated ?? textIn(row.oid, 128), stated });
  }
  const text = JSON.stringify(files);
  if (paging.isWhole && text.length <= rememberedLengthMax) look.remembered.set(url.href, text);
  return files;
}

async function lookAtFile(look: StoreLook, at: AtTree, file: HubFile): Promise<void> {
  const { repository, revision, holder, fate } = at;
  const { origin } = look.store.url;
  const prefix = repository.kind === "models" ? "" : `${repository.kind}/`;
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const url = new URL(`/${prefix}${repository.id}/resolve/${revision}/${path}`, origin);
  const readRange = readByRange((headers, bytesMax) =>
    look.web.get(url, { headers, bytesMax, shown: shownOf(look) }),
  );
  const state = `${origin} ${repository.kind} ${repository.id} ${file.oid} ${file.size}`;
  const where = `${look.store.at} ${file.path} of ${holder}`;
  const object = { size: file.size, stated: file.stated, state, where, readRange };
  const looked = await lookInto(object, look);
  if (looked === undefined) return;
  tell(look, {
    ...{ object, looked, key: looked.digest ?? stateDigest(state), isNamedArchive: true },
    spot: { store: look.store.at, holder, path: file.path, fate },
  });
}
