/**
 * What an object in a store is, by bytes of it that were read: archives are gone through, models
 * are recognised by their edges, and read whole if they are small. What the store merely says of it
 * is told as said. An object is known by a state that changes with its bytes, and is read once.
 */
import { createHash } from "node:crypto";
import type { Digest } from "@writ/core";
import { archiveKind, atTheDoor, BeyondEnd, type Reader } from "@writ/weights";
import { type Layer, layerIn } from "../containers/layer-blob.ts";
import { type GapReason, gapOf, type Ledger } from "../coverage.ts";
import { opaqueBytesMin, sniffBytesMin } from "../files/inspector.ts";
import {
  type ContainerKind,
  containerOf,
  edgeBytes,
  kindOfContainer,
} from "../identity/weights.ts";
import { type ByteBudget, NotRead, type ReadRange, rangedReader } from "./ranged-reader.ts";

/** Up to this, an object is read whole and known by its digest: seconds on a local network. */
export const wholeBytesMax = 256 * 1024 * 1024;
/** Larger archives are not fetched: what is in them is not looked at, which is told. */
const archiveBytesMax = 1024 * 1024 * 1024;
const stepBytes = 1024 * 1024;

/** An object as its store lists it. */
export type KeptObject = {
  readonly size: number;
  /** The digest that the store says it has. */
  readonly stated?: Digest | undefined;
  /** Names these bytes in the store: another text whenever they may be others. */
  readonly state: string;
  /** What the ledger calls it. */
  readonly where: string;
  readonly readRange: ReadRange;
};

export type LookedInto = {
  readonly container: string;
  readonly kind: ContainerKind;
  readonly digest?: Digest;
  readonly known: "read" | "told";
  /** What is in it, if it is an archive that was gone through. */
  readonly layer?: Layer;
  readonly gap?: GapReason;
};

/** Objects looked into, by their state; kept from one look to the next. */
export type ObjectMemory = Map<string, LookedInto>;
/** Older ones are looked into again. */
const memoryMax = 200_000;

export type ObjectParts = {
  /** Sizes that the register names. */
  readonly sizes: ReadonlySet<number>;
  readonly memory: ObjectMemory;
  readonly budget: ByteBudget;
  readonly ledger: Ledger;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Share of known objects that are read again: a store may lie about what has not changed. */
  readonly rereadChance: number;
  readonly onProgress: (place: string) => void;
};

/** Looks into one object; `undefined` if it is too small to be a model, or could not be read. */
export async function lookInto(
  object: KeptObject,
  parts: ObjectParts,
): Promise<LookedInto | undefined> {
  const { memory, ledger } = parts;
  ledger.entries += 1;
  if (object.size < sniffBytesMin && !parts.sizes.has(object.size)) return undefined;
  const known = memory.get(object.state);
  if (known !== undefined && parts.random() >= parts.rereadChance) {
    if (known.gap !== undefined) gapAt(ledger, object.where, known.gap);
    return known;
  }
  parts.onProgress(object.where);
  const before = parts.budget.left;
  try {
    // What decompresses takes every failure for a broken archive: it is told of by this.
    let failure: unknown;
    const noting: ReadRange = async (offset, length) => {
      try {
        return await object.readRange(offset, length);
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    if (parts.budget.left <= Math.min(object.size, wholeBytesMax)) throw new NotRead("limit");
    const reader = rangedReader(object.size, noting, parts.budget);
    const looked = await lookThrough(reader, object, parts);
    if (failure !== undefined) throw failure;
    if (memory.size >= memoryMax) memory.delete(memory.keys().next().value!);
    memory.set(object.state, looked);
    if (looked.gap !== undefined) gapAt(ledger, object.where, looked.gap);
    return looked;
  } catch (error) {
    gapAt(ledger, object.where, whyOf(error));
    return undefined;
  } finally {
    ledger.bytes += before - parts.budget.left;
  }
}

function whyOf(error: unknown): GapReason {
  if (error instanceof NotRead) return error.why;
  return error instanceof BeyondEnd ? "unreadable" : gapOf(error);
}

async function lookThrough(
  reader: Reader,
  { size, stated }: KeptObject,
  { sizes, budget }: ObjectParts,
): Promise<LookedInto> {
  const edge = Math.min(edgeBytes, size);
  const head = (await reader.read(0, edge)).slice();
  const tail = size <= edgeBytes ? head : await reader.read(size - edge, edge);
  const container = containerOf({ head, tail, size });
  const kind = kindOfContainer(container);
  const said = { container, kind, known: "told" as const, ...(stated && { digest: stated }) };
  if (archiveKind(head) !== undefined && kind !== "model") {
    if (size > archiveBytesMax) return { ...said, gap: "too-large" };
    if (size > budget.left) throw new NotRead("limit");
    const layer = await atTheDoor(() => layerIn(reader, sizes));
    if ("refused" in layer) return { ...said, gap: "unreadable" };
    return { ...said, layer, ...(layer.gap && { gap: layer.gap }) };
  }
  const isWorthReading = kind === "model" || sizes.has(size) || size >= opaqueBytesMin;
  if (!isWorthReading || size > wholeBytesMax) return said;
  const hash = createHash("sha256");
  for (let at = 0; at < size; at += stepBytes) {
    hash.update(await reader.read(at, Math.min(stepBytes, size - at)));
  }
  return { ...said, digest: `sha256:${hash.digest("hex")}`, known: "read" };
}

/** True if an object is told itself: models, what the register may mean, and the large unknown. */
export function isTold({ kind }: LookedInto, size: number, sizes: ReadonlySet<number>): boolean {
  if (kind === "model" || (sizes.has(size) && size > 0)) return true;
  return kind === "opaque" && size >= opaqueBytesMin;
}

/** Notes a gap at a place that is text, such as a URL. */
export function gapAt(ledger: Ledger, where: string, why: GapReason): void {
  ledger.gap(Buffer.from(where.slice(0, 4096)).toString("latin1"), why);
}
