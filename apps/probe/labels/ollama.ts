/** Ollama: `manifests/HOST/NAMESPACE/MODEL/TAG` name `blobs/sha256-HEX` (its own modelpath.go). */
import { isDigest, type Label } from "@writ/core";
import { type Place, placeText, within } from "../files/place.ts";
import { filesBelow, smallFile } from "./small-file.ts";
import { orphan, type StoreParts } from "./store-parts.ts";

/** Host, namespace, model, tag. */
const manifestDepth = 4;
const layersMax = 256;
/** Layers that hold numbers; a template or a licence is no model. */
const weights = /^application\/vnd\.ollama\.image\.(?:model|projector|adapter|tensor)/;

/** What its manifests say, and blobs of masses that none names. */
export function ollamaLabels({ store, present, ledger }: StoreParts): readonly Label[] {
  const labels: Label[] = [];
  const named = new Set<Place>();
  const manifests = within(store, "manifests");
  for (const said of filesBelow(manifests, manifestDepth)) {
    const text = smallFile(said, ledger);
    if (text === undefined) continue;
    const layers = layersIn(text);
    if (layers === undefined) {
      ledger.gap(said, "not-supported");
      continue;
    }
    const name = nameOf(said.slice(manifests.length + 1));
    for (const { digest, size, isWeights } of layers) {
      const path = within(store, `blobs/${digest.replace(":", "-")}`);
      named.add(path);
      if (!isWeights) continue;
      const claim = { name, said: placeText(said), path: placeText(path), digest, size };
      labels.push({ store: "ollama", ...claim, there: present.has(path) });
    }
  }
  const blobs = `${store}/blobs/`;
  for (const path of present) {
    if (path.startsWith(blobs) && !named.has(path)) labels.push(orphan("ollama", store, path));
  }
  return labels;
}

/** As its users write it: the usual host and namespace left out. */
function nameOf(below: string): string {
  const [host = "", namespace = "", model = "", ...tag] = below.split("/");
  const first = host === "registry.ollama.ai" ? "" : `${host}/`;
  const second = first === "" && namespace === "library" ? "" : `${namespace}/`;
  return placeText(`${first}${second}${model}:${tag.join("/")}`).slice(0, 1024);
}

type Layer = {
  readonly digest: `sha256:${string}`;
  readonly size: number;
  readonly isWeights: boolean;
};

function layersIn(text: string): readonly Layer[] | undefined {
  try {
    const { layers, config } = JSON.parse(text) as { layers?: unknown; config?: unknown };
    if (!Array.isArray(layers)) return undefined;
    return [...layers.slice(0, layersMax), config].flatMap((layer) => {
      const { mediaType, digest, size } = (layer ?? {}) as { readonly [name: string]: unknown };
      if (!isDigest(digest) || !Number.isSafeInteger(size) || Number(size) < 0) return [];
      const isWeights = typeof mediaType === "string" && weights.test(mediaType);
      return [{ digest, size: Number(size), isWeights }];
    });
  } catch {
    return undefined;
  }
}
