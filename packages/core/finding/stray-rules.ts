/** Register × observation, for what was seen where the register places nothing. */
import type { Digest } from "../encoding/digest.ts";
import type { Estate } from "../estate/estate.ts";
import { keepsAlive, leavingDigests } from "../estate/judge.ts";
import { type Copy, copiesIn, copyWords } from "../register/copies.ts";
import type { Mass } from "../sight/census.ts";
import { type HostSight, holdKey, holdWords, type Look, massKey } from "../sight/host-sight.ts";
import { ownNames, symlinksOf } from "../sight/own-names.ts";
import { orderedReleases } from "./begun-orders.ts";
import { type Case, type Pause, pause } from "./finding.ts";

type Stray = {
  readonly sight: HostSight;
  readonly look: Look;
  readonly mass: Mass;
  /** Names at which the register places no file; symlinks left out if the mass has another name. */
  readonly names: readonly string[];
};

/** Masses between two pauses: about a millisecond's work. */
const massesPerPause = 500;

/** Masses with a name that no registered file placement has, with pauses. */
function* strays(estate: Estate): Iterable<Stray | Pause> {
  const placed = placedFiles(estate);
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look === undefined) continue;
    const symlinks = symlinksOf(look.census);
    const here = placed.get(sight.host);
    for (const [at, mass] of look.census.masses.entries()) {
      if (at % massesPerPause === 0) yield pause;
      const own = ownNames(mass, symlinks);
      const names = here === undefined ? own : own.filter((name) => !here.has(name));
      if (names.length > 0) yield { sight, look, mass, names };
    }
  }
}

/** By host: paths where the register places a file. */
function placedFiles({ register }: Estate): ReadonlyMap<string, ReadonlySet<string>> {
  const placed = new Map<string, Set<string>>();
  for (const { document } of register.placements.values()) {
    if (document.document !== "file") continue;
    const here = placed.get(document.host) ?? new Set();
    placed.set(document.host, here.add(document.path));
  }
  return placed;
}

function since({ sight, look, mass, names }: Stray): number {
  return Math.min(...names.map((name) => sight.firstSeen.get(massKey(mass, name)) ?? look.index));
}

/** Weights that no release has, where the register places nothing. */
export function* unregistered(estate: Estate): Iterable<Case | Pause> {
  const gone = goneDigests(estate);
  for (const stray of strays(estate)) {
    if (stray === pause) {
      yield pause;
      continue;
    }
    const { mass, sight, look } = stray;
    if (estate.register.releasesByDigest.has(mass.digest)) continue;
    const copies = copiesIn(estate.register, mass);
    const [copy] = copies;
    if (copy === undefined && kindOf(mass) !== "model") continue;
    if (copies.some(isFaithful) || copies.some(({ of }) => gone.has(of))) continue;
    yield {
      host: sight.host,
      where: stray.names.join(", "),
      ...(copy === undefined ? {} : named(copy.releases)),
      since: since(stray),
      left: { kind: "register", says: "no release has these bytes" },
      right: {
        kind: "observation",
        says:
          `a ${mass.container} of ${mass.size} bytes (${mass.digest})` +
          (copy === undefined ? "" : `: ${copyWords(copy, [...copy.releases].join(", "))}`),
        entry: look.index,
      },
      advice: "Find its owner. Register it, or have it removed.",
    };
  }
}

/** Large opaque bytes that nobody accounts for: never ignored, since weights may be hidden so. */
export function* unexplainedMass(estate: Estate): Iterable<Case | Pause> {
  for (const stray of strays(estate)) {
    if (stray === pause) {
      yield pause;
      continue;
    }
    const { mass, sight, look } = stray;
    const kind = kindOf(mass);
    if (kind !== "opaque" && kind !== "carrier") continue;
    if (copiesIn(estate.register, mass).length > 0) continue;
    const bits =
      mass.entropy === undefined ? "" : `, ${(mass.entropy / 1000).toFixed(2)} bits/byte`;
    yield {
      host: sight.host,
      where: stray.names.join(", "),
      since: since(stray),
      left: { kind: "register", says: "nothing accounts for these bytes" },
      right: {
        kind: "observation",
        says: `${mass.container}, ${mass.size} bytes${bits}, of user ${mass.owner}`,
        entry: look.index,
      },
      advice: "Find out what it is. Encrypted weights look like this.",
    };
  }
}

/** A registered release that may exist, at a place where the register has none. */
export function* misplaced(estate: Estate): Iterable<Case | Pause> {
  const gone = goneDigests(estate);
  for (const stray of strays(estate)) {
    if (stray === pause) {
      yield pause;
      continue;
    }
    const { mass, sight, look, names } = stray;
    const copies = copiesIn(estate.register, mass);
    if (copies.some(({ of }) => gone.has(of))) continue;
    const copy = copies.find(isFaithful);
    if (copy === undefined) continue;
    const holders = [...copy.releases].join(", ");
    yield {
      host: sight.host,
      where: names.join(", "),
      ...named(copy.releases),
      since: since(stray),
      left: { kind: "register", says: `${holders} is not placed here` },
      right: {
        kind: "observation",
        says: `${copyWords(copy, holders)}, ${mass.container}`,
        entry: look.index,
      },
      advice: "Register the place, or have the copy removed.",
    };
  }
}

