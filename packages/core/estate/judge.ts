/**
 * The judge: does sight bear out a writ that was executed? It answers from what probes saw since,
 * and from nothing that anyone said. Silence covers nothing: what was not looked at stays open.
 */

import type { Proceeding } from "../authority/proceeding.ts";
import type { SwitchLink } from "../authority/step.ts";
import type { Place, Writ } from "../authority/writ.ts";
import type { Digest } from "../encoding/digest.ts";
import { type Copy, copiesIn, copyWords, type SeenContent } from "../register/copies.ts";
import type { Coverage } from "../sight/census.ts";
import { controlAltered } from "../sight/control.ts";
import {
  type HeldBy,
  type HostSight,
  holdKey,
  holdsIn,
  type Look,
  massKey,
  notCovered,
} from "../sight/host-sight.ts";
import { ownNames, symlinksOf } from "../sight/own-names.ts";
import type { Estate } from "./estate.ts";
import { notServed, outOfSight, unrenewed } from "./judge-running.ts";
import { storedCopies } from "./stored-copies.ts";

/** One thing seen that the writ says must not be. */
export type Contradiction = {
  readonly what: "copy" | "still-there" | "still-runs" | "link" | "control";
  readonly host: string;
  /** Path, or `pid N (command)`, with the ports where it listens. */
  readonly where: string;
  /** Journal index of the first census that saw it so. */
  readonly since: number;
  /** Journal index of the newest census that saw it so. */
  readonly index: number;
  readonly detail: string;
  readonly release?: string;
  readonly placement?: string;
};

/** A look that covered everything that a writ names on one host. */
export type CoveringLook = {
  readonly host: string;
  /** Journal index of the census. */
  readonly index: number;
  readonly began: string;
  readonly ended: string;
  readonly ledgers: readonly Coverage[];
};

export type Verdict = {
  /** Hosts that were looked at in full since execution, with the census that did. */
  readonly covered: readonly CoveringLook[];
  /** What still stands in the way of saying yes. */
  readonly uncovered: readonly { readonly host: string; readonly why: string }[];
  readonly contradictions: readonly Contradiction[];
  /** Placements that were seen as ordered. */
  readonly asOrdered: readonly string[];
};

/** Judges an executed writ by the estate's sights. */
export function judge(estate: Estate, proceeding: Proceeding): Verdict {
  const { writ, executedIndex } = proceeding;
  const covered: CoveringLook[] = [];
  const uncovered: { host: string; why: string }[] = [];
  const contradictions: Contradiction[] = [];
  const asOrdered: string[] = [];
  if (executedIndex === undefined) return { covered, uncovered, contradictions, asOrdered };
  for (const host of writ.verification.hosts) {
    const sight = estate.sights.get(host);
    const look = sight?.latest;
    if (sight === undefined || look === undefined || look.sinceSize <= executedIndex) {
      uncovered.push({ host, why: "not looked at since the writ was executed" });
      continue;
    }
    const paths = writ.inventory.flatMap((place) =>
      place.host === host && place.path !== undefined ? [place.path] : [],
    );
    const accepted = writ.verification.blindSpots.flatMap((blind) =>
      blind.host === host ? [blind.spot] : [],
    );
    const demanded = writ.verification.vantages;
    const lacking = notCovered(look.census, { paths, demanded, accepted });
    const seen = judgeHost({ estate, writ, sight, fence: proceeding.fenceIndex });
    contradictions.push(...seen.contradictions);
    asOrdered.push(...seen.asOrdered);
    const open = [...lacking, ...seen.unseen];
    if (open.length === 0) covered.push(coveringLook(host, look));
    else uncovered.push(...open.map((why) => ({ host, why })));
  }
  for (const sight of estate.sights.values()) {
    // A copy carried to a host that the writ does not name is as much a copy.
    if (!writ.verification.hosts.includes(sight.host)) {
      contradictions.push(...presences(estate, writ, sight));
    }
  }
  return { covered, uncovered, contradictions, asOrdered };
}

function coveringLook(host: string, { census, index }: Look): CoveringLook {
  const { began, ended, coverage } = census;
  return { host, index, began, ended, ledgers: coverage };
}

/** What one host shows of a writ; `fence` is the index of its first intent. */
export type HostView = {
  readonly estate: Estate;
  readonly writ: Writ;
  readonly sight: HostSight;
  readonly fence: number | undefined;
};

function judgeHost({ estate, writ, sight, fence }: HostView): {
  contradictions: readonly Contradiction[];
  unseen: readonly string[];
  asOrdered: readonly string[];
} {
  const contradictions: Contradiction[] = [
    ...presences(estate, writ, sight),
    ...unrenewed({ estate, writ, sight, fence }),
  ];
  const unseen: string[] = [];
  const asOrdered: string[] = [];
  for (const place of writ.inventory) {
    if (place.kind !== "control" || place.host !== sight.host) continue;
    const seen = judgeControl(estate, place, sight);
    if (typeof seen === "string") unseen.push(seen);
    else if (seen !== undefined) contradictions.push(seen);
  }
  for (const step of writ.steps) {
    if (step.host !== sight.host) continue;
    if (step.step === "switch-link") {
      const seen = judgeLink(step, sight);
      if (seen === "as-ordered") asOrdered.push(step.placement);
      else if (typeof seen === "string") unseen.push(seen);
      else contradictions.push(seen);
    } else if (!contradictions.some(({ placement }) => placement === step.placement)) {
      asOrdered.push(step.placement);
    }
  }
  if (writ.to !== undefined) unseen.push(...notServed(writ, writ.to, sight));
  unseen.push(...outOfSight(writ, sight.host));
  return { contradictions, unseen, asOrdered };
}

