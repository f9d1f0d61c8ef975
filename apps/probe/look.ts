/** One complete look at the host: all vantages, one census. */
import { readFileSync } from "node:fs";
import {
  type Assignment,
  assert,
  type Census,
  type SeenProcess,
  type Stored,
  storedMax,
  type Vantage,
} from "@writ/core";
import {
  type BehindMemory,
  type BehindSeen,
  emptyBehindMemory,
  lookBehind,
} from "./behind/behind.ts";
import { eyes } from "./behind/eyes.ts";
import { type ToldStore, vantageOf } from "./behind/told-store.ts";
import { answersTo } from "./challenge/answers.ts";
import { joinedMasses, lookAtContainers } from "./containers/containers.ts";
import type { LayerMemory } from "./containers/layer-blob.ts";
import { lookAtControls } from "./controls/controls.ts";
import { openLedger } from "./coverage.ts";
import { type EndpointMemory, lookAtEndpoints } from "./endpoints/endpoints.ts";
import { lookAtEvidence } from "./evidence.ts";
import type { DigestCache } from "./files/digest-cache.ts";
import { lookAtFiles } from "./files/files.ts";
import { type Inspector, openInspector } from "./files/inspector.ts";
import { openMassTable } from "./files/mass-table.ts";
import { type Place, placeOf, placeText } from "./files/place.ts";
import { openMetFiles } from "./harnesses/harnesses.ts";
import { type NetworkMemory, openNetworkMemory } from "./network/network.ts";
import { lookAtProcesses } from "./processes/processes.ts";
import type { Folders } from "./watch/folder-watch.ts";

/** Cached digests read again in each look, unless told otherwise: all within a few dozen looks. */
export const rereadChanceUsual = 0.02;

export type Progress = {
  readonly vantage: Vantage;
  readonly entries: number;
  readonly bytes: number;
  /** As documents write it: render it inert before showing it. */
  readonly path: string;
};

export type LookParts = {
  /** Absolute, as documents write paths; roots within others are counted once. */
  readonly roots: readonly string[];
  readonly assignment: Assignment;
  /** Milliseconds since the epoch. */
  readonly clock: { now(): number };
  /** From 0 up to, not including, 1: where samples lie, and what is read again. */
  readonly random: () => number;
  readonly cache: DigestCache;
  readonly rereadChance: number;
  /** Places not looked at; each is a gap. */
  readonly excluded?: readonly string[];
  readonly onProgress?: (progress: Progress) => void;
  /** A file's bytes are not what its unchanged ctime promised: somebody forges times. */
  readonly onForged?: (path: string) => void;
  /** Told which folders the look read: what a watch follows until the next one. */
  readonly onFolders?: (folders: Folders) => void;
  /** Asked for a model API besides what listens on this host. */
  readonly urls?: readonly URL[];
  /** Kept from one look to the next: what need not be asked again so soon. */
  readonly endpointMemory?: EndpointMemory;
  /** Sockets of container engines and folders of image stores; absolute, as documents write. */
  readonly engines?: readonly string[];
  /** Kept from one look to the next: layers that need not be gone through again. */
  readonly layerMemory?: LayerMemory;
  /** Registries, buckets, hubs and other hosts to look into. */
  readonly stores?: readonly ToldStore[];
  /** Kept from one look to the next: objects in stores that need not be read again. */
  readonly behindMemory?: BehindMemory;
  /** Told what of the stores is yet to be compared; to be closed when that is done. */
  readonly onBehind?: (seen: BehindSeen) => void;
  /** Kept from one look to the next, and glanced at between them: what came and went. */
  readonly networkMemory?: NetworkMemory;
  /** `/proc`, unless a test has its own. */
  readonly proc?: string;
};

/** Counts the host. Never throws for anything that it finds there; what it cannot see are gaps. */
export async function look(parts: LookParts): Promise<Census> {
  const { clock, assignment } = parts;
  const proc = parts.proc ?? "/proc";
  const began = clock.now();
  const sizes = new Set(assignment.artefacts.map(({ size }) => size));
  const inspector = inspectorFor(parts, sizes);
  const vantage = openVantages(parts);
  const behind = openBehind(parts, vantage, sizes);
  const network = parts.networkMemory ?? openNetworkMemory(proc, () => clock.now());
  network.flows.glance();
  const ofControls = vantage("controls", []);
  const { controls, links } = await ofControls.during(() =>
    lookAtControls({ ...ofControls.parts, proc, assignment }),
  );
  const ofProcesses = vantage("processes", []);
  const processesNow = () => lookAtProcesses({ ...ofProcesses.parts, proc, inspector });
  const before = await ofProcesses.during(processesNow);
  const ofFiles = vantage("files", parts.roots);
  const table = openMassTable(inspector, ofFiles.parts.ledger);
  const roots = parts.roots.map(absolute);
  const excluded = (parts.excluded ?? []).map(absolute);
  const met = openMetFiles();
  const folders = await ofFiles.during(() =>
    lookAtFiles({ ...ofFiles.parts, proc, roots, excluded, table, onFile: met.meet }),
  );
  const ofContainers = vantage("containers", []);
  const ownTable = openMassTable(inspector, ofContainers.parts.ledger);
  const walk = { ...ofContainers.parts, proc, excluded, table: ownTable };
  const containers = await ofContainers.during(() =>
    lookAtContainers({
      ...ofContainers.parts,
      ...{ roots, sizes, masses: table.masses() },
      engines: (parts.engines ?? []).map(absolute),
      memory: parts.layerMemory ?? new Map(),
      walk: (inside) => lookAtFiles({ ...walk, roots: inside }).then(() => ownTable.masses()),
    }),
  );
  // Processes once more: what passed from a name to an open file or back while the names were being
  // read, is met on one side or the other.
  const after = await ofProcesses.during(processesNow);
  const ofEndpoints = vantage("endpoints", []);
  const endpoints = await ofEndpoints.during(() => endpointsOf(parts, ofEndpoints.parts, after));
  const masses = joinedMasses(table.masses(), containers.masses);
  const processes = bothTimes(before, after);
  const { ledgers: more, ...evidence } = await lookAtEvidence({
    ...{ vantage, proc, network, masses, processes, met: met.places },
    filesLedger: ofFiles.parts.ledger,
  });
  const seenBehind = await behind.seen;
  const own = [ofFiles, ofProcesses, ofControls, ofEndpoints, ofContainers];
  const ledgers = [...own, ...more, ...behind.vantages];
  parts.cache.settle();
  parts.onFolders?.(folders);
  return {
    version: 1,
    ...{ host: assignment.host, boot: bootOf(proc) },
    ...timesOf(began, clock.now()),
    ...{ masses, processes, ...evidence },
    links: merged(links, table.links()),
    controls,
    endpoints,
    engines: containers.engines,
    stored: [...containers.stored, ...seenBehind].slice(0, storedMax),
    ...answersTo(assignment),
    coverage: ledgers.map((one) => one.close()),
  };
}

