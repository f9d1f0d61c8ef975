/**
 * A second estate that can be folded on by itself: what a server judges a batch by before the batch
 * is on disk. Whatever the fold changes in place is copied; documents, which nobody changes, are
 * shared, so that the cost goes with the number of things and not with the size of censuses.
 */
import type { Proceeding } from "../authority/proceeding.ts";
import type { Register } from "../register/register.ts";
import type { Estate } from "./estate.ts";

/** An estate equal to this one; folding on either leaves the other as it is. */
export function copyEstate(estate: Estate): Estate {
  return {
    ...estate,
    rootIndexes: [...estate.rootIndexes],
    heads: new Map(estate.heads),
    counters: new Map(estate.counters),
    witnessed: new Map(estate.witnessed),
    times: [...estate.times],
    leavesSince: [...estate.leavesSince],
    register: copyRegister(estate.register),
    proceedings: mapped(estate.proceedings, copyProceeding),
    open: new Set(estate.open),
    sights: new Map(estate.sights),
    claims: new Map(estate.claims),
    refusals: [...estate.refusals],
    dispositions: new Map(estate.dispositions),
  };
}

function copyRegister(register: Register): Register {
  return {
    version: register.version,
    components: new Map(register.components),
    releases: new Map(register.releases),
    placements: new Map(register.placements),
    controls: new Map(register.controls),
    hosts: new Map(register.hosts),
    places: mapped(register.places, ({ ids, version }) => ({ ids: new Set(ids), version })),
    releasesByDigest: mapped(register.releasesByDigest, (holders) => new Set(holders)),
    entriesOf: mapped(register.entriesOf, (indexes) => new Set(indexes)),
    sayings: new Map(register.sayings),
  };
}

function copyProceeding(proceeding: Proceeding): Proceeding {
  return {
    ...proceeding,
    approvals: new Map(proceeding.approvals),
    steps: new Map(proceeding.steps),
    course: [...proceeding.course],
  };
}

function mapped<K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> {
  return new Map(Array.from(map, ([key, value]) => [key, copy(value)]));
}
