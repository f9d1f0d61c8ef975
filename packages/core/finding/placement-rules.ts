/** Register × observation, for what the register places somewhere: is it there, and is it that? */

import type { Estate } from "../estate/estate.ts";
import { keepsAlive } from "../estate/judge.ts";
import { copiesIn, copyWords } from "../register/copies.ts";
import { runsOnHost } from "../register/deployment.ts";
import type {
  DeploymentPlacement,
  FilePlacement,
  LinkPlacement,
  Placement,
} from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { isAccepted } from "../sight/blind-spot.ts";
import type { Gap } from "../sight/census.ts";
import {
  blockingGaps,
  type HostSight,
  holdKey,
  isInside,
  type Look,
  massKey,
  sightings,
} from "../sight/host-sight.ts";
import { begunOrders, orderedReleases } from "./begun-orders.ts";
import type { Case } from "./finding.ts";

/** A registered file, link or service that a look which covered its place did not see. */
export function* missing(estate: Estate): Iterable<Case> {
  for (const { document, index } of estate.register.placements.values()) {
    const sight = estate.sights.get(document.host);
    const look = sight?.latest;
    // A look that may have begun before a human registered the place says nothing about it.
    if (look === undefined || look.sinceSize <= index) continue;
    const place = "path" in document ? document.path : document.placement;
    const gone = {
      file: () => fileIsMissing(document as FilePlacement, look),
      link: () => linkIsMissing(document as LinkPlacement, look),
      service: () => serviceIsMissing(estate, document, look),
      deployment: () =>
        runsOnHost((document as DeploymentPlacement).deployment) &&
        serviceIsMissing(estate, document, look),
    }[document.document]();
    if (!gone || leaves(estate, document, look)) continue;
    yield {
      host: document.host,
      where: place,
      component: document.component,
      release: document.release,
      since: look.index,
      left: {
        kind: "register",
        says: `${document.placement}: ${releaseKey(document.component, document.release)} is here`,
        entry: index,
      },
      right: { kind: "observation", says: "looked here and did not see it", entry: look.index },
      advice: "Restore it, or register that it ought not to be there any more.",
    };
  }
}

/**
 * True if an order being carried out takes this away: then it is that order's to be judged. What it
 * restarts is away only until its steps are over; a look since then must see it again.
 */
function leaves(estate: Estate, { placement }: Placement, look: Look): boolean {
  return begunOrders(estate).some(({ writ, executedIndex = Number.POSITIVE_INFINITY }) =>
    writ.steps.some((step) => {
      if (step.placement !== placement) return false;
      if (step.step.startsWith("restart-") || step.step === "switch-deployment") {
        return look.sinceSize <= executedIndex;
      }
      return step.step.startsWith("remove-") || step.step.startsWith("stop-");
    }),
  );
}

function covers(look: Look, path: string): boolean {
  const files = look.census.coverage.find(({ vantage }) => vantage === "files");
  if (!files?.roots.some((root) => isInside(path, root))) return false;
  return !blockingGaps(files).some(({ where }) => isInside(path, where));
}

function fileIsMissing({ path }: FilePlacement, look: Look): boolean {
  return !massesByName(look).has(path) && covers(look, path);
}

function linkIsMissing({ path }: LinkPlacement, look: Look): boolean {
  const seen = look.census.links.find((link) => link.path === path);
  return seen !== undefined && seen.target === undefined && seen.value === undefined;
}

/** A service counts as there if any process holds its release, or another one of its component. */
function serviceIsMissing(estate: Estate, place: Placement, look: Look): boolean {
  const processes = look.census.coverage.find(({ vantage }) => vantage === "processes");
  const accepted = estate.register.hosts.get(place.host)?.document.blindSpots ?? [];
  const isBlind = (gap: Gap) => !isAccepted(gap, "processes", accepted);
  if (processes === undefined || blockingGaps(processes).some(isBlind)) return false;
  const digests = [...estate.register.releases.values()]
    .filter(({ document }) => document.component === place.component)
    .flatMap(({ document }) => document.artefacts.map(({ digest }) => digest));
  return sightings(look.census, new Set(digests)).holds.length === 0;
}

/**
 * Registered place, registered bytes, but of another release: the name says one, the bytes other.
 */
export function* wrongRelease(estate: Estate): Iterable<Case> {
  yield* filesOfOtherReleases(estate);
  yield* servicesOfOtherReleases(estate);
}

function* filesOfOtherReleases(estate: Estate): Iterable<Case> {
  for (const { place, index, sight, look, mass } of seenAtPlacements(estate)) {
    const own = releaseKey(place.component, place.release);
    const [copy] = copiesIn(estate.register, mass);
    if (copy === undefined || copy.releases.has(own)) continue;
    yield {
      host: place.host,
      where: place.path,
      component: place.component,
      release: place.release,
      since: sight.firstSeen.get(massKey(mass, place.path)) ?? look.index,
      left: { kind: "register", says: `${place.placement}: ${own} is here`, entry: index },
      right: {
        kind: "observation",
        says: `here: ${copyWords(copy, [...copy.releases].join(", "))}`,
        entry: look.index,
      },
      advice: "Find who put them there; order a replace to what ought to be.",
    };
  }
}

