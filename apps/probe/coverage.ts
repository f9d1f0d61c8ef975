/** The ledger of one vantage: what it counted, and every place where it could not look. */
import { type Coverage, type Gap, namesMax, type Vantage } from "@writ/core";
import { placeText } from "./files/place.ts";

export type GapReason = Gap["why"];

export type Ledger = {
  entries: number;
  bytes: number;
  /** Notes a place that may hide a model. Never throws away the count, only names past a limit. */
  gap(place: string, why: GapReason): void;
  close(milliseconds: number): Coverage;
};

/** Opens the ledger of a vantage. */
export function openLedger(vantage: Vantage, roots: readonly string[]): Ledger {
  const seen = new Set<string>();
  const gaps: Gap[] = [];
  let gapsTotal = 0;
  return {
    entries: 0,
    bytes: 0,
    gap(place, why) {
      const key = `${why} ${place}`;
      if (seen.has(key)) return;
      gapsTotal += 1;
      if (gaps.length >= namesMax) return;
      seen.add(key);
      gaps.push({ where: placeText(place), why });
    },
    close(milliseconds) {
      gaps.sort((a, b) => (a.where < b.where ? -1 : a.where > b.where ? 1 : 0));
      const { entries, bytes } = this;
      const took = Math.max(0, Math.round(milliseconds));
      return { vantage, roots: [...roots], entries, bytes, gaps, gapsTotal, milliseconds: took };
    },
  };
}

/** A gap, unless what was to be read has merely gone. */
export function noteUnlessVanished(ledger: Ledger, place: string, error: unknown): void {
  const why = gapOf(error);
  if (why !== "vanished-while-read") ledger.gap(place, why);
}

/** What an error of the file system means for the ledger. */
export function gapOf(error: unknown): GapReason {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case "ENOENT":
    case "ESRCH":
    case "ENOTDIR":
    case "ESTALE":
      return "vanished-while-read";
    case "EACCES":
    case "EPERM":
      return "no-permission";
    case "ENAMETOOLONG":
    case "EMFILE":
    case "ENFILE":
      return "limit";
    case "ELOOP":
      // O_NOFOLLOW met a symlink where a file was a moment ago.
      return "changed-while-read";
    case "ENXIO":
    case "ENODEV":
      return "special-file";
    case "ENOSYS":
    case "EOPNOTSUPP":
      return "not-supported";
    default:
      return "unreadable";
  }
}
