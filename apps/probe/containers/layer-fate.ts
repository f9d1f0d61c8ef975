/**
 * What became of files in the layers of one image or container: still seen, or hidden by a layer
 * above, where their bytes stay (OCI image-spec, layer.md; kernel overlayfs.rst). A folder that a
 * kernel marks opaque is not told: its mark is an attribute that Node cannot read.
 */
import { lstatSync, type Stats } from "node:fs";
import { type LayerFile, layerFiles } from "@writ/weights";
import { type Place, placeBuffer } from "../files/place.ts";
import type { Layer } from "./layer-blob.ts";

/** What one layer says of some paths: its own files among them, and its whiteouts. */
export type LayerView = (paths: ReadonlySet<string>) => readonly string[];

/** Judges the files that each layer has, the lowest layer first. */
export function fatesOf(
  layers: readonly LayerView[],
  files: readonly (readonly string[])[],
): ReadonlyMap<string, LayerFile["hidden"]> {
  const all = new Set(files.flat());
  const judged = layerFiles(layers.map((view) => view(all)));
  return new Map(judged.map(({ layer, path, hidden }) => [fateKey(layer, path), hidden]));
}

/** Names one file of one layer in the answer of {@link fatesOf}. */
export function fateKey(layer: number, path: string): string {
  return `${layer}\0${path}`;
}

/** A layer that was gone through. */
export function viewOfBlob(layer: Layer): LayerView {
  return (paths) => [...layer.whiteouts, ...[...paths].filter((path) => layer.has(path))];
}

/** A layer that is a folder, with the kernel's whiteouts (0/0 devices) or those of the format. */
export function viewOfFolder(folder: Place): LayerView {
  const seen = new Map<string, Stats | undefined>();
  const stat = (path: string): Stats | undefined => {
    if (!seen.has(path)) seen.set(path, statIn(folder, path));
    return seen.get(path);
  };
  return (paths) => [...new Set([...paths].flatMap((path) => said(stat, path)))];
}

function statIn(folder: Place, path: string): Stats | undefined {
  try {
    return lstatSync(placeBuffer(`${folder}/${path}`), { throwIfNoEntry: false });
  } catch {
    // A file where a folder would be: nothing of that path is in this layer.
    return undefined;
  }
}

function said(stat: (path: string) => Stats | undefined, path: string): readonly string[] {
  const names: string[] = [];
  const parts = path.split("/");
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const folder = parts.slice(0, depth - 1);
    const whiteout = [...folder, `.wh.${parts[depth - 1]}`].join("/");
    const opaque = [...folder, ".wh..wh..opq"].join("/");
    if (stat(opaque) !== undefined) names.push(opaque);
    const here = stat(parts.slice(0, depth).join("/"));
    const isWhiteout = here?.isCharacterDevice() === true && here.rdev === 0;
    if (isWhiteout || (here === undefined && stat(whiteout) !== undefined)) {
      return [...names, whiteout];
    }
    if (here === undefined) return names;
    if (depth === parts.length) return [...names, path];
    // Something else stands where the folder was: all below it is gone.
    if (!here.isDirectory()) return [...names, whiteout];
  }
  return names;
}
