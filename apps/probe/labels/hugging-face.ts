/**
 * The cache of Hugging Face, which Transformers, vLLM, TGI, MLX and llama.cpp share:
 * `models--ORG--NAME/{blobs/ETAG, snapshots/COMMIT/PATH → blob, refs/NAME}`. The ETag of a large
 * file is its SHA-256: what the hub said when it was fetched.
 */
import type { Label } from "@writ/core";
import { folderOf, type Place, placeText, within } from "../files/place.ts";
import { entriesIn, filesBelow, linkAt, smallFile } from "./small-file.ts";
import { orphan, type StoreParts } from "./store-parts.ts";

const snapshotDepth = 8;
const refDepth = 4;

/** What its snapshots call each blob, and blobs of masses that none names. */
export function huggingFaceLabels({ store, present, ledger }: StoreParts): readonly Label[] {
  const labels: Label[] = [];
  const named = new Set<Place>();
  const repository = repositoryOf(store);
  const refs = refsOf(store, ledger);
  const snapshots = within(store, "snapshots");
  for (const { name: commit } of entriesIn(snapshots)) {
    const snapshot = within(snapshots, commit);
    const revision = refs.get(commit) ?? commit.slice(0, 12);
    for (const said of namesBelow(snapshot, snapshotDepth)) {
      const path = targetOf(said);
      if (path === undefined) continue;
      named.add(path);
      if (!present.has(path)) continue;
      const digest = /\/blobs\/([0-9a-f]{64})$/.exec(path)?.[1];
      const name = `${repository}@${revision} ${placeText(said.slice(snapshot.length + 1))}`;
      labels.push({
        ...{ store: "hugging-face", name: name.slice(0, 1024), said: placeText(said) },
        path: placeText(path),
        ...(digest === undefined ? {} : { digest: `sha256:${digest}` as const }),
        there: true,
      });
    }
  }
  const blobs = `${store}/blobs/`;
  for (const path of present) {
    if (path.startsWith(blobs) && !named.has(path))
      labels.push(orphan("hugging-face", store, path));
  }
  return labels;
}

function repositoryOf(store: Place): string {
  const name = store.slice(store.lastIndexOf("/models--") + "/models--".length);
  return placeText(name.replaceAll("--", "/"));
}

/** Branch or tag of each commit. */
function refsOf(store: Place, ledger: StoreParts["ledger"]): ReadonlyMap<string, string> {
  const refs = within(store, "refs");
  return new Map(
    filesBelow(refs, refDepth).flatMap((place) => {
      const commit = smallFile(place, ledger)?.trim();
      if (commit === undefined || !/^[0-9a-f]{40}$/.test(commit)) return [];
      return [[commit, placeText(place.slice(refs.length + 1))] as const];
    }),
  );
}

/** Links and files of a snapshot. */
function namesBelow(folder: Place, depth: number): readonly Place[] {
  return entriesIn(folder).flatMap((entry) => {
    const place = within(folder, entry.name);
    if (entry.isDirectory()) return depth > 0 ? namesBelow(place, depth - 1) : [];
    return [place];
  });
}

/** The blob that a snapshot's name leads to; the name itself where a file system has no links. */
function targetOf(said: Place): Place | undefined {
  const target = linkAt(said);
  if (target === undefined) return said;
  if (target.startsWith("/")) return target as Place;
  const parts: string[] = folderOf(said).split("/");
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/") as Place;
}
