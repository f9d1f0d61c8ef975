/**
 * The register: what ought to exist and run. Documents come in by human signature; a release, once
 * said, keeps its bytes for good, and its lifecycle moves only through a fulfilled writ.
 */

import type { Digest } from "../encoding/digest.ts";
import { type Refused, refused, unreachable } from "../encoding/refusal.ts";
import { badTarget } from "./deployment.ts";
import type {
  Artefact,
  Component,
  Control,
  DeploymentPlacement,
  Host,
  Lifecycle,
  Placement,
  RegisterDocument,
  Release,
} from "./document.ts";
import { leavePlace, type Places, placesAt, removePlace, setPlacement } from "./places.ts";
import { type Fields, type Said, type Saying, said } from "./said.ts";

export type RegisteredRelease = {
  readonly document: Release;
  readonly index: number;
  readonly fields?: Fields;
  readonly lifecycle: Lifecycle;
  /** Journal index since which the lifecycle stands. */
  readonly lifecycleSince: number;
};

export type Register = {
  /** Counts changes: what was drawn from one version need not be drawn again from it. */
  version: number;
  readonly components: Map<string, Said<Component>>;
  /** By `component@release`. */
  readonly releases: Map<string, RegisteredRelease>;
  readonly placements: Map<string, Said<Placement>>;
  readonly controls: Map<string, Said<Control>>;
  readonly hosts: Map<string, Said<Host>>;
  /** By host: ids of the placements and controls there, and how often they changed. */
  readonly places: Map<string, Places>;
  /** Which releases hold an artefact of this content. */
  readonly releasesByDigest: Map<Digest, Set<string>>;
  /** Indexes of the entries that said anything of a component. */
  readonly entriesOf: Map<string, Set<number>>;
  /** By the index of a register entry: who said it. */
  readonly sayings: Map<number, Saying>;
};

/** A register change, as a `register` entry says it. */
export type RegisterChange = {
  readonly set: readonly RegisterDocument[];
  /** Ids of placements and controls that ought no longer to be. */
  readonly remove: readonly string[];
};

export function emptyRegister(): Register {
  return {
    version: 0,
    components: new Map(),
    releases: new Map(),
    placements: new Map(),
    controls: new Map(),
    hosts: new Map(),
    places: new Map(),
    releasesByDigest: new Map(),
    entriesOf: new Map(),
    sayings: new Map(),
  };
}

/** The key of a release in {@link Register.releases}. */
export function releaseKey(component: string, release: string): string {
  return `${component}@${release}`;
}

/** Why this change may not be made; `undefined` if it may. */
export function checkChange(register: Register, change: RegisterChange): Refused | undefined {
  const coming = new Map<string, RegisterDocument>();
  for (const document of change.set) {
    const key = documentKey(document);
    if (coming.has(key)) return refused("conflicting-register", `${key} stands twice`);
    coming.set(key, document);
  }
  for (const document of change.set) {
    const problem = checkDocument(register, document, coming);
    if (problem !== undefined) return problem;
  }
  for (const id of change.remove) {
    if (!register.placements.has(id) && !register.controls.has(id)) {
      return refused("unknown-reference", `no placement or control ${id} to remove`);
    }
  }
  return undefined;
}

/** Makes a checked change, in place. */
export function applyChange(register: Register, change: RegisterChange, index: number): void {
  register.version += 1;
  for (const id of change.remove) {
    const gone = register.placements.get(id) ?? register.controls.get(id);
    if (gone !== undefined) register.entriesOf.get(gone.document.component)?.add(index);
    removePlace(register, id);
  }
  for (const document of change.set) {
    if (document.document !== "host") {
      const entries = register.entriesOf.get(document.component) ?? new Set();
      register.entriesOf.set(document.component, entries.add(index));
    }
    switch (document.document) {
      case "component":
        register.components.set(
          document.component,
          said(register.components.get(document.component), { document, index, by: index }),
        );
        break;
      case "release":
        setRelease(register, document, index);
        break;
      case "file":
      case "link":
      case "service":
      case "deployment":
        setPlacement(
          register,
          said(register.placements.get(document.placement), { document, index, by: index }),
        );
        break;
      case "control":
        leavePlace(register, document.control, document.host);
        register.controls.set(
          document.control,
          said(register.controls.get(document.control), { document, index, by: index }),
        );
        placesAt(register, document.host).ids.add(document.control);
        break;
      case "host":
        register.hosts.set(
          document.host,
          said(register.hosts.get(document.host), { document, index, by: index }),
        );
        placesAt(register, document.host);
        break;
      default:
        unreachable(document);
    }
  }
}

/** The artefacts that only this release has: what tells it from the other one. */
export function distinguishing(release: Release, other: Release | undefined): readonly Artefact[] {
  const shared = new Set(other?.artefacts.map(({ digest }) => digest));
  return release.artefacts.filter(({ digest }) => !shared.has(digest));
}

