/**
 * The `containers` vantage: engines by their sockets, and stores of images on disk whether or not
 * an engine runs. Every layer, container and volume is looked into for model files, those included
 * that a later layer deleted: nobody sees them in a container, and `docker save` brings them back.
 */
import { lstatSync, type Stats, statSync } from "node:fs";
import { type Census, type Mass, type SeenEngine, type Stored, storedMax } from "@writ/core";
import { gapOf, type Ledger } from "../coverage.ts";
import { filesystemKind } from "../files/filesystem-kind.ts";
import { isInside, type Place, placeBuffer, placeOf, placeText } from "../files/place.ts";
import { lookAtContainerd, lookAtLayout } from "./blob-store.ts";
import { lookAtDockerStore } from "./docker-store.ts";
import { type EngineSight, type Holder, isFolder, type PackedImage } from "./engine.ts";
import { lookAtEngine } from "./engine-api.ts";
import { type Layer, type LayerMemory, readLayer } from "./layer-blob.ts";
import { fateKey, fatesOf, viewOfBlob, viewOfFolder } from "./layer-fate.ts";
import { lookAtPodmanStore } from "./podman-store.ts";

export type ContainersParts = {
  /** Sockets and folders of engines and stores. */
  readonly engines: readonly Place[];
  /** What the files vantage looks at. */
  readonly roots: readonly Place[];
  /** Masses that it found: OCI layouts show by their blobs. */
  readonly masses: readonly Mass[];
  /** Looks under folders that no root holds, and gives the masses there. */
  readonly walk: (folders: readonly Place[]) => Promise<readonly Mass[]>;
  readonly sizes: ReadonlySet<number>;
  readonly memory: LayerMemory;
  readonly ledger: Ledger;
  readonly onProgress: (place: string) => void;
};

export type ContainersSeen = {
  readonly engines: readonly SeenEngine[];
  readonly stored: readonly Stored[];
  /** Masses in folders that no root holds. */
  readonly masses: readonly Mass[];
};

/** Looks at every engine and store; what it cannot see are gaps. */
export async function lookAtContainers(parts: ContainersParts): Promise<ContainersSeen> {
  const { ledger, roots } = parts;
  const sights: EngineSight[] = [];
  for (const place of new Set([...parts.engines, ...layoutsAmong(parts.masses)])) {
    parts.onProgress(place);
    const sight = await lookAtOne(place, ledger);
    if (sight !== undefined) sights.push(sight);
  }
  const folders = new Set(sights.flatMap(foldersOf));
  const outside = [...folders].filter((folder) => !roots.some((root) => isInside(folder, root)));
  const there = outside.filter((folder) => {
    if (isFolder(folder)) return true;
    ledger.gap(folder, "vanished-while-read");
    return false;
  });
  const masses = await parts.walk(there);
  for (const sight of sights) noteMounts(parts, sight, [...roots, ...there]);
  const within = massesWithin([...parts.masses, ...masses], folders);
  const stored: Stored[] = [];
  for (const sight of sights) {
    for (const holder of sight.holders) stored.push(...storedIn(sight, holder, within));
    for (const { name, place } of sight.volumes) {
      const holder = { name: `volume ${name}`, layers: [place] };
      stored.push(...storedIn(sight, holder, within));
    }
    for (const image of sight.packed) stored.push(...(await storedPacked(parts, sight, image)));
  }
  if (stored.length > storedMax) ledger.gap(parts.engines[0] ?? "/", "limit");
  return { engines: sights.map(({ engine }) => engine), stored: once(stored), masses };
}

async function lookAtOne(place: Place, ledger: Ledger): Promise<EngineSight | undefined> {
  let stat: Stats | undefined;
  try {
    stat = statSync(placeBuffer(place), { throwIfNoEntry: false });
  } catch (error) {
    ledger.gap(place, gapOf(error));
    return undefined;
  }
  if (stat?.isSocket() === true) return lookAtEngine(place, ledger);
  const sight =
    stat?.isDirectory() === true
      ? (lookAtPodmanStore(place, ledger) ??
        lookAtDockerStore(place, ledger) ??
        lookAtContainerd(place, ledger) ??
        lookAtLayout(place, ledger))
      : undefined;
  if (sight === undefined) ledger.gap(place, stat === undefined ? "unreadable" : "not-supported");
  return sight;
}

/** Folders of OCI layouts, by masses that lie where their blobs do. */
function layoutsAmong(masses: readonly Mass[]): Place[] {
  const layouts = masses.flatMap(({ names }) =>
    names.flatMap((name) => {
      const root = /^(.*)\/blobs\/sha256\/[0-9a-f]{64}$/s.exec(name)?.[1];
      const place = root === undefined ? undefined : placeOf(root);
      return place !== undefined && isThere(`${place}/oci-layout`) ? [place] : [];
    }),
  );
  return [...new Set(layouts)];
}

