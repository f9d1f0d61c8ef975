/** What one look at a container engine, or at a store of images on disk, gives the census. */
import { lstatSync } from "node:fs";
import type { SeenEngine } from "@writ/core";
import { type Place, placeBuffer } from "../files/place.ts";

/** An image or a container whose layers are folders of this host. */
export type Holder = {
  /** `image localhost/chatbot:3.8`, `container keeper`. */
  readonly name: string;
  /** The lowest first. */
  readonly layers: readonly Place[];
};

/** An image whose layers are files of this host, as they were sent or pushed. */
export type PackedImage = {
  readonly name: string;
  /** The lowest first. */
  readonly blobs: readonly Place[];
};

export type EngineSight = {
  readonly engine: SeenEngine;
  readonly holders: readonly Holder[];
  readonly packed: readonly PackedImage[];
  readonly volumes: readonly { readonly name: string; readonly place: Place }[];
};

/** Layers of one image: engines themselves take no more than 127 (overlay), registries no limit. */
export const layersMax = 1000;

/** The place of a path that a document of an engine names, if it can be one. */
export function placeIn(value: unknown): Place | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  if (value.length > 4096 || value.includes("\0")) return undefined;
  return Buffer.from(value).toString("latin1") as Place;
}

/** Short enough to read, long enough to tell apart: what engines print. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/** What a holder is called: its first name, or its id. */
export function holderName(kind: "image" | "container", names: readonly string[], id: string) {
  // Docker calls an image so that has no name.
  return `${kind} ${names.find((name) => name !== "<none>:<none>") ?? shortId(id)}`;
}

/** True if the place is a folder, and no link to one. */
export function isFolder(place: Place): boolean {
  try {
    return lstatSync(placeBuffer(place), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A file where a folder would be, or a folder that is closed: what is in it is not to be had.
    return false;
  }
}