/** What a document is of, and its id: two of the same key say something of one thing. */
export function documentKey(document: RegisterDocument): string {
  switch (document.document) {
    case "component":
      return `component ${document.component}`;
    case "release":
      return `release ${releaseKey(document.component, document.release)}`;
    case "control":
      return `id ${document.control}`;
    case "host":
      return `host ${document.host}`;
    case "file":
    case "link":
    case "service":
    case "deployment":
      return `id ${document.placement}`;
    default:
      return unreachable(document);
  }
}

function checkDocument(
  register: Register,
  document: RegisterDocument,
  coming: ReadonlyMap<string, RegisterDocument>,
): Refused | undefined {
  if (document.document === "component" || document.document === "host") return undefined;
  const { component } = document;
  if (!register.components.has(component) && !coming.has(`component ${component}`)) {
    return refused("unknown-reference", `component ${component} is not registered`);
  }
  switch (document.document) {
    case "release":
      return checkRelease(register, document);
    case "control":
      return register.placements.has(document.control)
        ? refused("conflicting-register", `${document.control} is a placement`)
        : undefined;
    case "file":
    case "link":
    case "service":
    case "deployment":
      return checkPlacement(register, document, coming);
    default:
      return unreachable(document);
  }
}

function checkRelease(register: Register, document: Release): Refused | undefined {
  const key = releaseKey(document.component, document.release);
  if (document.artefacts.length === 0 && document.lifecycle !== "proposed") {
    return refused("conflicting-register", `release ${key} names no artefact to know it by`);
  }
  const names = new Set(document.artefacts.map(({ name }) => name));
  if (names.size !== document.artefacts.length) {
    return refused("conflicting-register", `release ${key} names an artefact twice`);
  }
  const known = register.releases.get(key);
  // A release that was only described becomes one when its bytes are first named.
  if (known === undefined || known.document.artefacts.length === 0) return undefined;
  const bytes = (release: Release) =>
    release.artefacts.map(({ name, digest, size }) => `${name}\0${digest}\0${size}`).join("\0\0");
  if (bytes(known.document) !== bytes(document)) {
    return refused("conflicting-register", `release ${key} is registered with other bytes`);
  }
  if (document.lifecycle !== known.lifecycle) {
    return refused("lifecycle-by-writ-only", `release ${key} is ${known.lifecycle}; order a writ`);
  }
  return undefined;
}

function checkPlacement(
  register: Register,
  document: Placement,
  coming: ReadonlyMap<string, RegisterDocument>,
): Refused | undefined {
  const { placement, component } = document;
  if (register.controls.has(placement)) {
    return refused("conflicting-register", `${placement} is a control`);
  }
  const release = (name: string): Release | undefined => {
    const found = releaseNamed(name);
    return found?.artefacts.length === 0 ? undefined : found;
  };
  const releaseNamed = (name: string): Release | undefined => {
    const next = coming.get(`release ${releaseKey(component, name)}`);
    if (next?.document === "release") return next;
    return register.releases.get(releaseKey(component, name))?.document;
  };
  const unknown = (name: string) => {
    const lacks = releaseNamed(name) === undefined ? "is not registered" : "names no artefact yet";
    return refused("unknown-reference", `${placement}: release ${component}@${name} ${lacks}`);
  };
  const own = release(document.release);
  if (own === undefined) return unknown(document.release);
  if (document.document === "file") {
    return own.artefacts.some(({ name }) => name === document.artefact)
      ? undefined
      : refused("unknown-reference", `${placement}: no artefact ${document.artefact}`);
  }
  if (document.document === "service") {
    const stranger = document.serves?.find((served) => release(served.release) === undefined);
    return stranger === undefined ? undefined : unknown(stranger.release);
  }
  if (document.document === "link" || document.document === "deployment") {
    const stranger = document.targets.find((target) => release(target.release) === undefined);
    if (stranger !== undefined) return unknown(stranger.release);
    if (!document.targets.some((target) => target.release === document.release)) {
      return refused("conflicting-register", `${placement} has no target for ${document.release}`);
    }
  }
  return document.document === "deployment" ? checkTargets(document) : undefined;
}

function checkTargets({ placement, deployment, targets }: DeploymentPlacement) {
  for (const { target } of targets) {
    const wanted = badTarget(deployment, target);
    if (wanted === undefined) continue;
    return refused("conflicting-register", `${placement}: ${target} is not ${wanted}`);
  }
  return undefined;
}

function setRelease(register: Register, document: Release, index: number): void {
  const key = releaseKey(document.component, document.release);
  const earlier = register.releases.get(key);
  const known = earlier?.document.artefacts.length === 0 ? undefined : earlier;
  register.releases.set(key, {
    ...said(earlier, { document, index: known?.index ?? index, by: index }),
    lifecycle: known?.lifecycle ?? document.lifecycle,
    lifecycleSince: known?.lifecycleSince ?? index,
  });
  for (const { digest } of document.artefacts) {
    const holders = register.releasesByDigest.get(digest) ?? new Set();
    register.releasesByDigest.set(digest, holders.add(key));
  }
}
