/**
 * An OCI registry: every tag of every repository, what refers to it, what a tag had that is gone,
 * and registered blobs that no tag leads to. Layers are gone through, model artefacts are read,
 * whatever media type they are given: ORAS, Ollama, KitOps and ModelPack all differ, and anybody
 * can choose one.
 */
import type { Digest, Stored } from "@writ/core";
import type { StoreLook } from "../behind/behind.ts";
import { gapAt, type KeptObject, type LookedInto, lookInto } from "../behind/kept-object.ts";
import { tell } from "../behind/told.ts";
import { layersMax } from "../containers/engine.ts";
import type { Layer } from "../containers/layer-blob.ts";
import { fateKey, fatesOf, viewOfBlob } from "../containers/layer-fate.ts";
import { countIn, type Members, membersIn, rowsIn, textIn } from "../endpoints/outside-json.ts";
import { isBlobDigest, type Manifest, openRegistry, type Registry } from "./registry-api.ts";

/** Manifests of one repository in one look, indexes' own included. */
const manifestsMax = 20_000;
/** Registered artefacts asked for by digest in each repository, where no tag leads to them. */
const artefactsMax = 200;
/** Remembered of tags that may go. */
const rememberedMax = 200_000;

type Desk = { readonly look: StoreLook; readonly registry: Registry };
type Named = { readonly name: string; readonly reference: string; readonly fate: Stored["fate"] };

/** Looks at a registry. */
export async function lookAtRegistry(look: StoreLook): Promise<void> {
  const registry = await openRegistry(look);
  if (registry === undefined) return;
  const desk = { look, registry };
  for (const repository of await registry.repositories()) {
    if (look.now() >= look.ends) {
      gapAt(look.ledger, `${look.store.at} ${repository}`, "limit");
      return;
    }
    look.onProgress(`${look.store.at} ${repository}`);
    await lookAtRepository(desk, repository);
  }
}

async function lookAtRepository({ look, registry }: Desk, repository: string): Promise<void> {
  const tags = await registry.tags(repository);
  const queue: Named[] = tags.map((tag) => ({
    name: `${repository}:${tag}`,
    reference: tag,
    fate: "visible",
  }));
  const before = `${look.store.url.origin} ${repository} `;
  const met = new Set<Digest>();
  const blobs = new Set<string>();
  const follow = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (isBlobDigest(next.reference) && met.has(next.reference)) continue;
      if (met.size >= manifestsMax || look.now() >= look.ends) {
        gapAt(look.ledger, `${look.store.at} ${next.name}`, "limit");
        return;
      }
      const manifest = await registry.manifest(repository, next.reference);
      if (manifest === undefined || met.has(manifest.digest)) continue;
      met.add(manifest.digest);
      remember(look, `${before}${manifest.digest}`, next.name);
      await lookAtManifest({ look, registry }, { repository, manifest, named: next, blobs });
      for (const row of rowsIn(manifest.says.manifests, manifestsMax)) push(queue, next, row);
      for (const row of await registry.referrers(repository, manifest.digest)) {
        push(queue, { ...next, name: `${next.name} (refers to it)` }, row);
      }
    }
  };
  await follow();
  for (const [key, name] of look.remembered) {
    const digest = key.startsWith(before) ? key.slice(before.length) : undefined;
    if (isBlobDigest(digest) && !met.has(digest)) {
      queue.push({ name, reference: digest, fate: "deleted" });
    }
  }
  await follow();
  await lookForArtefacts({ look, registry }, repository, blobs);
}

function remember({ remembered }: StoreLook, key: string, name: string): void {
  remembered.delete(key);
  if (remembered.size >= rememberedMax) remembered.delete(remembered.keys().next().value!);
  remembered.set(key, name);
}

function push(queue: Named[], { name, fate }: Named, { digest }: Members): void {
  if (isBlobDigest(digest) && queue.length < manifestsMax) {
    queue.push({ name, reference: digest, fate });
  }
}

type InRepository = {
  readonly repository: string;
  readonly manifest: Manifest;
  readonly named: Named;
  /** Digests met so far. */
  readonly blobs: Set<string>;
};