/** A process holds a release of a component whose services on that host ought to run another. */
function* servicesOfOtherReleases(estate: Estate): Iterable<Case> {
  const services = [...estate.register.placements.values()].flatMap(({ document, index }) =>
    document.document === "service" ||
    (document.document === "deployment" && runsOnHost(document.deployment))
      ? [{ place: document, index }]
      : [],
  );
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look === undefined) continue;
    for (const process of look.census.processes) {
      for (const hold of process.holds) {
        const [copy] = copiesIn(estate.register, hold);
        if (copy === undefined || !keepsAlive({ process, hold })) continue;
        // Who merely read it (a backup, a checksum) has it in memory too, and serves nothing.
        if (hold.how === "memory" && process.listens.length === 0) continue;
        const holders = copy.releases;
        const here = services.filter(
          ({ place }) =>
            place.host === sight.host &&
            [...holders].some((key) => key.startsWith(`${place.component}@`)),
        );
        const right = here.some(({ place }) => mayRun(estate, place, holders));
        if (here.length === 0 || right || !isCurrent(estate, holders)) continue;
        const { place, index } = here[0]!;
        const own = releaseKey(place.component, place.release);
        yield {
          host: sight.host,
          where: `pid ${process.pid} (${process.command.join(" ")})`,
          component: place.component,
          release: place.release,
          since: sight.firstSeen.get(holdKey(look.census, process, hold)) ?? look.index,
          left: { kind: "register", says: `${place.placement} runs ${own}`, entry: index },
          right: {
            kind: "observation",
            says: `${hold.how}: ${copyWords(copy, [...holders].join(", "))}`,
            entry: look.index,
          },
          advice: "What it calls itself does not matter: stop it, or order what it ought to run.",
        };
      }
    }
  }
}

/** The service's own release, or the one that an order being carried out takes it to. */
function mayRun(
  estate: Estate,
  { component, release }: Placement,
  holders: ReadonlySet<string>,
): boolean {
  if (holders.has(releaseKey(component, release))) return true;
  const ordered = orderedReleases(estate);
  return [...holders].some((key) => ordered.has(key) && key.startsWith(`${component}@`));
}

/** Retired and destroyed releases have a rule of their own. */
function isCurrent(estate: Estate, holders: ReadonlySet<string>): boolean {
  return [...holders].some((key) => {
    const lifecycle = estate.register.releases.get(key)?.lifecycle;
    return lifecycle === "active" || lifecycle === "approved" || lifecycle === "proposed";
  });
}

/** Registered place, and bytes that no release has. */
export function* altered(estate: Estate): Iterable<Case> {
  for (const { place, index, sight, look, mass } of seenAtPlacements(estate)) {
    if (estate.register.releasesByDigest.has(mass.digest)) continue;
    const own = releaseKey(place.component, place.release);
    const copies = copiesIn(estate.register, mass);
    const copy = copies.find(({ releases }) => releases.has(own));
    // Another release's content is there: see `wrong-release`.
    if (copy === undefined && copies.length > 0) continue;
    yield {
      host: place.host,
      where: place.path,
      component: place.component,
      release: place.release,
      since: sight.firstSeen.get(massKey(mass, place.path)) ?? look.index,
      left: {
        kind: "register",
        says: `${place.placement}: ${own} is here`,
        entry: index,
      },
      right: {
        kind: "observation",
        says:
          `these bytes (${mass.digest}) are of no registered release` +
          (copy === undefined ? "" : `: ${copyWords(copy, own)}`),
        entry: look.index,
      },
      advice: "Do not serve from it. Keep a copy for inquiry, and restore the registered bytes.",
    };
  }
}

function* seenAtPlacements(estate: Estate): Iterable<{
  place: FilePlacement;
  index: number;
  sight: HostSight;
  look: Look;
  mass: Look["census"]["masses"][number];
}> {
  for (const { document: place, index } of estate.register.placements.values()) {
    if (place.document !== "file") continue;
    const sight = estate.sights.get(place.host);
    const look = sight?.latest;
    if (sight === undefined || look === undefined) continue;
    const mass = massesByName(look).get(place.path);
    if (mass !== undefined) yield { place, index, sight, look, mass };
  }
}

const byName = new WeakMap<Look, Map<string, Look["census"]["masses"][number]>>();

function massesByName(look: Look): ReadonlyMap<string, Look["census"]["masses"][number]> {
  const known = byName.get(look);
  if (known !== undefined) return known;
  const made = new Map(
    look.census.masses.flatMap((mass) => mass.names.map((name) => [name, mass])),
  );
  byName.set(look, made);
  return made;
}
