/**
 * What an endpoint says it serves, against what the register says of it and what its process holds.
 * Its word is a claim about itself: it proves nothing, and it can contradict.
 */
import type { Estate } from "../estate/estate.ts";
import type { ServicePlacement } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import type { SeenEndpoint } from "../sight/census.ts";
import { endpointKey, type HostSight, type Look } from "../sight/host-sight.ts";
import { begunOrders, orderedReleases } from "./begun-orders.ts";
import type { Case } from "./finding.ts";

type Spoken = {
  readonly sight: HostSight;
  readonly look: Look;
  readonly endpoint: SeenEndpoint;
  /** Releases registered on this host under a name that it says. */
  readonly said: readonly Served[];
  /** Registered releases whose bytes its processes hold. */
  readonly held: ReadonlySet<string>;
};

type Served = {
  readonly place: ServicePlacement;
  readonly index: number;
  readonly name: string;
  readonly release: string;
};

/** It says one release and holds another, or says another than its registered port ought to. */
export function* endpointImpostor(estate: Estate): Iterable<Case> {
  for (const spoken of spokenIn(estate)) {
    const found = holdsAnother(spoken) ?? saysAnother(estate, spoken);
    if (found !== undefined) yield found;
  }
}

/**
 * A release that ought to be gone is still spoken of as served, by a process that shows no bytes.
 */
export function* retiredServed(estate: Estate): Iterable<Case> {
  const ordered = orderedReleases(estate);
  for (const spoken of spokenIn(estate)) {
    const { said, held, look } = spoken;
    const isGone = ({ place, release }: Served) => {
      const key = releaseKey(place.component, release);
      if (ordered.has(key)) return false;
      const known = estate.register.releases.get(key);
      return known?.lifecycle === "retired" || known?.lifecycle === "destroyed";
    };
    // Other names may be those of a release that may run: then the name tells nothing.
    const names = new Map(said.map((one) => [one.name, said.filter((s) => s.name === one.name)]));
    for (const [name, served] of names) {
      const { place, release } = served[0]!;
      if (!served.every(isGone) || ofComponent(held, place.component).length > 0) continue;
      const known = estate.register.releases.get(releaseKey(place.component, release))!;
      if (look.sinceSize <= known.lifecycleSince) continue;
      yield {
        ...caseOf(spoken, served[0]!),
        left: {
          kind: "register",
          says: `${releaseKey(place.component, release)} is ${known.lifecycle}`,
          entry: known.lifecycleSince,
        },
        right: { kind: "observation", says: `it says it serves ${name}`, entry: look.index },
        advice: "Stop what answers there; find what started it, or it will come back.",
      };
    }
  }
}

function holdsAnother(spoken: Spoken): Case | undefined {
  const { said, held, look } = spoken;
  for (const served of said) {
    const { component } = served.place;
    const own = ofComponent(held, component);
    const may = new Set(
      said
        .filter(({ place }) => place.component === component)
        .map(({ release }) => releaseKey(component, release)),
    );
    if (own.length === 0 || own.some((key) => may.has(key))) continue;
    return {
      ...caseOf(spoken, served),
      left: { kind: "claim", says: `it says it serves ${served.name}`, entry: look.index },
      right: {
        kind: "observation",
        says: `its process holds the bytes of ${own.join(", ")}, not of ${[...may].join(", ")}`,
        entry: look.index,
      },
      advice: "Do not trust its answers. Stop it, or order what it ought to run.",
    };
  }
  return undefined;
}

function saysAnother(estate: Estate, spoken: Spoken): Case | undefined {
  const { sight, look, endpoint } = spoken;
  if (endpoint.says.length === 0 || endpoint.port === undefined) return undefined;
  for (const { document: place, index } of estate.register.placements.values()) {
    if (place.document !== "service" || place.host !== sight.host) continue;
    if (!place.ports.includes(endpoint.port) || look.sinceSize <= index) continue;
    const may = releasesNow(estate, place);
    const names = (place.serves ?? []).filter(({ release }) => may.has(release));
    if (names.length === 0) continue;
    if (endpoint.says.some(({ name }) => names.some((served) => served.name === name))) continue;
    const { name, release } = names[0]!;
    return {
      ...caseOf(spoken, { place, index, name, release }),
      left: {
        kind: "register",
        says: `${place.placement}: port ${endpoint.port} serves ${name}`,
        entry: index,
      },
      right: {
        kind: "observation",
        says: `it says it serves ${endpoint.says.map((served) => served.name).join(", ")}`,
        entry: look.index,
      },
      advice: "Find out what answers on this port; order what it ought to run.",
    };
  }
  return undefined;
}

/** The service's release, and those that orders whose effects have begun take it to. */
function releasesNow(estate: Estate, place: ServicePlacement): ReadonlySet<string> {
  const begun = begunOrders(estate)
    .filter(({ writ }) => writ.component === place.component)
    .flatMap(({ writ }) => (writ.to === undefined ? [] : [writ.to.release]));
  return new Set([place.release, ...begun]);
}

function* spokenIn(estate: Estate): Iterable<Spoken> {
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look?.census.endpoints === undefined) continue;
    const served = servedOn(estate, sight.host);
    for (const endpoint of look.census.endpoints) {
      const names = new Set(endpoint.says.map(({ name }) => name));
      const said = served.filter(({ name }) => names.has(name));
      yield { sight, look, endpoint, said, held: heldBy(estate, look, endpoint) };
    }
  }
}

function servedOn(estate: Estate, host: string): readonly Served[] {
  return [...estate.register.placements.values()].flatMap(({ document: place, index }) =>
    place.document === "service" && place.host === host
      ? (place.serves ?? []).map(({ name, release }) => ({ place, index, name, release }))
      : [],
  );
}

function heldBy(estate: Estate, { census }: Look, { by }: SeenEndpoint): ReadonlySet<string> {
  const listening = new Set(by.map(({ pid, started }) => `${pid}.${started}`));
  return new Set(
    census.processes
      .filter(({ pid, started }) => listening.has(`${pid}.${started}`))
      .flatMap(({ holds }) => holds)
      .flatMap(({ digest }) =>
        digest === undefined ? [] : [...(estate.register.releasesByDigest.get(digest) ?? [])],
      ),
  );
}

function ofComponent(keys: ReadonlySet<string>, component: string): readonly string[] {
  return [...keys].filter((key) => key.startsWith(`${component}@`)).sort();
}

function caseOf({ sight, look, endpoint }: Spoken, { place, release }: Served) {
  const pids = endpoint.by.map(({ pid }) => ` pid ${pid}`).join(",");
  return {
    host: sight.host,
    where: `${endpoint.url}${pids}`,
    component: place.component,
    release,
    since: sight.firstSeen.get(endpointKey(look.census, endpoint)) ?? look.index,
  };
}
