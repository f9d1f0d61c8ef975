/** Objects in stores that may be copies by value: what is asked of them, and where it is told. */
import {
  type Census,
  type Digest,
  type Gap,
  type Identity,
  namesMax,
  type Stored,
  type Vantage,
} from "@writ/core";
import { pathIn } from "../containers/layer-blob.ts";
import { distantBytesMax } from "../identity/ladder.ts";
import type { Candidate } from "../identity/recogniser.ts";
import type { ReadRange } from "./ranged-reader.ts";

/** One content, with the rows of the census that tell of it or of what is in it. */
export type Comparable = {
  /** Stands for its bytes: their digest, or that of what the store says of them. */
  readonly key: Digest;
  readonly size: number;
  readonly where: string;
  readonly vantage: Vantage;
  readonly readRange: ReadRange;
  /** Archives: copies are members of them. */
  readonly isArchive: boolean;
  readonly isModel: boolean;
  readonly rows: Stored[];
};

/** What is to be compared: not what the register knows by its digest. */
export function distantCandidates(
  comparable: readonly Comparable[],
  registered: ReadonlySet<Digest>,
): readonly Candidate[] {
  return comparable
    .filter((one) => !registered.has(one.key) && !isPassedOver(one))
    .map(({ key, size, readRange }) => ({
      ...{ digest: key, size, isRegistered: false },
      open: () => ({ readRange }),
    }));
}

/** Parts of models in the large unknown are not sought over a network. */
function isPassedOver({ isArchive, isModel, size }: Comparable): boolean {
  return !isArchive && !isModel && size > distantBytesMax;
}

/** Gives a row of the census with what it is a copy of; `undefined` if it is no such row. */
export function distantCopies(
  comparable: readonly Comparable[],
  known: ReadonlyMap<Digest, readonly Identity[]>,
): (row: Stored) => Stored | undefined {
  const byRow = new Map(comparable.flatMap((one) => one.rows.map((row) => [row, one] as const)));
  return (row) => {
    const about = byRow.get(row);
    if (about === undefined) return undefined;
    const copies = (known.get(about.key) ?? []).filter(
      ({ within }) => !about.isArchive || (within !== undefined && isMember(row, within)),
    );
    return copies.length === 0 ? row : { ...row, copies };
  };
}

function isMember(row: Stored, within: NonNullable<Identity["within"]>): boolean {
  const path = pathIn(within);
  return within.size === row.size && (row.path === path || row.path.endsWith(` > ${path}`));
}

/** What was not compared to its end, or not sought through, is told by the vantage that met it. */
export function withDistantGaps(
  coverage: Census["coverage"],
  comparable: readonly Comparable[],
  open: ReadonlySet<Digest>,
): Census["coverage"] {
  return coverage.map((ledger) => {
    const own = comparable.filter(({ vantage }) => vantage === ledger.vantage);
    const gaps = own.flatMap((one): Gap[] => {
      if (isPassedOver(one)) return [{ where: one.where, why: "excluded" }];
      return open.has(one.key) ? [{ where: one.where, why: "limit" }] : [];
    });
    if (gaps.length === 0) return ledger;
    const listed = [...ledger.gaps, ...gaps].slice(0, namesMax);
    return { ...ledger, gaps: listed, gapsTotal: ledger.gapsTotal + gaps.length };
  });
}
