/** A census held against what was expected: every model told once, and what nobody accounts for. */
import type { Stored } from "@writ/core";
import { type Digest, inertAscii } from "@writ/core/encoding";
import type { Census } from "@writ/core/sight";
import { countedMasses, type Known, type Mass } from "../census-table.ts";
import type { Expectation, ExpectedFile } from "./expectation.ts";

export type Tally = {
  /** Undefined if nobody says what ought to be. */
  readonly expected: number | undefined;
  readonly known: Known;
  readonly masses: readonly Mass[];
  /** What is no file of its own: in layers as they travel, in registries, in buckets. */
  readonly stored: readonly Stored[];
  readonly bytes: number;
  /** Of those: copies by value of what is known, in other bytes. */
  readonly copies: number;
  /** Of those: neither known nor a copy of what is. */
  readonly unexplained: number;
  readonly missing: readonly ExpectedFile[];
};

/** Counts. */
export function tallyOf(census: Census, expectation: Expectation, roots: readonly string[]): Tally {
  const { originals, files } = expectation;
  const known = originals.length === 0 ? expectation.known : originalsIn(census, originals);
  const isCounted = ({ names }: Mass) =>
    names.some(
      (name) =>
        roots.some((root) => isInside(name, root)) ||
        !originals.some((root) => isInside(name, root)),
    );
  const masses = countedMasses(census, known).filter(isCounted);
  const stored = (census.stored ?? []).filter(
    ({ mass, kind, digest, copies }) =>
      mass === undefined &&
      (kind !== "plain" || copies !== undefined || (digest !== undefined && known.has(digest))),
  );
  const seen = [
    ...masses.map(({ digest, known: copies = [] }) => ({ digest, copies })),
    ...stored.map(({ digest, copies = [] }) => ({ digest, copies })),
  ];
  const strange = seen.filter(({ digest }) => digest === undefined || !known.has(digest));
  const copies = strange.filter(({ copies: found }) => found.some(({ of }) => known.has(of)));
  return {
    ...{ known, masses, stored },
    expected: files?.length,
    bytes: [...masses, ...stored].reduce((sum, { size }) => sum + size, 0),
    copies: copies.length,
    unexplained: strange.length - copies.length,
    missing: (files ?? []).filter((file) => !isThere(census, file)),
  };
}

/** The models among what to compare with, each known by the name that it has there. */
function originalsIn({ masses }: Census, originals: readonly string[]): Known {
  const known = new Map<Digest, string>();
  for (const { digest, kind, names } of masses) {
    const name = names.find((one) => originals.some((root) => isInside(one, root)));
    if (kind === "plain" || name === undefined || known.has(digest)) continue;
    known.set(digest, inertAscii(name.slice(name.lastIndexOf("/") + 1)));
  }
  return known;
}

function isThere(census: Census, { digest, path }: ExpectedFile): boolean {
  const isHere = (name: string) => path === undefined || name === path;
  const stored = path === undefined ? (census.stored ?? []) : [];
  return (
    census.masses.some((mass) => mass.digest === digest && mass.names.some(isHere)) ||
    stored.some((one) => one.digest === digest)
  );
}

/** True if `path` is `root` or lies in it. */
function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? "/" : `${root}/`);
}
