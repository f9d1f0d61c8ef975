/**
 * What a probe could not see of its host and humans have not accepted, in few enough words to be
 * read before it is signed.
 */
import {
  type BlindSpot,
  blockingGaps,
  type Census,
  inertAscii,
  isAccepted,
  type RegisterDocument,
} from "@writ/core";
import { countText } from "./words.ts";

/** One place, or one kind of place, with how many gaps of the newest look it stands for. */
export type Unseen = { readonly spot: BlindSpot; readonly gaps: number };

/** Gaps that could hide a model and that no spot of these accepts, pids taken together. */
export function unseenPlaces(census: Census, accepted: readonly BlindSpot[]): readonly Unseen[] {
  const found = new Map<string, { spot: BlindSpot; gaps: number }>();
  for (const ledger of census.coverage) {
    const { vantage } = ledger;
    for (const gap of blockingGaps(ledger)) {
      if (isAccepted(gap, vantage, accepted)) continue;
      const spot = { vantage, where: patternOf(gap.where), why: gap.why };
      const key = `${spot.vantage}\0${spot.where}\0${spot.why}`;
      const known = found.get(key) ?? { spot, gaps: 0 };
      known.gaps += 1;
      found.set(key, known);
    }
  }
  return [...found.values()];
}

/**
 * A pid says nothing about the next look: whoever accepts one process that cannot be looked into
 * accepts that the probe does not see any such. Files are accepted one by one.
 */
function patternOf(where: string): string {
  return /^\/proc\/\d+(?:\/|$)/.test(where) ? "/proc/*" : where;
}

/** The blind spots of a host that the register accepts. */
export function acceptedOn(
  host: string,
  documents: readonly { readonly document: RegisterDocument }[],
): readonly BlindSpot[] {
  for (const { document } of documents) {
    if (document.document === "host" && document.host === host) return document.blindSpots;
  }
  return [];
}

/** True if the spot is at a place that was named; a final `*` names all that begins so. */
export function isNamed({ where }: BlindSpot, places: readonly string[]): boolean {
  return places.some((place) =>
    place.endsWith("*") ? where.startsWith(place.slice(0, -1)) : where === place,
  );
}

/** `processes: /proc/* (no-permission), 74 places`. */
export function unseenText({ spot, gaps }: Unseen): string {
  const { vantage, where, why } = spot;
  const many = where.endsWith("*") ? `, ${countText(gaps, "place")}` : "";
  return `${vantage}: ${inertAscii(where)} (${why})${many}`;
}