/** Digests that only the releases being left have. */
export function leavingDigests(writ: Writ): ReadonlyMap<Digest, string> {
  const staying = new Set(writ.to?.artefacts.map(({ digest }) => digest));
  return new Map(
    writ.from.flatMap((release) =>
      release.artefacts
        .filter(({ digest }) => !staying.has(digest))
        .map(({ digest }): [Digest, string] => [digest, release.release]),
    ),
  );
}

/** Where the releases being left are, though the writ says that they must not be. */
function presences(estate: Estate, writ: Writ, sight: HostSight): readonly Contradiction[] {
  const look = sight.latest;
  if (look === undefined) return [];
  const leaving = leavingDigests(writ);
  const symlinks = symlinksOf(look.census);
  const found: Contradiction[] = [
    ...storedCopies({ register: estate.register, writ, leaving }, sight),
  ];
  for (const mass of look.census.masses) {
    const copy = leftCopy(estate, leaving, mass);
    if (copy === undefined) continue;
    const release = leaving.get(copy.of)!;
    for (const name of ownNames(mass, symlinks)) {
      const placement = placeOf(estate, writ, { host: sight.host, path: name, release });
      if (placement !== undefined && writ.action !== "decommission") continue;
      found.push({
        what: placement === undefined ? "copy" : "still-there",
        host: sight.host,
        where: name,
        since: sight.firstSeen.get(massKey(mass, name)) ?? look.index,
        index: look.index,
        detail: copyWords(copy, `${writ.component}@${release}`),
        release,
        ...(placement === undefined ? {} : { placement }),
      });
    }
  }
  for (const held of holdsIn(look.census)) {
    const copy = keepsAlive(held) ? leftCopy(estate, leaving, held.hold) : undefined;
    if (copy === undefined) continue;
    found.push(heldContradiction(sight, held, { copy, release: leaving.get(copy.of)! }));
  }
  return found;
}

/** What the writ leaves behind, if that is what was seen: in its own bytes, or as a copy. */
function leftCopy(
  { register }: Estate,
  leaving: ReadonlyMap<Digest, string>,
  seen: SeenContent,
): Copy | undefined {
  return copiesIn(register, seen).find(({ of }) => leaving.has(of));
}

/**
 * True if this process runs the bytes, or keeps bytes alive that have no name. One that merely
 * reads a file which is counted by its name (a backup, a checksum) does neither; one that serves
 * does.
 */
export function keepsAlive({ process, hold }: HeldBy): boolean {
  return hold.how !== "open" || hold.deleted || process.listens.length > 0;
}

function heldContradiction(
  sight: HostSight,
  { process, hold }: HeldBy,
  { copy, release }: { readonly copy: Copy; readonly release: string },
): Contradiction {
  const look = sight.latest!;
  const ports = process.listens.length === 0 ? "" : `, listens on ${process.listens.join(", ")}`;
  const gone = `, ${hold.path}${hold.deleted ? " (deleted)" : ""}`;
  return {
    what: hold.deleted && hold.how === "open" ? "copy" : "still-runs",
    host: sight.host,
    where: `pid ${process.pid} (${process.command.join(" ") || "?"})${ports}`,
    since: sight.firstSeen.get(holdKey(look.census, process, hold)) ?? look.index,
    index: look.index,
    detail: `${hold.how}: ${copyWords(copy, `release ${release}`)}${gone}`,
    release,
  };
}

/** The placement that names this very file for this release, when the writ was drawn or now. */
function placeOf(
  estate: Estate,
  writ: Writ,
  spot: { readonly host: string; readonly path: string; readonly release: string },
): string | undefined {
  const drawn = writ.inventory.find(
    (place) =>
      place.kind === "file" &&
      place.host === spot.host &&
      place.path === spot.path &&
      place.release === spot.release,
  );
  if (drawn !== undefined) return drawn.placement;
  for (const { document } of estate.register.placements.values()) {
    if (document.document !== "file" || document.component !== writ.component) continue;
    if (document.host === spot.host && document.path === spot.path) return document.placement;
  }
  return undefined;
}

function judgeLink(step: SwitchLink, sight: HostSight): Contradiction | string {
  const look = sight.latest!;
  const seen = look.census.links.find(({ path }) => path === step.path);
  if (seen === undefined) return `${step.path}: the link was not looked at`;
  const leadsTo = step.line === undefined ? seen.target : seen.value;
  if (leadsTo === step.after) return "as-ordered";
  return {
    what: "link",
    host: sight.host,
    where: step.path,
    since: sight.firstSeen.get(`link\0${step.path}\0${leadsTo ?? ""}`) ?? look.index,
    index: look.index,
    detail: `leads to ${leadsTo ?? "nothing"}; ordered: ${step.after}`,
    placement: step.placement,
  };
}

function judgeControl(
  estate: Estate,
  place: Place,
  sight: HostSight,
): Contradiction | string | undefined {
  const look = sight.latest!;
  const control = estate.register.controls.get(place.placement)?.document;
  if (control === undefined) return undefined;
  const seen = look.census.controls.find((candidate) => candidate.control === control.control);
  if (seen === undefined) return `control ${control.control} was not looked at`;
  const altered = controlAltered(control, seen);
  if (altered === undefined) return undefined;
  const key = `control\0${seen.control}\0${seen.state}\0${seen.value ?? ""}`;
  return {
    what: "control",
    host: sight.host,
    where: control.reading.path,
    since: sight.firstSeen.get(key) ?? look.index,
    index: look.index,
    detail: altered,
    placement: control.control,
  };
}
