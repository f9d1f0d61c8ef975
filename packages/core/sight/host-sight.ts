/**
 * What is known by sight of one host: its newest census, since when each thing in it has been
 * there, and how well the probe has seen. A fold over that host's census and heartbeat entries.
 */

import type { Digest } from "../encoding/digest.ts";
import { type BlindSpot, isAccepted } from "./blind-spot.ts";
import type {
  Census,
  Coverage,
  Gap,
  Hold,
  Mass,
  PassedControl,
  SeenEndpoint,
  SeenProcess,
  Vantage,
} from "./census.ts";
import { type Departure, departuresAfter } from "./departures.ts";
import type { Stored } from "./store-shape.ts";

export type HostSight = {
  readonly host: string;
  /** When the probe was last heard: journal index and witnessed time. */
  readonly heard: { readonly index: number; readonly time: number };
  readonly latest: Look | undefined;
  /** Journal index since which each thing of the newest census has been seen without a break. */
  readonly firstSeen: ReadonlyMap<string, number>;
  /** The widest look so far, and the index at which the look became narrower than it. */
  readonly widest: Width | undefined;
  readonly narrowedIndex: number | undefined;
  /** Controls that were something else between two looks, or were written to: the newest time. */
  readonly wavers: ReadonlyMap<string, Waver>;
  /** Flows out of the host, of processes that had weights in hand. */
  readonly departures: ReadonlyMap<string, Departure>;
};

/**
 * A control that was changed and changed back. A look that sees it as it ought to be does not end
 * this: it is over when a human registers the control anew.
 */
export type Waver = {
  /** Journal index of the census that tells of it. */
  readonly index: number;
  /** What it was in passing, as a watch saw it; empty if only the traces of a change were seen. */
  readonly passed: readonly PassedControl[];
  /** Inode change times before and after, where its bytes are the same all the same. */
  readonly touched: { readonly from: string; readonly to: string } | undefined;
};

/** One census and the state of the journal against which it was fresh. */
export type Look = {
  readonly census: Census;
  readonly index: number;
  /** Journal size that the probe knew of, witnessed, before it began to look. */
  readonly sinceSize: number;
};

export type Width = {
  readonly vantages: readonly Vantage[];
  readonly roots: readonly string[];
  readonly blind: number;
};

/** Gaps that could hide a model. The others are told, and hide nothing by themselves. */
const blockingReasons: ReadonlySet<Gap["why"]> = new Set([
  "unreadable",
  "changed-while-read",
  "other-filesystem",
  "too-large",
  "limit",
  "no-permission",
]);

/** The gaps of a vantage that stand in the way of a proof of absence. */
export function blockingGaps(coverage: Coverage): readonly Gap[] {
  return coverage.gaps.filter(({ why }) => blockingReasons.has(why));
}

/** What a look must have covered to prove an absence. */
export type Demand = {
  readonly paths: readonly string[];
  readonly demanded: readonly Vantage[];
  readonly accepted: readonly BlindSpot[];
};

/** What was missing of a look over these paths; empty if it covered all of them. */
export function notCovered(
  census: Census,
  { paths, demanded, accepted }: Demand,
): readonly string[] {
  const files = census.coverage.find(({ vantage }) => vantage === "files");
  const problems: string[] = [];
  for (const vantage of demanded) {
    const ledger = census.coverage.find((coverage) => coverage.vantage === vantage);
    if (ledger === undefined) {
      problems.push(`no ${vantage} vantage`);
      continue;
    }
    const gaps = blockingGaps(ledger).filter((gap) => !isAccepted(gap, vantage, accepted));
    const unlisted = ledger.gapsTotal - ledger.gaps.length;
    if (unlisted > 0) problems.push(`${vantage}: ${unlisted} gaps too many to list`);
    for (const { where, why } of gaps.slice(0, 20)) problems.push(`${vantage}: ${where}: ${why}`);
    if (gaps.length > 20) problems.push(`${vantage}: ${gaps.length - 20} more gaps`);
  }
  for (const path of paths) {
    if (!files?.roots.some((root) => isInside(path, root))) problems.push(`${path}: in no root`);
  }
  return problems;
}

/** True if the path is the root itself or lies below it. */
export function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith("/") ? root : `${root}/`);
}

/** The host's sight after a heartbeat. */
export function hear(
  sight: HostSight | undefined,
  host: string,
  heard: HostSight["heard"],
): HostSight {
  if (sight !== undefined) return { ...sight, heard };
  return {
    host,
    heard,
    latest: undefined,
    firstSeen: new Map(),
    widest: undefined,
    narrowedIndex: undefined,
    wavers: new Map(),
    departures: new Map(),
  };
}

type FirstSeen = HostSight["firstSeen"];

/** What a host's memory last became: a server folds every entry twice, and a census is large. */
const remembered = new WeakMap<FirstSeen, { readonly look: Look; readonly after: FirstSeen }>();

/** When each thing of this look was first seen, by what was known before. */
function firstSeenAfter(before: FirstSeen, look: Look): FirstSeen {
  const { census, index } = look;
  const known = remembered.get(before);
  if (known?.look.census === census && known.look.index === index) return known.after;
  const after = new Map<string, number>();
  const note = (key: string) => after.set(key, before.get(key) ?? index);
  for (const mass of census.masses) for (const name of mass.names) note(massKey(mass, name));
  for (const process of census.processes) {
    for (const hold of process.holds) note(holdKey(census, process, hold));
    if (process.memory !== undefined) note(memoryKey(census, process));
  }
  for (const control of census.controls) {
    note(`control\0${control.control}\0${control.state}\0${control.value ?? ""}`);
  }
  for (const stored of census.stored ?? []) note(storedKey(stored));
  for (const endpoint of census.endpoints ?? []) note(endpointKey(census, endpoint));
  for (const link of census.links) note(`link\0${link.path}\0${link.target ?? link.value ?? ""}`);
  remembered.set(before, { look, after });
  return after;
}

