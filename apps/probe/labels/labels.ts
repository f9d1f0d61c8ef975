/**
 * What the tools of the field call the models that they keep: read from the stores that masses were
 * met in, and told as what it is, the word of whoever wrote the label.
 */
import { type Label, labelsMax, type Mass } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { type Place, placeOf } from "../files/place.ts";
import { byFolder } from "./by-folder.ts";
import { huggingFaceLabels } from "./hugging-face.ts";
import { ollamaLabels } from "./ollama.ts";

/** Stores looked into in one look: beyond this somebody makes folders to hide one among them. */
const storesMax = 4096;

export type LabelParts = {
  readonly masses: readonly Mass[];
  readonly ledger: Ledger;
};

/** Every label of every store that a mass lies in. A label that is not readable is a gap. */
export function labelsOf({ masses, ledger }: LabelParts): readonly Label[] {
  const names = masses.flatMap((mass) => mass.names.flatMap((name) => placeOf(name) ?? []));
  const present = new Set(names);
  const stores = new Map<Place, (store: Place) => readonly Label[]>();
  const labels: Label[] = [];
  for (const name of names) {
    const ollama = /^(.+)\/blobs\/sha256[-:][0-9a-f]{64}$/.exec(name)?.[1] as Place | undefined;
    const hub = /^(.+\/models--[^/]+)\/(?:blobs|snapshots)\//.exec(name)?.[1] as Place | undefined;
    if (hub !== undefined)
      stores.set(hub, (store) => huggingFaceLabels({ store, present, ledger }));
    else if (ollama !== undefined) {
      stores.set(ollama, (store) => ollamaLabels({ store, present, ledger }));
    } else labels.push(...byFolder(name, ledger));
  }
  let looked = 0;
  for (const [store, read] of stores) {
    looked += 1;
    if (looked > storesMax) {
      // Labels hide no model: its bytes were met, and are told.
      ledger.gap(store, "excluded");
      break;
    }
    labels.push(...read(store));
  }
  return labels.slice(0, labelsMax);
}
