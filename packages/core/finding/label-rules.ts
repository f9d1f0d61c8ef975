/** What a store's own label says of bytes, against the bytes. */
import type { Digest } from "../encoding/digest.ts";
import type { Estate } from "../estate/estate.ts";
import { copiesIn } from "../register/copies.ts";
import { releaseKey } from "../register/register.ts";
import type { Mass } from "../sight/census.ts";
import { type HostSight, type Look, massKey } from "../sight/host-sight.ts";
import type { Label } from "../sight/label.ts";
import type { Case } from "./finding.ts";
import { isFaithful, named } from "./stray-rules.ts";

type Labelled = {
  readonly sight: HostSight;
  readonly look: Look;
  readonly label: Label;
  readonly mass: Mass;
};

/**
 * A manifest gives bytes another digest than they have, or a registered release's name to bytes of
 * another release.
 */
export function* mislabelled(estate: Estate): Iterable<Case> {
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    const labels = look?.census.labels ?? [];
    if (look === undefined || labels.length === 0) continue;
    const masses = new Map(
      look.census.masses.flatMap((mass) => mass.names.map((name) => [name, mass] as const)),
    );
    const told = new Set<string>();
    for (const label of labels) {
      const mass = masses.get(label.path);
      if (mass === undefined || told.has(`${label.said}\0${label.path}`)) continue;
      const labelled = { sight, look, label, mass };
      const found = otherBytes(estate, labelled) ?? otherRelease(estate, labelled);
      if (found === undefined) continue;
      told.add(`${label.said}\0${label.path}`);
      yield found;
    }
  }
}

function otherBytes(estate: Estate, labelled: Labelled): Case | undefined {
  const { label, mass, look } = labelled;
  if (label.digest === undefined || label.digest === mass.digest) return undefined;
  return {
    ...caseOf(estate, labelled),
    left: { kind: "claim", says: `${nameOf(label)} is ${label.digest}`, entry: look.index },
    right: {
      kind: "observation",
      says: `the bytes are ${saidOf(estate, mass)}`,
      entry: look.index,
    },
    advice: "Whoever loads it by its name gets something else. Find out who wrote it.",
  };
}

/** A name that the register has for a release of this host, at bytes of another one. */
function otherRelease(estate: Estate, labelled: Labelled): Case | undefined {
  const { sight, label, mass, look } = labelled;
  const name = label.name;
  if (name === undefined) return undefined;
  for (const { document, index } of estate.register.placements.values()) {
    if (document.document !== "service" || document.host !== sight.host) continue;
    const may = (document.serves ?? []).filter((one) => one.name === name);
    if (may.length === 0) continue;
    const keys = new Set(may.map(({ release }) => releaseKey(document.component, release)));
    const held = copiesIn(estate.register, mass).filter(isFaithful);
    if (held.some(({ releases }) => [...releases].some((key) => keys.has(key)))) return undefined;
    // Bytes of no release beside registered ones (a template, a projector) are no other release.
    if (held.length === 0) continue;
    return {
      ...caseOf(estate, labelled),
      left: { kind: "register", says: `${name} is ${[...keys].join(", ")}`, entry: index },
      right: {
        kind: "observation",
        says: `${nameOf(label)} leads to ${saidOf(estate, mass)}`,
        entry: look.index,
      },
      advice: "Whoever loads it by its name gets another release. Find out who wrote it.",
    };
  }
  return undefined;
}

function caseOf(estate: Estate, { sight, look, label, mass }: Labelled) {
  const [copy] = copiesIn(estate.register, mass);
  return {
    host: sight.host,
    where: `${label.said}: ${label.path}`,
    ...(copy === undefined ? {} : named(copy.releases)),
    since: sight.firstSeen.get(massKey(mass, label.path)) ?? look.index,
  };
}

function nameOf({ store, name }: Label): string {
  return `what ${store} calls ${name ?? "by its digest"}`;
}

function saidOf(estate: Estate, { digest, container, size }: Mass): string {
  const known: ReadonlySet<string> | undefined = releasesOf(estate, digest);
  const whose = known === undefined ? "of no release" : `of ${[...known].join(", ")}`;
  return `${digest}, a ${container} of ${size} bytes ${whose}`;
}

function releasesOf(estate: Estate, digest: Digest): ReadonlySet<string> | undefined {
  return estate.register.releasesByDigest.get(digest);
}