async function lookAtManifest({ look, registry }: Desk, at: InRepository): Promise<void> {
  const { says } = at.manifest;
  // `blobs` is what artefact manifests had before version 1.1 of the image specification.
  const rows = rowsIn([says.config, ...listed(says.layers), ...listed(says.blobs)], layersMax);
  if (rows.length >= layersMax) gapAt(look.ledger, `${look.store.at} ${at.named.name}`, "limit");
  const found: { object: KeptObject; looked: LookedInto; title: string }[] = [];
  for (const { digest, size, annotations } of rows) {
    if (!isBlobDigest(digest)) continue;
    at.blobs.add(digest);
    const bytes = (await sizeOf({ look, registry }, at.repository, digest)) ?? countIn(size);
    if (bytes === undefined) continue;
    const object = blobObject({ look, registry }, at.repository, { digest, size: bytes });
    const looked = await lookInto(object, look);
    const title = textIn(membersIn(annotations)?.["org.opencontainers.image.title"], 4096);
    if (looked !== undefined) found.push({ object, looked, title: title || digest });
  }
  const layers = found.flatMap(({ looked }) => looked.layer ?? []);
  const fates = fatesOf(
    layers.map(viewOfBlob),
    layers.map((layer) => layer.files.map(({ path }) => path)),
  );
  for (const { object, looked, title } of found) {
    const spot = { store: look.store.at, holder: `image ${at.named.name}`, path: title };
    tell(look, {
      ...{ object, looked, key: object.stated! },
      spot: { ...spot, fate: at.named.fate },
      fateOf: (path) => fateIn(fates.get(fateKey(layers.indexOf(looked.layer as Layer), path))),
    });
  }
}

/** Of a blob: asked once, since whoever wrote the manifest chose the size in it. */
async function sizeOf({ look, registry }: Desk, repository: string, digest: Digest) {
  const key = `size ${look.store.url.origin} ${digest}`;
  const known = look.remembered.get(key);
  if (known !== undefined) return Number(known);
  const size = await registry.blobSize(repository, digest);
  if (size !== undefined) remember(look, key, String(size));
  return size;
}

function listed(rows: unknown): readonly unknown[] {
  return Array.isArray(rows) ? rows.slice(0, layersMax) : [];
}

function fateIn(hidden: "no" | "deleted" | "replaced" | undefined): Stored["fate"] {
  return hidden === undefined || hidden === "no" ? "visible" : hidden;
}

type Blob = { readonly digest: Digest; readonly size: number };

function blobObject({ look, registry }: Desk, repository: string, { digest, size }: Blob) {
  const { at, url } = look.store;
  const state = `${url.origin} ${digest} ${size}`;
  const where = `${at} ${repository}@${digest}`;
  return { size, stated: digest, state, where, readRange: registry.blob(repository, digest) };
}

/**
 * Who deletes a tag, or a manifest, has not deleted the blobs: they are served to whoever knows
 * their digest until the registry collects its garbage, and the register knows it.
 */
async function lookForArtefacts(
  { look, registry }: Desk,
  repository: string,
  blobs: ReadonlySet<string>,
): Promise<void> {
  const wanted = look.artefacts.filter(({ digest }) => !blobs.has(digest));
  if (wanted.length > artefactsMax) gapAt(look.ledger, `${look.store.at} ${repository}`, "limit");
  for (const { digest } of wanted.slice(0, artefactsMax)) {
    if (look.now() >= look.ends) return gapAt(look.ledger, look.store.at, "limit");
    if (!isBlobDigest(digest)) continue;
    const size = await registry.blobSize(repository, digest);
    if (size === undefined) continue;
    const object = blobObject({ look, registry }, repository, { digest, size });
    const looked = await lookInto(object, look);
    if (looked === undefined) continue;
    const spot = { store: look.store.at, holder: `repository ${repository}`, path: digest };
    tell(look, {
      ...{ object, looked, key: digest },
      spot: { ...spot, fate: "deleted" },
    });
  }
}
