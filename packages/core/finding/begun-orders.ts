/** Orders whose effects have begun: what they lead to may stand beside what the register says. */
import type { Proceeding } from "../authority/proceeding.ts";
import type { Estate } from "../estate/estate.ts";
import { releaseKey } from "../register/register.ts";

/** Open orders past their effect fence. */
export function begunOrders(estate: Estate): readonly Proceeding[] {
  return [...estate.open]
    .map((digest) => estate.proceedings.get(digest)!)
    .filter(({ fenceIndex }) => fenceIndex !== undefined);
}

/**
 * Keys of the releases that begun orders lead to. One that was retired is called back by such an
 * order, and runs before sight makes it active again.
 */
export function orderedReleases(estate: Estate): ReadonlySet<string> {
  return new Set(
    begunOrders(estate).flatMap(({ writ }) =>
      writ.to === undefined ? [] : [releaseKey(writ.component, writ.to.release)],
    ),
  );
}
