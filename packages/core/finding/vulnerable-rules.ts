/** Register × observation: what is there has a vulnerability that somebody said affects it. */
import type { Digest } from "../encoding/digest.ts";
import type { Estate } from "../estate/estate.ts";
import type { Vulnerability } from "../register/document.ts";
import { saidBy } from "../register/said.ts";
import { holdKey, holdsIn, holdWords, massKey } from "../sight/host-sight.ts";
import { type Case, type Pause, pause } from "./finding.ts";

type Affected = {
  readonly key: string;
  readonly component: string;
  readonly release: string;
  readonly entry: number;
  readonly vulnerabilities: readonly Vulnerability[];
};

/** Masses between two pauses: about a millisecond's work. */
const massesPerPause = 500;

/** Files and processes that hold the bytes of a release with a vulnerability that affects it. */
export function* vulnerable(estate: Estate): Iterable<Case | Pause> {
  const affected = affectedReleases(estate);
  if (affected.size === 0) return;
  for (const sight of estate.sights.values()) {
    const look = sight.latest;
    if (look === undefined) continue;
    for (const [at, mass] of look.census.masses.entries()) {
      if (at % massesPerPause === 0) yield pause;
      for (const one of affected.get(mass.digest) ?? []) {
        const where = mass.names.join(", ");
        const seen = Math.min(
          ...mass.names.map((name) => sight.firstSeen.get(massKey(mass, name)) ?? look.index),
        );
        const says = `a file of it is here (${mass.digest})`;
        yield caseOf(one, { host: sight.host, where, seen, says, entry: look.index });
      }
    }
    for (const { process, hold } of holdsIn(look.census)) {
      if (hold.digest === undefined) continue;
      for (const one of affected.get(hold.digest) ?? []) {
        const seen = sight.firstSeen.get(holdKey(look.census, process, hold)) ?? look.index;
        const where = `pid ${process.pid} (${process.command.join(" ")})`;
        const says = `a process holds it (${holdWords(hold)})`;
        yield caseOf(one, { host: sight.host, where, seen, says, entry: look.index });
      }
    }
  }
}

function caseOf(
  { key, component, release, entry, vulnerabilities }: Affected,
  at: {
    readonly host: string;
    readonly where: string;
    readonly seen: number;
    readonly says: string;
    readonly entry: number;
  },
): Case {
  const ids = vulnerabilities.map(({ id }) => id).join(", ");
  return {
    host: at.host,
    where: at.where,
    component,
    release,
    // It contradicts from when both are so: it is there, and is known to be affected.
    since: Math.max(at.seen, entry),
    left: { kind: "register", says: `${key} is affected by ${ids}`, entry },
    right: { kind: "observation", says: at.says, entry: at.entry },
    advice:
      "Order it replaced, or sign that it is not affected: ./writ register import a VEX file.",
  };
}

type AffectedAs = {
  readonly version: number;
  readonly found: ReadonlyMap<Digest, readonly Affected[]>;
};
const affectedFrom = new WeakMap<object, AffectedAs>();

/** By the content of their artefacts: releases that some vulnerability affects. */
function affectedReleases({ register }: Estate): AffectedAs["found"] {
  const { version, releases } = register;
  const known = affectedFrom.get(releases);
  if (known?.version === version) return known.found;
  const found = derivedAffected(register);
  affectedFrom.set(releases, { version, found });
  return found;
}

function derivedAffected(register: Estate["register"]): AffectedAs["found"] {
  const found = new Map<Digest, Affected[]>();
  for (const [key, said] of register.releases) {
    const { component, release, artefacts, vulnerabilities = [] } = said.document;
    const affecting = vulnerabilities.filter(({ state }) => state === "affected");
    if (affecting.length === 0) continue;
    const entry = saidBy(said, "vulnerabilities");
    const affected = { key, component, release, entry, vulnerabilities: affecting };
    for (const { digest } of artefacts) {
      found.set(digest, [...(found.get(digest) ?? []), affected]);
    }
  }
  return found;
}
