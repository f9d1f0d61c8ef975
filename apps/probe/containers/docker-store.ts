/**
 * Docker's storage on disk with the overlay2 driver (github.com/moby/moby, layer/filestore.go and
 * image/fs.go): images by configuration, layers by the digest of their chain, containers by folder.
 */
import { createHash } from "node:crypto";
import type { SeenContainer } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { countIn, type Members, membersIn, textIn, textsIn } from "../endpoints/outside-json.ts";
import { type Place, placeText } from "../files/place.ts";
import {
  type EngineSight,
  type Holder,
  holderName,
  isFolder,
  layersMax,
  placeIn,
} from "./engine.ts";
import { below, namesIn, readDocument, readSmall } from "./store-file.ts";

const digestForm = /^[0-9a-f]{64}$/;
/** A file that holds one name or digest. */
const wordBytesMax = 4096;

type Store = { readonly root: Place; readonly ledger: Ledger };

/** The storage in a folder, or `undefined` if there is none. */
export function lookAtDockerStore(root: Place, ledger: Ledger): EngineSight | undefined {
  const store: Store = { root, ledger };
  if (!isFolder(below(root, "image", "overlay2"))) return undefined;
  const named = new Set<string>();
  const images = imagesOf(store, named);
  const containers = containersOf(store, named);
  const volumes = namesIn(below(root, "volumes"), ledger)
    .map((name) => ({ name: placeText(name), place: below(root, "volumes", name, "_data") }))
    .filter(({ place }) => isFolder(place));
  const strays = namesIn(below(root, "image", "overlay2", "layerdb", "sha256"), ledger)
    .filter((chain) => digestForm.test(chain) && !named.has(chain))
    .map((chain) => ({
      name: `layer ${chain.slice(0, 12)}`,
      layers: layersOf(store, chain).slice(-1),
    }));
  ledger.entries += images.length + containers.length + volumes.length + strays.length;
  return {
    engine: {
      at: placeText(root),
      product: "Docker overlay2",
      containers: containers.map(({ seen }) => seen),
      images: images.map(({ seen }) => seen),
      volumes: volumes.map(({ name, place }) => ({ name, path: placeText(place) })),
    },
    holders: [...containers, ...images].map(({ holder }): Holder => holder).concat(strays),
    packed: [],
    volumes,
  };
}

function imagesOf(store: Store, named: Set<string>) {
  const base = below(store.root, "image", "overlay2");
  const tags = tagsOf(readDocument(below(base, "repositories.json"), store.ledger));
  const folder = below(base, "imagedb", "content", "sha256");
  return namesIn(folder, store.ledger).flatMap((id) => {
    const config = membersIn(readDocument(below(folder, id), store.ledger));
    if (config === undefined || !digestForm.test(id)) return [];
    const diffs = textsIn(membersIn(config.rootfs)?.diff_ids, 128, layersMax);
    const names = tags.get(`sha256:${id}`) ?? [];
    const layers = layersOf(store, chainOf(diffs), named);
    const holder = { name: holderName("image", names, id), layers };
    return [{ seen: { id, names, layers: layers.length }, holder }];
  });
}

function tagsOf(document: unknown): Map<string, string[]> {
  const tags = new Map<string, string[]>();
  const repositories = membersIn(membersIn(document)?.Repositories) ?? {};
  for (const entries of Object.values(repositories)) {
    for (const [tag, id] of Object.entries(membersIn(entries) ?? {})) {
      if (typeof id !== "string") continue;
      const known = tags.get(id) ?? [];
      if (known.length < 1000 && !tag.includes("@")) known.push(textIn(tag, 512));
      tags.set(id, known);
    }
  }
  return tags;
}

/** The digest of a chain of layers (OCI image-spec, config.md: ChainID), without its algorithm. */
function chainOf(diffs: readonly string[]): string {
  const chain = diffs.reduce(
    (above, diff) =>
      above === ""
        ? diff
        : `sha256:${createHash("sha256").update(`${above} ${diff}`).digest("hex")}`,
    "",
  );
  return chain.replace(/^sha256:/, "");
}

/** The folders of a chain's layers, the lowest first. */
function layersOf(store: Store, top: string, named?: Set<string>): readonly Place[] {
  const places: Place[] = [];
  for (let chain = top; digestForm.test(chain) && places.length < layersMax; ) {
    named?.add(chain);
    const folder = below(store.root, "image", "overlay2", "layerdb", "sha256", chain);
    const cache = wordIn(store, below(folder, "cache-id"));
    if (cache === undefined) break;
    places.push(below(store.root, "overlay2", cache, "diff"));
    chain = wordIn(store, below(folder, "parent"))?.replace(/^sha256:/, "") ?? "";
  }
  return places.reverse();
}

/** One file's word, if it can be the name of a folder. */
function wordIn({ ledger }: Store, place: Place): string | undefined {
  const word = readSmall(place, ledger, wordBytesMax)?.trim();
  return word !== undefined && /^[A-Za-z0-9:_-]{1,256}$/.test(word) ? word : undefined;
}

function containersOf(store: Store, named: Set<string>) {
  const { root, ledger } = store;
  return namesIn(below(root, "containers"), ledger).flatMap((id) => {
    if (!digestForm.test(id)) return [];
    const folder = below(root, "containers", id);
    const config = membersIn(readDocument(below(folder, "config.v2.json"), ledger)) ?? {};
    const host = membersIn(readDocument(below(folder, "hostconfig.json"), ledger)) ?? {};
    const seen = containerOf(id, config, host);
    const mounts = below(root, "image", "overlay2", "layerdb", "mounts", id);
    const parent = wordIn(store, below(mounts, "parent"))?.replace(/^sha256:/, "") ?? "";
    const own = ["init-id", "mount-id"].flatMap((name) => wordIn(store, below(mounts, name)) ?? []);
    const layers = [
      ...layersOf(store, parent, named),
      ...own.map((name) => below(root, "overlay2", name, "diff")),
    ];
    const names = seen.name === "" ? [] : [seen.name];
    return [{ seen, holder: { name: holderName("container", names, id), layers } }];
  });
}

function containerOf(id: string, config: Members, host: Members): SeenContainer {
  const state = membersIn(config.State) ?? {};
  const pid = countIn(state.Pid) ?? 0;
  const restart = textIn(membersIn(host.RestartPolicy)?.Name, 64);
  const said = state.Running === true ? "running" : state.Dead === true ? "dead" : "exited";
  return {
    id,
    name: textIn(config.Name, 512).replace(/^\//, ""),
    image: textIn(membersIn(config.Config)?.Image, 512),
    state: said,
    ...(restart === "" || restart === "no" ? {} : { restart }),
    ...(pid > 0 && pid <= 4_194_304 ? { pid } : {}),
    mounts: Object.values(membersIn(config.MountPoints) ?? {})
      .slice(0, 1024)
      .flatMap((row) => {
        const mount = membersIn(row) ?? {};
        const source = placeIn(mount.Source);
        const target = placeIn(mount.Destination);
        if (source === undefined || target === undefined) return [];
        return [
          { source: placeText(source), target: placeText(target), writable: mount.RW !== false },
        ];
      }),
  };
}
