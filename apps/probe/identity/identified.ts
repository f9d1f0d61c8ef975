/** A census with what its masses and holds are copies of; what could not be compared is a gap. */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readdirSync } from "node:fs";
import {
  type Assignment,
  type Census,
  type Digest,
  type Flow,
  type Gap,
  type Hold,
  type Identity,
  namesMax,
  type Stored,
} from "@writ/core";
import {
  type Comparable,
  distantCandidates,
  distantCopies,
  withDistantGaps,
} from "../behind/comparable.ts";
import { pathIn } from "../containers/layer-blob.ts";
import { instantOf } from "../files/mass-table.ts";
import { placeBuffer, placeOf } from "../files/place.ts";
import type { Candidate, Recogniser } from "./recogniser.ts";

export type IdentifyParts = {
  readonly recogniser: Recogniser;
  readonly assignment: Assignment;
  /** `/proc`. */
  readonly proc?: string;
  /** What lies in stores, with the census' own rows about it. */
  readonly comparable?: readonly Comparable[];
};

/** Fills in `known`; a content is compared once, whatever number of names and holds it has. */
export async function identified(census: Census, parts: IdentifyParts): Promise<Census> {
  const { recogniser, assignment } = parts;
  const registered = new Set(assignment.artefacts.map(({ digest }) => digest));
  const { comparable = [] } = parts;
  const found = [
    ...massCandidates(census, registered),
    ...holdCandidates(census, parts),
    ...distantCandidates(comparable, registered),
  ];
  const candidates = new Map<Digest, Candidate>();
  for (const candidate of found) {
    if (!candidates.has(candidate.digest)) candidates.set(candidate.digest, candidate);
  }
  const { known, open } = await recogniser.recognise(
    [...candidates.values()],
    assignment.artefacts,
  );
  const masses = census.masses.map((mass) => {
    const identities = known.get(mass.digest);
    return identities === undefined ? mass : { ...mass, known: identities };
  });
  const processes = census.processes.map((process) => ({
    ...process,
    holds: process.holds.map((hold) => {
      const identities = hold.digest === undefined ? undefined : known.get(hold.digest);
      return identities === undefined ? hold : { ...hold, known: identities };
    }),
  }));
  const { stored, flows } = census;
  const coverage = withDistantGaps(withGaps(census, open), comparable, open);
  const distant = distantCopies(comparable, known);
  const local = withCopies(masses);
  const told = stored?.map((row) => distant(row) ?? local(row));
  return {
    ...{ ...census, masses, processes, coverage },
    ...(told === undefined ? {} : { stored: told }),
    ...(flows === undefined ? {} : { flows: flows.map((flow) => withIdentities(flow, known)) }),
  };
}

function withIdentities(flow: Flow, known: ReadonlyMap<Digest, readonly Identity[]>): Flow {
  const carried = flow.carried.map((one) => {
    const identities = known.get(one.digest);
    return identities === undefined ? one : { ...one, known: identities };
  });
  return { ...flow, carried };
}

/** What a file in a store is a copy of: as the mass that it is, or as a member of the layer's. */
function withCopies(masses: Census["masses"]): (stored: Stored) => Stored {
  const byName = new Map(masses.flatMap((mass) => mass.names.map((name) => [name, mass] as const)));
  return (stored) => {
    const { mass, packed, path, size } = stored;
    const known = byName.get(packed ?? mass ?? "")?.known ?? [];
    const copies = known.filter(
      ({ within }) =>
        packed === undefined ||
        (within !== undefined && within.size === size && pathIn(within) === path),
    );
    return copies.length === 0 ? stored : { ...stored, copies };
  };
}

/** Masses that may hold weights; the plain ones of a registered size are no models. */
function massCandidates(census: Census, registered: ReadonlySet<Digest>): Candidate[] {
  return census.masses.flatMap(({ kind, digest, size, names, inode, changed }) => {
    if (kind === "plain" && registered.has(digest)) return [];
    const open = (): number | undefined => {
      for (const name of names) {
        const place = placeOf(name);
        const file = place === undefined ? undefined : opened(placeBuffer(place));
        if (file === undefined) continue;
        const stat = fstatSync(file, { bigint: true });
        if (isInode(stat, inode) && instantOf(stat.ctimeNs) === changed) return file;
        closeSync(file);
      }
      return undefined;
    };
    return [{ digest, size, isRegistered: registered.has(digest), open }];
  });
}

function holdCandidates(
  census: Census,
  { assignment, proc = "/proc" }: IdentifyParts,
): Candidate[] {
  const registered = new Set(assignment.artefacts.map(({ digest }) => digest));
  return census.processes.flatMap(({ pid, holds }) =>
    holds.flatMap((hold) => {
      const { digest, size } = hold;
      if (digest === undefined || hold.container === "elf") return [];
      const open = (): number | undefined => openHeld(`${proc}/${pid}`, hold);
      return [{ digest, size, isRegistered: registered.has(digest), open }];
    }),
  );
}

/** The file that a process holds, by the kernel's own links. */
function openHeld(folder: string, { inode, path }: Hold): number | undefined {
  const links = ["fd", "map_files"].flatMap((name) => namesIn(`${folder}/${name}`));
  const place = placeOf(path);
  const named = place === undefined ? [] : [Buffer.from(`${folder}/root${place}`, "latin1")];
  for (const link of [`${folder}/exe`, ...links].map((text) => Buffer.from(text)).concat(named)) {
    const file = opened(link, true);
    if (file === undefined) continue;
    if (isInode(fstatSync(file, { bigint: true }), inode)) return file;
    closeSync(file);
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function opened(path: Buffer, follow = true): number | undefined {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_NOATIME } = constants;
  const flags = O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
  for (const more of [O_NOATIME, 0]) {
    try {
      const file = openSync(path, flags | more);
      if (fstatSync(file).isFile()) return file;
      closeSync(file);
      return undefined;
    } catch (error) {
      // Only the owner may ask for O_NOATIME.
      if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
    }
  }
  return undefined;
}

function isInode(stat: BigIntStats, { device, inode }: Hold["inode"]): boolean {
  return String(stat.dev) === device && String(stat.ino) === inode;
}

/** What was not compared to the end may be a copy: silence about it would pass for "unrelated". */
function withGaps(census: Census, open: ReadonlySet<Digest>): Census["coverage"] {
  const masses = census.masses.filter(({ digest }) => open.has(digest));
  const named = new Set(masses.map(({ digest }) => digest));
  const held = census.processes.flatMap(({ pid, holds }) =>
    holds.flatMap(({ digest }) =>
      digest !== undefined && open.has(digest) && !named.has(digest) ? [`/proc/${pid}`] : [],
    ),
  );
  const more = {
    files: masses.map(({ names }) => names[0]!),
    processes: [...new Set(held)],
  } as const;
  return census.coverage.map((ledger) => {
    const places =
      ledger.vantage === "files" || ledger.vantage === "processes" ? more[ledger.vantage] : [];
    if (places.length === 0) return ledger;
    const gaps: Gap[] = places.map((where) => ({ where, why: "limit" }));
    const listed = [...ledger.gaps, ...gaps].slice(0, namesMax);
    return { ...ledger, gaps: listed, gapsTotal: ledger.gapsTotal + gaps.length };
  });
}
