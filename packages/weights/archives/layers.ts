/**
 * Which files of an image's layers are still to be seen in a container, and which a later layer
 * deleted or replaced (OCI image-spec, layer.md: whiteouts). A deleted model is still in its layer.
 */

/** A file of a layer, and whether a later layer hides it. */
export type LayerFile = {
  readonly layer: number;
  readonly path: string;
  readonly hidden: "no" | "deleted" | "replaced";
};

const whiteout = ".wh.";
const opaque = ".wh..wh..opq";

/** Judges the files of layers, the lowest first; whiteouts themselves are left out. */
export function layerFiles(layers: readonly (readonly string[])[]): readonly LayerFile[] {
  const files: LayerFile[] = [];
  const deleted = new Set<string>();
  const cleared = new Set<string>();
  const present = new Set<string>();
  // From the top down: what is met first hides what is met later.
  for (let layer = layers.length - 1; layer >= 0; layer -= 1) {
    const paths = layers[layer]!.map(plain);
    for (const path of paths) {
      if (nameOf(path).startsWith(whiteout)) continue;
      const gone = isUnder(path, deleted, true) || isUnder(path, cleared, false);
      const hidden = gone ? "deleted" : present.has(path) ? "replaced" : "no";
      files.push({ layer, path, hidden });
    }
    // A layer's whiteouts act on the layers below it only.
    for (const path of paths) {
      const name = nameOf(path);
      const folder = path.slice(0, path.length - name.length);
      if (name === opaque) cleared.add(folder.replace(/\/$/, ""));
      else if (name.startsWith(whiteout)) deleted.add(folder + name.slice(whiteout.length));
      else present.add(path);
    }
  }
  return files;
}

function plain(path: string): string {
  return path.replace(/^(?:\.?\/)+/, "");
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True if a folder above the path, or with `itself` the path, is in the set. */
function isUnder(path: string, set: ReadonlySet<string>, itself: boolean): boolean {
  if (itself && set.has(path)) return true;
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    if (set.has(path.slice(0, at))) return true;
  }
  return set.has("") && path !== "";
}