/** The host's sight after a census. */
export function see(sight: HostSight, look: Look): HostSight {
  const { census, index } = look;
  const width = widthOf(census);
  const narrower = sight.widest !== undefined && isNarrower(width, sight.widest);
  return {
    ...sight,
    latest: look,
    firstSeen: firstSeenAfter(sight.firstSeen, look),
    widest: narrower ? sight.widest : width,
    narrowedIndex: narrower ? (sight.narrowedIndex ?? index) : undefined,
    wavers: waversOf(sight, look),
    departures: departuresAfter(sight.departures, census, index),
  };
}

/** A waver stays told until another one of the same control takes its place. */
function waversOf(sight: HostSight, { census, index }: Look): ReadonlyMap<string, Waver> {
  const wavers = new Map(sight.wavers);
  for (const { control, digest, changed, passed = [] } of census.controls) {
    const before = sight.latest?.census.controls.find((one) => one.control === control);
    // An inode's change time cannot be set back: equal bytes with a newer one were written to, or
    // are a copy put back in place.
    const touched =
      digest !== undefined &&
      digest === before?.digest &&
      changed !== undefined &&
      before.changed !== undefined &&
      changed !== before.changed
        ? { from: before.changed, to: changed }
        : undefined;
    const known = wavers.get(control);
    // Traces alone do not replace what was seen in passing.
    if (passed.length > 0 || (touched !== undefined && !known?.passed.length)) {
      wavers.set(control, { index, passed, touched });
    }
  }
  return wavers;
}

/** What was seen before and is not now. Empty if the look is as wide as the widest. */
export function lostSight(sight: HostSight): readonly string[] {
  if (sight.latest === undefined || sight.widest === undefined) return [];
  const now = widthOf(sight.latest.census);
  const { widest } = sight;
  return [
    ...widest.vantages.filter((vantage) => !now.vantages.includes(vantage)),
    ...widest.roots.filter((root) => !now.roots.some((wide) => isInside(root, wide))),
    ...(widest.blind === 0 && now.blind > 0 ? [`${now.blind} places could not be read`] : []),
  ];
}

/** Names one place of a mass, for {@link HostSight.firstSeen}. */
export function massKey(mass: Pick<Mass, "digest">, name: string): string {
  return `mass\0${name}\0${mass.digest}`;
}

/** Names one hold of a process, for {@link HostSight.firstSeen}. */
export function holdKey(census: Census, process: SeenProcess, hold: Hold): string {
  return `hold\0${census.boot}\0${process.pid}\0${process.started}\0${hold.digest ?? hold.path}`;
}

/** Names the own memory of one process, for {@link HostSight.firstSeen}. */
export function memoryKey({ boot }: Census, { pid, started }: SeenProcess): string {
  return `memory\0${boot}\0${pid}\0${started}`;
}

/** In which way a process holds something, and by what name it had it. */
export function holdWords({ how, path, deleted }: Hold): string {
  if (how === "memory") return "in its own memory, by no file";
  return `${how}: ${path}${deleted ? " (deleted)" : ""}`;
}

/** Names what one endpoint says, for {@link HostSight.firstSeen}. */
export function endpointKey(census: Census, { url, by, says }: SeenEndpoint): string {
  const processes = by.map(({ pid, started }) => `${pid}.${started}`).join();
  const names = says.map(({ name }) => name).join("\0");
  return `endpoint\0${census.boot}\0${processes}\0${url}\0${names}`;
}

/** Names one model file in a store, for {@link HostSight.firstSeen}. */
export function storedKey({ store, holder, path, digest }: Stored): string {
  return `stored\0${store}\0${holder}\0${path}\0${digest ?? ""}`;
}

/** Everything of this content that a census saw: files by each name, and processes that hold it. */
export function sightings(
  census: Census,
  digests: ReadonlySet<Digest>,
): { readonly masses: readonly Mass[]; readonly holds: readonly HeldBy[] } {
  return {
    masses: census.masses.filter(({ digest }) => digests.has(digest)),
    holds: holdsIn(census).filter(
      ({ hold: { digest } }) => digest !== undefined && digests.has(digest),
    ),
  };
}

/** Every hold of every process that a census saw. */
export function holdsIn(census: Census): readonly HeldBy[] {
  return census.processes.flatMap((process) => process.holds.map((hold) => ({ process, hold })));
}

export type HeldBy = { readonly process: SeenProcess; readonly hold: Hold };

function widthOf(census: Census): Width {
  const files = census.coverage.find(({ vantage }) => vantage === "files");
  return {
    vantages: census.coverage.map(({ vantage }) => vantage),
    roots: files?.roots ?? [],
    blind: census.coverage.reduce((sum, ledger) => sum + blockingGaps(ledger).length, 0),
  };
}

function isNarrower(now: Width, widest: Width): boolean {
  return (
    widest.vantages.some((vantage) => !now.vantages.includes(vantage)) ||
    widest.roots.some((root) => !now.roots.some((wide) => isInside(root, wide))) ||
    (widest.blind === 0 && now.blind > 0)
  );
}
