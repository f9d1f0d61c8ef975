/**
 * Images whose layers are kept as they travel: OCI image layouts (image-layout.md) and containerd's
 * content store. A manifest names its layers by digest; each is a file named by it.
 */
import type { SeenEngine } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { jsonIn, type Members, membersIn, rowsIn, textIn } from "../endpoints/outside-json.ts";
import { type Place, placeText, within } from "../files/place.ts";
import { type EngineSight, isFolder, layersMax, type PackedImage, shortId } from "./engine.ts";
import { below, namesIn, readDocument, readSmall } from "./store-file.ts";

/** The specification's own limit for manifests is 4 MiB. */
const manifestBytesMax = 4 * 1024 * 1024;
/** Manifests followed from one index, indexes in it included. */
const manifestsMax = 10_000;
/** Blobs of containerd looked at for manifests: small JSON among large layers. */
const blobsMax = 100_000;

type Found = { readonly name: string; readonly id: string; readonly manifest: Members };

/** The OCI layout in a folder, or `undefined` if there is none. */
export function lookAtLayout(root: Place, ledger: Ledger): EngineSight | undefined {
  const mark = membersIn(readDocument(below(root, "oci-layout"), ledger));
  if (typeof mark?.imageLayoutVersion !== "string") return undefined;
  const blobs = below(root, "blobs");
  const found: Found[] = [];
  const met = new Set<string>();
  const ahead = rowsIn(membersIn(readDocument(below(root, "index.json"), ledger))?.manifests, 1000);
  const queue = ahead.map((row) => ({ row, name: nameOf(row) }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const place = blobAt(blobs, next.row.digest);
    if (place === undefined || met.has(place)) continue;
    if (met.size >= manifestsMax) {
      ledger.gap(root, "limit");
      break;
    }
    met.add(place);
    const text = readSmall(place, ledger, manifestBytesMax);
    const manifest = text === undefined ? undefined : membersIn(jsonIn(text));
    if (manifest === undefined) {
      ledger.gap(place, "unreadable");
      continue;
    }
    const id = textIn(next.row.digest, 128);
    if (Array.isArray(manifest.layers)) found.push({ name: next.name, id, manifest });
    for (const row of rowsIn(manifest.manifests, manifestsMax)) {
      queue.push({ row, name: nameOf(row) || next.name });
    }
  }
  ledger.entries += found.length;
  return sightOf(root, "OCI layout", found, blobs);
}

/** Containerd's folder, or `undefined` if it is none: images without asking it for their names. */
export function lookAtContainerd(root: Place, ledger: Ledger): EngineSight | undefined {
  const blobs = below(root, "io.containerd.content.v1.content", "blobs");
  if (!isFolder(blobs)) return undefined;
  const folder = within(blobs, "sha256");
  const names = namesIn(folder, ledger);
  if (names.length > blobsMax) ledger.gap(folder, "limit");
  const found: Found[] = names.slice(0, blobsMax).flatMap((id) => {
    const text = readSmall(within(folder, id), ledger, manifestBytesMax);
    const manifest = text === undefined ? undefined : membersIn(jsonIn(text));
    return manifest !== undefined && Array.isArray(manifest.layers)
      ? [{ name: "", id: `sha256:${id}`, manifest }]
      : [];
  });
  const snapshots = below(root, "io.containerd.snapshotter.v1.overlayfs", "snapshots");
  const holders = namesIn(snapshots, ledger)
    .map((name) => ({
      name: `snapshot ${placeText(name)}`,
      layers: [below(snapshots, name, "fs")],
    }))
    .filter(({ layers }) => isFolder(layers[0]!));
  ledger.entries += found.length + holders.length;
  return { ...sightOf(root, "containerd", found, blobs), holders };
}

function sightOf(root: Place, product: string, found: readonly Found[], blobs: Place): EngineSight {
  const packed: PackedImage[] = [];
  const images: SeenEngine["images"][number][] = [];
  for (const { name, id, manifest } of found) {
    const layers = rowsIn(manifest.layers, layersMax);
    const places = layers.flatMap(({ digest }) => blobAt(blobs, digest) ?? []);
    packed.push({ name: `image ${name || shortId(id)}`, blobs: places });
    images.push({ id, names: name === "" ? [] : [name], layers: layers.length });
  }
  const engine = { at: placeText(root), product, containers: [], images, volumes: [] };
  return { engine, holders: [], packed, volumes: [] };
}

/** Where a blob lies: a digest becomes a path only in its own strict form. */
function blobAt(blobs: Place, digest: unknown): Place | undefined {
  const match = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(
    typeof digest === "string" ? digest : "",
  );
  return match === null ? undefined : below(blobs, match[1]!, match[2]!);
}

/** What a row of an index is called (image-spec, annotations.md; containerd has its own). */
function nameOf({ annotations }: Members): string {
  const notes = membersIn(annotations) ?? {};
  return textIn(
    notes["io.containerd.image.name"] ?? notes["org.opencontainers.image.ref.name"],
    512,
  );
}
