/**
 * An MLflow server: the versions of its registered models, and all artefacts that it serves,
 * whether or not a version or a run names them still (a deleted run's stay). Artefacts that lie
 * elsewhere, in a bucket, are that store's to be looked at: here they are told as left out.
 */
import type { StoreLook } from "../behind/behind.ts";
import { gapAt, lookInto } from "../behind/kept-object.ts";
import { tell } from "../behind/told.ts";
import { askJson } from "../behind/web-json.ts";
import { readByRange } from "../behind/web-range.ts";
import { countIn, membersIn, rowsIn, textIn } from "../endpoints/outside-json.ts";
import { stateDigest } from "../object-stores/bucket.ts";
import { basicHeader } from "./registry-token.ts";

const pageSize = 200;
const pagesMax = 1000;
const entriesMax = 200_000;
const depthMax = 64;

/** Looks at a server. */
export async function lookAtMlflow(look: StoreLook): Promise<void> {
  const versions = await versionsIn(look);
  const folders = [{ path: "", depth: 0 }];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const { path, depth } = next;
    if (look.now() >= look.ends || look.ledger.entries > entriesMax || depth > depthMax) {
      gapAt(look.ledger, `${look.store.at} ${path}`, "limit");
      return;
    }
    look.onProgress(`${look.store.at} ${path}`);
    for (const { name, isFolder, size } of await listOf(look, path)) {
      const inside = path === "" ? name : `${path}/${name}`;
      if (isFolder) folders.push({ path: inside, depth: depth + 1 });
      else if (size !== undefined) await lookAtArtefact(look, versions, { path: inside, size });
    }
  }
}

function urlOf({ store }: StoreLook, path: string, query: Readonly<Record<string, string>> = {}) {
  const base = store.url.href.replace(/\/+$/, "");
  const url = new URL(`${base}/api/2.0/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function shownOf({ store: { secret } }: StoreLook) {
  const authorization = secret.token === undefined ? basicHeader(secret) : `Bearer ${secret.token}`;
  return authorization === undefined ? {} : { authorization };
}

/** `model NAME version V`, by the path of its artefacts. */
type Versions = ReadonlyMap<string, string>;

async function versionsIn(look: StoreLook): Promise<Versions> {
  const versions = new Map<string, string>();
  let token = "";
  for (let page = 0; page < pagesMax && look.now() < look.ends; page += 1) {
    const query = { max_results: String(pageSize), ...(token && { page_token: token }) };
    const url = urlOf(look, "mlflow/model-versions/search", query);
    const reply = await askJson(look, url, shownOf(look));
    if (typeof reply === "string") {
      gapAt(look.ledger, url.href, reply === "vanished-while-read" ? "not-supported" : reply);
      return versions;
    }
    const says = membersIn(reply.says);
    for (const { name, version, source } of rowsIn(says?.model_versions, pageSize)) {
      const holder = `model ${textIn(name, 256)} version ${textIn(version, 64)}`;
      const path = proxied(textIn(source, 4096)) ?? (await downloadPath(look, { name, version }));
      // In a bucket, on a disk: whoever looks there sees it.
      if (path === undefined) gapAt(look.ledger, `${look.store.at} ${holder}`, "excluded");
      else versions.set(path, holder);
    }
    token = textIn(says?.next_page_token, 4096);
    if (token === "") return versions;
  }
  gapAt(look.ledger, `${look.store.at} model versions`, "limit");
  return versions;
}

async function downloadPath(
  look: StoreLook,
  { name, version }: { readonly name: unknown; readonly version: unknown },
): Promise<string | undefined> {
  const query = { name: textIn(name, 256), version: textIn(version, 64) };
  const url = urlOf(look, "mlflow/model-versions/get-download-uri", query);
  const reply = await askJson(look, url, shownOf(look));
  if (typeof reply === "string") return undefined;
  return proxied(textIn(membersIn(reply.says)?.artifact_uri, 4096));
}

/** The path below the artefact root of what the server itself serves. */
function proxied(uri: string): string | undefined {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*?)\/*$/s.exec(uri);
  return match?.[1];
}

type Listed = {
  readonly name: string;
  readonly isFolder: boolean;
  readonly size: number | undefined;
};

async function listOf(look: StoreLook, path: string): Promise<readonly Listed[]> {
  const url = urlOf(look, "mlflow-artifacts/artifacts", path === "" ? {} : { path });
  const reply = await askJson(look, url, shownOf(look));
  if (typeof reply === "string") {
    const isGone = reply === "vanished-while-read" && path !== "";
    if (!isGone)
      gapAt(look.ledger, url.href, reply === "vanished-while-read" ? "unreadable" : reply);
    return [];
  }
  return rowsIn(membersIn(reply.says)?.files, entriesMax).flatMap((row) => {
    const name = textIn(row.path, 4096);
    const isPlain = name !== "" && !name.split("/").some((part) => /^\.{0,2}$/.test(part));
    return isPlain
      ? [{ name, isFolder: row.is_dir === true, size: countIn(Number(row.file_size)) }]
      : [];
  });
}

type Artefact = { readonly path: string; readonly size: number };

async function lookAtArtefact(
  look: StoreLook,
  versions: Versions,
  { path, size }: Artefact,
): Promise<void> {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const url = urlOf(look, `mlflow-artifacts/artifacts/${encoded}`);
  const readRange = readByRange((headers, bytesMax) =>
    look.web.get(url, { headers, bytesMax, shown: shownOf(look) }),
  );
  // Nothing tells whether another artefact of that size was put in its place, but a later reading.
  const state = `${look.store.at} ${path} ${size}`;
  const object = { size, state, where: `${look.store.at} ${path}`, readRange };
  const looked = await lookInto(object, look);
  if (looked === undefined) return;
  const folder = [...versions.keys()].find((prefix) => path.startsWith(`${prefix}/`));
  const holder = (folder === undefined ? undefined : versions.get(folder)) ?? "artefacts";
  tell(look, {
    ...{ object, looked, key: looked.digest ?? stateDigest(state), isNamedArchive: true },
    spot: { store: look.store.at, holder, path, fate: "visible" },
  });
}
