/** Masses by inode, with every name that leads to each. */

import type { BigIntStats } from "node:fs";
import { namesMax, type SeenLink, type Mass as SeenMass, sightsMax } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { cacheKey } from "./digest-cache.ts";
import type { Inspector, Mass, Way } from "./inspector.ts";
import { placeText } from "./place.ts";

type Row = { readonly mass: Mass; readonly names: Set<string> };

export type MassTable = {
  /** Inspects what lies at a place, unless its inode is known already, and files its name. */
  consider(place: string, stat: BigIntStats, how?: Way): Promise<boolean>;
  /** Files one more name of an inode; false if that inode is no mass. */
  addName(place: string, stat: BigIntStats): boolean;
  /** True for almost every file of a host, in almost every look. */
  isNothing(stat: BigIntStats): boolean;
  /** True if this inode is a mass of the table. */
  knows(stat: BigIntStats): boolean;
  link(place: string, target: string): void;
  readonly masses: () => SeenMass[];
  readonly links: () => SeenLink[];
};

/** A table for one look. */
export function openMassTable(inspector: Inspector, ledger: Ledger): MassTable {
  const rows = new Map<string, Row>();
  const links = new Map<string, string>();
  const addName = (place: string, stat: BigIntStats): boolean => {
    const row = rows.get(inodeKey(stat));
    if (row === undefined) return false;
    if (row.names.size < namesMax) row.names.add(place);
    else if (!row.names.has(place)) ledger.gap(place, "limit");
    return true;
  };
  return {
    addName,
    isNothing: (stat) => inspector.isNothing(stat),
    knows: (stat) => rows.has(inodeKey(stat)),
    async consider(place, stat, how = "named") {
      const row = rows.get(inodeKey(stat));
      if (row !== undefined && cacheKey(row.mass.stat) === cacheKey(stat)) {
        return addName(place, stat);
      }
      const result = await inspector.inspect(place, stat, how);
      // What vanished has changed its folder, which is read again for that (see files.ts).
      if (result.is === "gap" && result.why !== "vanished-while-read") {
        ledger.gap(place, result.why);
      }
      if (result.is !== "mass") return false;
      ledger.bytes += result.read;
      if (rows.size >= sightsMax) {
        ledger.gap(place, "limit");
        return false;
      }
      const key = inodeKey(result.mass.stat);
      rows.set(key, { mass: result.mass, names: rows.get(key)?.names ?? new Set() });
      return addName(place, result.mass.stat);
    },
    link: (place, target) => void links.set(place, target),
    masses: () => [...rows.values()].map(seenMass).sort((a, b) => order(a.names[0]!, b.names[0]!)),
    links: () =>
      [...links]
        .map(([place, target]) => ({ path: placeText(place), target: placeText(target) }))
        .sort((a, b) => order(a.path, b.path)),
  };
}

/** Names one inode of this host. */
export function inodeKey(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

/** RFC 3339 UTC with milliseconds, of nanoseconds since the epoch. */
export function instantOf(nanoseconds: bigint): string {
  // Beyond year 9999 and before year 0 the form has another length; a forged mtime can say either.
  const milliseconds = Number(nanoseconds / 1_000_000n);
  const bounded = Math.min(Math.max(milliseconds, -62_135_596_800_000), 253_402_300_799_999);
  return new Date(bounded).toISOString();
}

function seenMass({ mass, names }: Row): SeenMass {
  const { stat } = mass;
  return {
    names: [...names].map(placeText).sort(order),
    inode: { device: String(stat.dev), inode: String(stat.ino) },
    size: Number(stat.size),
    digest: mass.digest,
    container: mass.container,
    kind: mass.kind,
    entropy: mass.entropy,
    modified: instantOf(stat.mtimeNs),
    changed: instantOf(stat.ctimeNs),
    owner: Number(stat.uid),
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