function endpointsOf(
  { proc = "/proc", urls = [], endpointMemory: memory = new Map(), clock }: LookParts,
  own: ReturnType<Vantages>["parts"],
  processes: readonly SeenProcess[],
) {
  return lookAtEndpoints({ ...own, proc, processes, urls, memory, now: () => clock.now() });
}

function inspectorFor(parts: LookParts, sizes: ReadonlySet<number>): Inspector {
  const { cache, random, rereadChance, clock, onForged } = parts;
  return openInspector({
    ...{ cache, sizes, random, rereadChance },
    now: () => clock.now(),
    onForged: (place) => onForged?.(placeText(place)),
  });
}

/** True if a path is one that a probe can have as a root. */
export function isRoot(path: string): boolean {
  return placeOf(path) !== undefined;
}

function absolute(path: string): Place {
  const place = placeOf(path);
  assert(place !== undefined, "roots were checked to be absolute paths");
  return place;
}

function openVantages({ clock, onProgress }: LookParts) {
  return (vantage: Vantage, roots: readonly string[]) => {
    const ledger = openLedger(vantage, roots);
    let spent = 0;
    const onEach = (place: string): void => {
      const { entries, bytes } = ledger;
      onProgress?.({ vantage, entries, bytes, path: placeText(place) });
    };
    return {
      parts: { ledger, onProgress: onEach },
      /** Runs a part of this vantage's look, on its own account of time. */
      async during<T>(work: () => T | Promise<T>): Promise<T> {
        const began = clock.now();
        try {
          return await work();
        } finally {
          spent += clock.now() - began;
        }
      },
      close: () => ledger.close(spent),
    };
  };
}

export type Vantages = ReturnType<typeof openVantages>;

/** Begins to look into stores while the host itself is looked at: they are slow, and elsewhere. */
function openBehind(parts: LookParts, vantage: Vantages, sizes: ReadonlySet<number>) {
  const { stores = [], assignment, clock, random, rereadChance } = parts;
  const opened = new Map(
    stores.map(({ kind }) => [vantageOf[kind], vantage(vantageOf[kind], [])] as const),
  );
  const look = async (): Promise<readonly Stored[]> => {
    const seen = await lookBehind({
      ...{ stores, sizes, random, rereadChance, eyes, artefacts: assignment.artefacts },
      memory: parts.behindMemory ?? emptyBehindMemory(),
      ledgerOf: (name) => opened.get(name)!.parts.ledger,
      onProgress: (place) => [...opened.values()][0]?.parts.onProgress(place),
      now: () => clock.now(),
    });
    if (parts.onBehind === undefined) seen.close();
    else parts.onBehind(seen);
    return seen.stored;
  };
  // They are looked at side by side: the time of one is that of all.
  const all = [...opened.values()].reduce(
    (work, one) => () => one.during(work),
    look as () => Promise<readonly Stored[]>,
  );
  return { vantages: [...opened.values()], seen: stores.length === 0 ? [] : all() };
}

/** Processes seen at either time, each with all that it held at either. */
function bothTimes(
  before: readonly SeenProcess[],
  after: readonly SeenProcess[],
): readonly SeenProcess[] {
  const all = new Map(after.map((process) => [`${process.pid} ${process.started}`, process]));
  for (const process of before) {
    const key = `${process.pid} ${process.started}`;
    const later = all.get(key);
    const held = new Set(
      later?.holds.map(({ how, inode }) => `${how} ${inode.device}:${inode.inode}`),
    );
    const gone = process.holds.filter(
      ({ how, inode }) => !held.has(`${how} ${inode.device}:${inode.inode}`),
    );
    all.set(key, later === undefined ? process : { ...later, holds: [...later.holds, ...gone] });
  }
  return [...all.values()].sort((a, b) => a.pid - b.pid || a.started - b.started);
}

/** Links that the register names come first, and once. */
function merged(named: Census["links"], met: Census["links"]): Census["links"] {
  const paths = new Set(named.filter((link) => link.value === undefined).map(({ path }) => path));
  return [...named, ...met.filter(({ path }) => !paths.has(path))];
}

function timesOf(began: number, ended: number): Pick<Census, "began" | "ended"> {
  return { began: new Date(began).toISOString(), ended: new Date(ended).toISOString() };
}

/** Differs at each boot (random(4)). */
function bootOf(proc: string): string {
  try {
    return readFileSync(`${proc}/sys/kernel/random/boot_id`, "utf8").trim().slice(0, 64);
  } catch {
    return "unknown";
  }
}
