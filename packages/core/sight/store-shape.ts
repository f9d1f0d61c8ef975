/**
 * What container engines, image stores, registries and buckets hold, as a census tells it. An
 * engine's or a registry's word (names, states, digests it was not read for) is its own claim; what
 * was read is marked so.
 */
import {
  boolean,
  digest,
  integer,
  list,
  object,
  oneOf,
  optional,
  type Shaped,
  text,
} from "../encoding/shape.ts";
import { identitiesShape } from "./identity.ts";

/** As for a mass: PATH_MAX, with escaped bytes of four characters. */
const path = text(4 * 4096);
const count = integer(0, Number.MAX_SAFE_INTEGER);

/** Containers, images or volumes of one engine, and engines of one host. */
export const engineRowsMax = 100_000;
export const enginesMax = 256;
/** Model files told of all stores of a host together. */
export const storedMax = 1_000_000;

const container = object({
  id: text(128),
  name: text(512, 0),
  /** The image that it was made from, as its engine names it. */
  image: text(512, 0),
  /** `running`, `exited`, … as its engine says; `unknown` where only its disk was read. */
  state: text(64),
  /** What brings it back: `always`, `unless-stopped`, … */
  restart: optional(text(64)),
  pid: optional(integer(1, 4_194_304)),
  mounts: list(object({ source: path, target: path, writable: boolean }), 1024),
});

const image = object({
  id: text(128),
  names: list(text(512), 1000),
  layers: integer(0, 10_000),
});

/** A container engine, or a store of images on disk. */
const engine = object({
  /** Its socket, or its folder. */
  at: path,
  product: text(256),
  containers: list(container, engineRowsMax),
  images: list(image, engineRowsMax),
  volumes: list(object({ name: text(512), path }), engineRowsMax),
});

export const enginesShape = list(engine, enginesMax);

/** One model file in a store: in a layer, a container, a volume, a registry, a bucket. */
const stored = object({
  /** Socket, folder or URL of the store; `ssh://…` for another host. */
  store: path,
  /** What it is part of there: `image localhost/chat:3.8`, `container keeper`, `volume data`. */
  holder: text(1024),
  /** Where in the holder. */
  path,
  /**
   * `deleted`, `replaced`: a later layer hides it, its tag or its listing is gone, or a newer
   * version stands for it, and its bytes are there all the same. `unfinished`: an upload that was
   * not completed.
   */
  fate: oneOf("visible", "deleted", "replaced", "unfinished"),
  /** The name of the mass of this census that it is, if it lies on this host as a file. */
  mass: optional(path),
  /** The name of the mass that it is packed in: a layer as it travels. */
  packed: optional(path),
  size: count,
  digest: optional(digest),
  container: optional(text(32)),
  kind: optional(oneOf("model", "carrier", "plain", "opaque")),
  /** Registered artefacts that it is a copy of, by comparison; absent if its digest says it. */
  copies: optional(identitiesShape),
  /** Whether the probe read the bytes, or tells what the store says of them. */
  known: oneOf("read", "told"),
});

export const storedShape = list(stored, storedMax);

export type SeenEngine = Shaped<typeof enginesShape>[number];
export type SeenContainer = SeenEngine["containers"][number];
export type Stored = Shaped<typeof storedShape>[number];
