/**
 * What went out of a host while registered or unknown weights were in the hands of its sender. A
 * flow ends in seconds, and what went with it does not come back: it stays told until a human says,
 * in the register or of the finding, that it was meant.
 */
import type { Census } from "./census.ts";
import { type Flow, flowKey } from "./flow.ts";

/** Departures kept of one host: the newest. */
export const departuresMax = 1000;

export type Departure = {
  /** Journal index of the census that first told of it, and of the newest that does. */
  readonly since: number;
  readonly index: number;
  readonly flow: Flow;
};

type Departures = ReadonlyMap<string, Departure>;

/** The departures of a host after a census; the same map if it tells of none. */
export function departuresAfter(before: Departures, census: Census, index: number): Departures {
  const told = (census.flows ?? []).filter(({ carried, sent }) => carried.length > 0 && sent);
  if (told.length === 0) return before;
  const after = new Map(before);
  for (const flow of told) {
    const key = flowKey(census.boot, flow);
    const since = after.get(key)?.since ?? index;
    // The newest comes last: the first is the one that makes way.
    after.delete(key);
    after.set(key, { since, index, flow });
  }
  for (const key of after.keys()) {
    if (after.size <= departuresMax) break;
    after.delete(key);
  }
  return after;
}
