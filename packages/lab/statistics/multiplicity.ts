/** Many tests at once: what is still significant, and what several say together. */
import { chiSquareUpper } from "./special.ts";

/** Holm's adjusted p-values (1979), in the order given. */
export function holm(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, at) => at).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length).fill(1);
  let running = 0;
  for (const [rank, at] of order.entries()) {
    running = Math.max(running, Math.min(1, ps[at]! * (ps.length - rank)));
    adjusted[at] = running;
  }
  return adjusted;
}

/** Below this the study's combination takes a p-value as this. */
const smallestP = 1e-10;

/** Fisher's combination of independent p-values: chi-square with two degrees for each. */
export function fisherCombined(ps: readonly number[]): {
  readonly chiSquare: number;
  readonly p: number;
} {
  const chiSquare = ps.reduce((sum, p) => sum - 2 * Math.log(Math.max(p, smallestP)), 0);
  return { chiSquare, p: chiSquareUpper(chiSquare, 2 * ps.length) };
}
