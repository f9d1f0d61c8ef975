/** How far a probe's look is, from the lines that it writes. */
import { countText, sizeText } from "../words.ts";

type Looking = {
  readonly event?: unknown;
  readonly vantage?: unknown;
  readonly entries?: unknown;
  readonly bytes?: unknown;
  readonly path?: unknown;
};

/** The progress that a line tells, for a person; `undefined` if it tells none. */
export function lookedText(line: string): string | undefined {
  let told: Looking;
  try {
    told = JSON.parse(line) as Looking;
  } catch {
    return undefined;
  }
  const { event, vantage, entries, bytes, path } = told;
  if (event !== "looking" || typeof entries !== "number" || typeof bytes !== "number") {
    return undefined;
  }
  const where = typeof path === "string" ? `  ${path}` : "";
  const read = `${countText(entries, "entry", "entries")}, ${sizeText(bytes)} read`;
  return `${String(vantage)}: ${read}${where}`;
}
