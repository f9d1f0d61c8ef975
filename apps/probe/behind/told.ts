/** What one look at the stores gives the census, row by row, and what is yet to be compared. */
import type { Digest, Stored, Vantage } from "@writ/core";
import { opaqueBytesMin } from "../files/inspector.ts";
import type { Comparable } from "./comparable.ts";
import { isTold, type KeptObject, type LookedInto } from "./kept-object.ts";

/** Where an object is in a store. */
export type Spot = Pick<Stored, "store" | "holder" | "path" | "fate">;

export type Told = { readonly stored: Stored[]; readonly comparable: Map<Digest, Comparable> };

export function emptyTold(): Told {
  return { stored: [], comparable: new Map() };
}

export type Telling = {
  readonly told: Told;
  readonly vantage: Vantage;
  /** Sizes that the register names. */
  readonly sizes: ReadonlySet<number>;
};

export type ToldObject = {
  readonly spot: Spot;
  readonly object: KeptObject;
  readonly looked: LookedInto;
  /** Stands for its bytes when it is compared. */
  readonly key: Digest;
  /** An archive that is an object of its own, and no layer of an image: `backup.tar > m.gguf`. */
  readonly isNamedArchive?: boolean;
  /** What became of a member, if layers above say so. */
  readonly fateOf?: (path: string) => Stored["fate"];
};

/** Adds what is to be told of one object in one spot. */
export function tell({ told, vantage, sizes }: Telling, one: ToldObject): void {
  const { object, looked, key } = one;
  const { layer, kind } = looked;
  const rows = layer === undefined ? rowsOf(one, sizes) : memberRows(one, layer.files);
  told.stored.push(...rows);
  const isLarge = kind === "opaque" && object.size >= opaqueBytesMin;
  if (layer === undefined && kind !== "model" && !isLarge) return;
  const known = told.comparable.get(key);
  if (known !== undefined) known.rows.push(...rows);
  else {
    const { size, where, readRange } = object;
    const is = { isArchive: layer !== undefined, isModel: kind === "model" };
    told.comparable.set(key, { key, size, where, vantage, readRange, ...is, rows });
  }
}

function rowsOf({ spot, object, looked }: ToldObject, sizes: ReadonlySet<number>): Stored[] {
  const { size } = object;
  if (!isTold(looked, size, sizes)) return [];
  const { container, kind, digest, known } = looked;
  return [rowOf(spot, { size, container, kind, known, ...(digest && { digest }) })];
}

type Members = NonNullable<LookedInto["layer"]>["files"];

function memberRows({ spot, fateOf, isNamedArchive }: ToldObject, files: Members): Stored[] {
  return files.map(({ path: inside, ...member }) => {
    const fate = spot.fate === "visible" ? (fateOf?.(inside) ?? "visible") : spot.fate;
    const path = isNamedArchive ? `${spot.path} > ${inside}` : inside;
    return rowOf({ ...spot, path, fate }, { ...member, known: "read" });
  });
}

function rowOf(spot: Spot, about: Omit<Stored, keyof Spot>): Stored {
  return {
    store: spot.store.slice(0, 2048),
    holder: spot.holder.slice(0, 1024).toWellFormed() || "?",
    path: spot.path.slice(0, 4096).toWellFormed() || "?",
    fate: spot.fate,
    ...about,
    ...(about.container === undefined ? {} : { container: about.container.slice(0, 32) }),
  };
}
