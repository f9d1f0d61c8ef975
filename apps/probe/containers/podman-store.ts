/**
 * The storage of Podman, Buildah and CRI-O on disk (github.com/containers/storage): layers in a
 * tree, images and containers that name their topmost one. Read with no engine running or asked.
 */
import type { Ledger } from "../coverage.ts";
import {
  jsonIn,
  type Members,
  membersIn,
  rowsIn,
  textIn,
  textsIn,
} from "../endpoints/outside-json.ts";
import { type Place, placeText } from "../files/place.ts";
import { type EngineSight, type Holder, holderName, isFolder, layersMax } from "./engine.ts";
import { below, namesIn, readDocument } from "./store-file.ts";

const rowsMax = 100_000;
const idForm = /^[0-9a-f]{64}$/;

/** Drivers that keep each layer's own files in a folder; others (btrfs, zfs) keep whole trees. */
const drivers: readonly { readonly name: string; folderOf(root: Place, id: string): Place }[] = [
  { name: "overlay", folderOf: (root, id) => below(root, "overlay", id, "diff") },
  { name: "vfs", folderOf: (root, id) => below(root, "vfs", "dir", id) },
];

type Driver = (typeof drivers)[number];
type Layers = ReadonlyMap<string, string | undefined>;

/** The storage in a folder, or `undefined` if there is none. */
export function lookAtPodmanStore(root: Place, ledger: Ledger): EngineSight | undefined {
  const present = drivers.filter(({ name }) => isFolder(below(root, `${name}-layers`)));
  if (present.length === 0) return undefined;
  const parts = present.map((driver) => readDriver(root, driver, ledger));
  const volumes = namesIn(below(root, "volumes"), ledger)
    .map((name) => ({ name: placeText(name), place: below(root, "volumes", name, "_data") }))
    .filter(({ place }) => isFolder(place));
  ledger.entries += volumes.length;
  return {
    engine: {
      at: placeText(root),
      product: "containers-storage",
      containers: parts.flatMap(({ containers }) => containers),
      images: parts.flatMap(({ images }) => images),
      volumes: volumes.map(({ name, place }) => ({ name, path: placeText(place) })),
    },
    holders: parts.flatMap(({ holders }) => holders),
    packed: [],
    volumes,
  };
}

function readDriver(root: Place, driver: Driver, ledger: Ledger) {
  const rows = (of: string): readonly Members[] =>
    // What lasts no longer than until the next boot is kept apart.
    [`${of}.json`, `volatile-${of}.json`].flatMap((name) =>
      rowsIn(readDocument(below(root, `${driver.name}-${of}`, name), ledger), rowsMax),
    );
  const parents: Layers = new Map(
    rows("layers").flatMap(({ id, parent }) =>
      typeof id === "string" && idForm.test(id)
        ? [[id, typeof parent === "string" ? parent : undefined] as const]
        : [],
    ),
  );
  const named = new Set<string>();
  const chain = (top: unknown): Place[] => {
    const ids = chainOf(parents, top);
    for (const id of ids) named.add(id);
    return ids.map((id) => driver.folderOf(root, id));
  };
  const holders: Holder[] = [];
  const images = rows("images").flatMap((row) => {
    const id = textIn(row.id, 128);
    if (id === "") return [];
    const names = textsIn(row.names, 512, 1000);
    const layers = chain(row.layer);
    holders.push({ name: holderName("image", names, id), layers });
    return [{ id, names, layers: layers.length }];
  });
  const containers = rows("containers").flatMap((row) => {
    const id = textIn(row.id, 128);
    if (id === "") return [];
    const names = textsIn(row.names, 512, 16);
    holders.push({ name: holderName("container", names, id), layers: chain(row.layer) });
    const said = membersIn(jsonIn(textIn(row.metadata, 65_536)))?.["image-name"];
    const image = textIn(said, 512) || textIn(row.image, 512);
    return [{ id, name: names[0] ?? "", image, state: "unknown", mounts: [] }];
  });
  // Layers that nothing names any more keep their bytes.
  for (const id of parents.keys()) {
    if (named.has(id)) continue;
    holders.push({ name: `layer ${id.slice(0, 12)}`, layers: [driver.folderOf(root, id)] });
  }
  ledger.entries += parents.size + images.length + containers.length;
  return { images, containers, holders };
}

/** A layer and those below it, the lowest first. */
function chainOf(parents: Layers, top: unknown): readonly string[] {
  const ids: string[] = [];
  // A circle of parents ends at the limit.
  for (let id = top; ids.length < layersMax; ) {
    if (typeof id !== "string" || !parents.has(id)) break;
    ids.push(id);
    id = parents.get(id);
  }
  return ids.reverse();
}