/** A release that ought to be gone: its bytes lie somewhere, or a process runs it. */
export function* retiredPresent(estate: Estate): Iterable<Case | Pause> {
  const gone = goneDigests(estate);
  for (const stray of strays(estate)) {
    if (stray === pause) {
      yield pause;
      continue;
    }
    const { mass, sight, look } = stray;
    const copy = copiesIn(estate.register, mass).find(({ of }) => gone.has(of));
    const ending = copy === undefined ? undefined : gone.get(copy.of);
    // While a writ is being judged, a copy is that writ's: see `preserved-copy`.
    if (copy === undefined || ending === undefined || ending.writ !== undefined) continue;
    yield {
      host: sight.host,
      where: stray.names.join(", "),
      ...named([ending.release]),
      since: Math.max(since(stray), ending.index),
      left: { kind: "register", says: ending.says, entry: ending.index },
      right: {
        kind: "observation",
        says: `${copyWords(copy, ending.release)}, ${mass.container}`,
        entry: look.index,
      },
      advice: "Order its decommission; find out who kept it.",
    };
  }
  yield* retiredRunning(estate, gone);
}

function* retiredRunning(estate: Estate, gone: ReadonlyMap<Digest, Ending>): Iterable<Case> {
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look === undefined) continue;
    for (const process of look.census.processes) {
      for (const hold of process.holds) {
        const copy = copiesIn(estate.register, hold).find(({ of }) => gone.has(of));
        const ending = copy === undefined ? undefined : gone.get(copy.of);
        if (copy === undefined || ending === undefined) continue;
        if (look.sinceSize <= ending.index) continue;
        if (!keepsAlive({ process, hold })) continue;
        // A copy kept open without a name is a copy, and that writ's: see `preserved-copy`.
        if (hold.how === "open" && hold.deleted && ending.writ !== undefined) continue;
        const ports = process.listens.map((port) => `:${port} `).join("");
        const first = sight.firstSeen.get(holdKey(look.census, process, hold)) ?? look.index;
        yield {
          host: sight.host,
          where: `pid ${process.pid} ${ports}(${process.command.join(" ")})`,
          ...named([ending.release]),
          ...(ending.writ === undefined ? {} : { writ: ending.writ }),
          since: Math.max(first, ending.index),
          left: {
            kind: ending.writ === undefined ? "register" : "writ",
            says: ending.says,
            entry: ending.index,
          },
          right: {
            kind: "observation",
            says: `${holdWords(hold)}, ${copyWords(copy, ending.release)}`,
            entry: look.index,
          },
          advice: "Stop this process; find what started it, or it will come back.",
        };
      }
    }
  }
}

export type Ending = {
  readonly release: string;
  readonly says: string;
  /** Index since which it ought to be gone. */
  readonly index: number;
  readonly writ?: Digest;
};

type Gone = { readonly as: string; readonly gone: ReadonlyMap<Digest, Ending> };
/** What ought to be gone, by the releases it follows from: several rules ask, for each host. */
const goneFrom = new WeakMap<object, Gone>();

/** Content that ought to be gone, and since when: by lifecycle, or by a writ that was executed. */
export function goneDigests(estate: Estate): ReadonlyMap<Digest, Ending> {
  const { register, open, proceedings } = estate;
  const orders = Array.from(open, (digest) => {
    const { fenceIndex, executedIndex } = proceedings.get(digest)!;
    return [digest, fenceIndex ?? "", executedIndex ?? ""].join();
  });
  const as = [register.version, ...orders].join(" ");
  const known = goneFrom.get(register.releases);
  if (known?.as === as) return known.gone;
  const gone = derivedGone(estate);
  goneFrom.set(register.releases, { as, gone });
  return gone;
}

function derivedGone(estate: Estate): ReadonlyMap<Digest, Ending> {
  const gone = new Map<Digest, Ending>();
  const ordered = orderedReleases(estate);
  for (const [release, { document, lifecycle, lifecycleSince }] of estate.register.releases) {
    if (lifecycle !== "retired" && lifecycle !== "destroyed") continue;
    if (ordered.has(release)) continue;
    for (const { digest } of document.artefacts) {
      if (!isKept(estate, digest)) {
        gone.set(digest, { release, says: `${release} is ${lifecycle}`, index: lifecycleSince });
      }
    }
  }
  for (const digest of estate.open) {
    const { writ, executedIndex } = estate.proceedings.get(digest)!;
    if (executedIndex === undefined) continue;
    for (const [content, name] of leavingDigests(writ)) {
      if (gone.has(content)) continue;
      const release = `${writ.component}@${name}`;
      const says = `a ${writ.action} of ${release} was ordered and carried out`;
      gone.set(content, { release, says, index: executedIndex, writ: digest });
    }
  }
  return gone;
}

/** True if a release that may exist has these bytes too (a tokenizer that all releases share). */
function isKept(estate: Estate, digest: Digest): boolean {
  return [...(estate.register.releasesByDigest.get(digest) ?? [])].some((key) => {
    const lifecycle = estate.register.releases.get(key)?.lifecycle;
    return lifecycle !== "retired" && lifecycle !== "destroyed";
  });
}

/**
 * True if nothing was changed but the form: the release itself lies there, whole or in part, in
 * another container or precision. A quantised or tuned one is a model of its own, and nobody's.
 */
export function isFaithful({ identity }: Copy): boolean {
  const how = identity?.how;
  return how !== "quantised" && how !== "fine-tuned" && how !== "altered";
}

function kindOf(mass: Mass): NonNullable<Mass["kind"]> {
  return mass.kind ?? (mass.container === "opaque" ? "opaque" : "model");
}

/** The first of some releases, as a case names it. */
export function named(releases: Iterable<string>): { component: string; release: string } {
  const [first] = releases;
  const at = first!.lastIndexOf("@");
  return { component: first!.slice(0, at), release: first!.slice(at + 1) };
}
