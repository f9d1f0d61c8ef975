/**
 * Blind spots: places that a probe cannot look into and that humans accepted, by signature, in the
 * register. They are drawn into each writ, so that whoever signs reads them, and every certificate
 * names them. What nobody accepted still blocks a proof of absence.
 */
import { object, oneOf, type Shaped, text } from "../encoding/shape.ts";
import { type Gap, gapReasons, pathLengthMax, type Vantage, vantages } from "./census.ts";

export const blindSpotShape = object({
  vantage: oneOf(...vantages),
  /** The place of the gap as a census tells it; with a final `*`, everything that begins so. */
  where: text(pathLengthMax),
  why: oneOf(...gapReasons),
});

export type BlindSpot = Shaped<typeof blindSpotShape>;

/** True if humans accepted that the probe does not see here, for this reason. */
export function isAccepted(gap: Gap, vantage: Vantage, spots: readonly BlindSpot[]): boolean {
  return spots.some(
    (spot) => spot.vantage === vantage && spot.why === gap.why && reaches(spot.where, gap.where),
  );
}

function reaches(pattern: string, where: string): boolean {
  return pattern.endsWith("*") ? where.startsWith(pattern.slice(0, -1)) : where === pattern;
}