function isThere(place: string): boolean {
  try {
    return lstatSync(placeBuffer(place), { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function foldersOf({ holders, volumes, packed }: EngineSight): readonly Place[] {
  return [
    ...holders.flatMap(({ layers }) => layers),
    ...volumes.map(({ place }) => place),
    ...packed.flatMap(({ blobs }) => blobs.map((blob) => blob.replace(/\/[^/]*$/, "") as Place)),
  ];
}

/** What a container is given of the host, and no root holds, is a place not looked at. */
function noteMounts({ ledger }: ContainersParts, { engine }: EngineSight, seen: readonly Place[]) {
  for (const { source } of engine.containers.flatMap(({ mounts }) => mounts)) {
    const place = placeOf(source);
    if (place === undefined || seen.some((root) => isInside(place, root))) continue;
    try {
      if (filesystemKind(place) === "ordinary") ledger.gap(place, "excluded");
    } catch {
      // It is gone, or never was on this host: nothing to look at.
    }
  }
}

type Within = ReadonlyMap<string, readonly { readonly name: string; readonly mass: Mass }[]>;

/** The masses below each of some folders. */
function massesWithin(masses: readonly Mass[], folders: ReadonlySet<Place>): Within {
  const texts = new Set([...folders].map(placeText));
  const within = new Map<string, { name: string; mass: Mass }[]>();
  for (const mass of masses) {
    for (const name of mass.names) {
      for (let at = name.lastIndexOf("/"); at > 0; at = name.lastIndexOf("/", at - 1)) {
        const folder = name.slice(0, at);
        if (!texts.has(folder)) continue;
        const known = within.get(folder);
        if (known === undefined) within.set(folder, [{ name, mass }]);
        else known.push({ name, mass });
      }
    }
  }
  return within;
}

function storedIn({ engine }: EngineSight, holder: Holder, within: Within): Stored[] {
  const rows = holder.layers.flatMap((layer, at) => {
    const folder = placeText(layer);
    const found = within.get(folder) ?? [];
    return found.map(({ name, mass }) => ({ at, name, mass, path: name.slice(folder.length + 1) }));
  });
  if (rows.length === 0) return [];
  const raw = (text: string) => (placeOf(`/${text}`) ?? "/").slice(1);
  const files = holder.layers.map((_, at) =>
    rows.filter((row) => row.at === at).map(({ path }) => raw(path)),
  );
  const fates = fatesOf(holder.layers.map(viewOfFolder), files);
  return rows.map(({ at, name, mass, path }) => ({
    store: engine.at,
    holder: holder.name.slice(0, 1024),
    path,
    fate: fateOf(fates.get(fateKey(at, raw(path)))),
    mass: name,
    size: mass.size,
    digest: mass.digest,
    container: mass.container,
    ...(mass.kind === undefined ? {} : { kind: mass.kind }),
    known: "read",
  }));
}

async function storedPacked(
  parts: ContainersParts,
  { engine }: EngineSight,
  { name, blobs }: PackedImage,
): Promise<Stored[]> {
  const layers: { readonly layer: Layer; readonly packed: string }[] = [];
  for (const place of blobs) {
    parts.onProgress(place);
    const layer = await readLayer({ place, sizes: parts.sizes, memory: parts.memory });
    // What is no archive is a model by itself or nothing, and is counted as a file.
    if (layer === undefined) continue;
    if (typeof layer === "string") {
      // A layout may name layers that it does not have (a shared base image).
      parts.ledger.gap(place, layer);
      continue;
    }
    parts.ledger.bytes += layer.read;
    if (layer.gap !== undefined) parts.ledger.gap(place, layer.gap);
    layers.push({ layer, packed: placeText(place) });
  }
  const files = layers.map(({ layer }) => layer.files.map(({ path }) => path));
  const fates = fatesOf(
    layers.map(({ layer }) => viewOfBlob(layer)),
    files,
  );
  return layers.flatMap(({ layer, packed }, at) =>
    layer.files.map(({ path, ...file }) => ({
      store: engine.at,
      holder: name.slice(0, 1024),
      path: path.slice(0, 4096),
      fate: fateOf(fates.get(fateKey(at, path))),
      packed,
      ...file,
      container: file.container.slice(0, 32),
      known: "read" as const,
    })),
  );
}

function fateOf(hidden: "no" | "deleted" | "replaced" | undefined): Stored["fate"] {
  return hidden === undefined || hidden === "no" ? "visible" : hidden;
}

/** An engine and its folder tell of the same layers. */
function once(stored: readonly Stored[]): Stored[] {
  const rows = new Map<string, Stored>();
  for (const one of stored) {
    const key = [one.holder, one.path, one.mass ?? one.digest, one.fate].join("\0");
    if (!rows.has(key) && rows.size < storedMax) rows.set(key, one);
  }
  return [...rows.values()];
}

/** Masses of two tables, each inode once. */
export function joinedMasses(masses: readonly Mass[], more: readonly Mass[]): Census["masses"] {
  const rows = new Map(masses.map((mass) => [`${mass.inode.device}:${mass.inode.inode}`, mass]));
  for (const mass of more) {
    const key = `${mass.inode.device}:${mass.inode.inode}`;
    const known = rows.get(key);
    const names = [...new Set([...(known?.names ?? []), ...mass.names])].sort();
    rows.set(key, { ...mass, names });
  }
  return [...rows.values()].sort((a, b) => (a.names[0]! < b.names[0]! ? -1 : 1));
}
