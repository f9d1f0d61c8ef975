/**
 * What the register holds: components, releases, placements, controls. Each document says what
 * ought to be; none of them is evidence that it is.
 */
import {
  digest,
  integer,
  list,
  matching,
  object,
  oneOf,
  optional,
  type Shape,
  type Shaped,
  tagged,
  text,
} from "../encoding/shape.ts";
import { controlReading } from "../sight/assignment.ts";
import { blindSpotShape } from "../sight/blind-spot.ts";
import { pathLengthMax } from "../sight/census.ts";
import { challengeShape, challengesMax } from "../sight/challenge.ts";
import { deploymentSystem } from "./deployment.ts";
import { placePath } from "./place-path.ts";

/** Ids are compared by eye at two in the morning: plain ASCII, no spaces. */
const id = matching(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}$/, "a plain id of at most 128");

export { placePath } from "./place-path.ts";

export const componentKinds = ["model", "agent", "monitor", "tool", "dataset"] as const;
export const lifecycles = ["proposed", "approved", "active", "retired", "destroyed"] as const;
export type Lifecycle = (typeof lifecycles)[number];

const artefact = object({
  /** Name inside the release, such as `model.gguf`. */
  name: text(512),
  digest,
  size: integer(0, Number.MAX_SAFE_INTEGER),
  /** Xet file hash, as a hub publishes it: 64 hex digits. */
  xet: optional(matching(/^[0-9a-f]{64}$/, "a Xet hash of 64 hex digits")),
});
export type Artefact = Shaped<typeof artefact>;

const component = object({
  document: oneOf("component"),
  component: id,
  kind: oneOf(...componentKinds),
  owner: text(256),
  purpose: optional(text(2048)),
  /** How others write its name, where that is no plain id. */
  name: optional(text(512)),
  /** Whom others name as its maker. */
  publisher: optional(text(256)),
});

const severity = oneOf("critical", "high", "medium", "low");
/** Where a known vulnerability stands, in the words of VEX. */
export const vulnerabilityStates = [
  "affected",
  "not_affected",
  "fixed",
  "under_investigation",
] as const;

const vulnerability = object({
  /** As its source numbers it: `CVE-2026-7482`, `GHSA-…`. */
  id: text(256),
  state: oneOf(...vulnerabilityStates),
  /** Who says so: a database, an advisory, an audit. */
  source: optional(text(512)),
  severity: optional(severity),
  found: optional(text(64)),
  detail: optional(text(1024)),
});
export type Vulnerability = Shaped<typeof vulnerability>;

const defect = object({
  what: text(1024),
  found: text(24, 24),
  source: optional(text(512)),
  severity: optional(severity),
});

const release = object({
  document: oneOf("release"),
  component: id,
  release: id,
  /**
   * Weights and other files by content. None only while it is `proposed`: a release is known by its
   * bytes, and one that is merely described can be placed nowhere.
   */
  artefacts: list(artefact, 10_000),
  /** Where it stands when first registered. From then on only writs move it. */
  lifecycle: oneOf("proposed", "approved", "active", "retired"),
  source: optional(text(2048)),
  /** Revision of that source. */
  commit: optional(text(256)),
  /** Package URL: by it, vulnerabilities are matched. */
  purl: optional(text(1024)),
  licences: optional(list(text(256), 100)),
  intendedUse: optional(list(text(2048), 100)),
  /** What it is known not to do well. */
  limits: optional(list(text(2048), 100)),
  /** The data that it was trained on, by reference. */
  training: optional(list(text(2048), 100)),
  /** What it was made from, and how. */
  derivedFrom: optional(list(object({ what: text(512), how: optional(text(128)) }), 100)),
  defects: optional(list(defect, 100)),
  vulnerabilities: optional(list(vulnerability, 200)),
});

const filePlacement = object({
  document: oneOf("file"),
  placement: id,
  host: id,
  path: placePath,
  component: id,
  release: id,
  artefact: text(512),
});

/** One value in a configuration file, in the formats that can be rewritten without loss. */
const configLine = object({ format: oneOf("env", "ini"), key: text(512) });

/** What decides which release a service runs: a symlink, or one value in a configuration file. */
const linkPlacement = object({
  document: oneOf("link"),
  placement: id,
  host: id,
  path: placePath,
  /** Absent: a symlink. Present: the key of a config file that holds the target. */
  line: optional(configLine),
  component: id,
  /** The release that it should lead to now. */
  release: id,
  /** For each release it may lead to, the target as written. */
  targets: list(object({ release: id, target: text(pathLengthMax) }), 1000),
});

const processManager = object({
  manager: oneOf("process"),
  command: list(text(4096), 256),
  directory: placePath,
  pidFile: placePath,
  logFile: placePath,
  /** Seconds between the polite signal and the hard one. */
  stopSeconds: integer(1, 600),
});
const systemdManager = object({
  manager: oneOf("systemd"),
  unit: matching(/^[A-Za-z0-9:_.@-]{1,255}\.service$/, "a systemd service unit name"),
});

export type ServiceManager = Shaped<typeof processManager> | Shaped<typeof systemdManager>;
export const serviceManager: Shape<ServiceManager> = tagged<ServiceManager>("manager", {
  process: processManager,
  systemd: systemdManager,
});

/** A process that serves the component. The weights that it maps say which release it runs. */
const servicePlacement = object({
  document: oneOf("service"),
  placement: id,
  host: id,
  component: id,
  release: id,
  service: serviceManager,
  /** TCP ports on which it ought to listen. */
  ports: list(integer(1, 65_535), 64),
  /** By which name its endpoint ought to call each release that it may serve. */
  serves: optional(list(object({ release: id, name: text(512) }), 1000)),
});

/** A system with an interface of its own that decides which release runs. */
const deploymentPlacement = object({
  document: oneOf("deployment"),
  placement: id,
  host: id,
  component: id,
  /** The release that it should run now. */
  release: id,
  deployment: deploymentSystem,
  /** For each release that it may run, the target as the system writes it. */
  targets: list(object({ release: id, target: text(pathLengthMax) }), 1000),
});

const control = object({
  document: oneOf("control"),
  control: id,
  host: id,
  /** The component that it stops or rolls back. */
  component: id,
  reading: controlReading,
  /** The value that must be in force, as text: `true`, `0`, `https://…`. */
  expected: text(4096, 0),
  owner: optional(integer(0, 4_294_967_295)),
  mode: optional(matching(/^0[0-7]{3,4}$/, "octal permission bits such as 0644")),
});

const deposit = object({
  /** The store as its probe was told of it: `https://registry.example:5000`. */
  store: text(2048),
  /** What it is part of there, as a census tells it; with a final `*`, all that begin so. */
  holder: text(1024),
  component: id,
  release: id,
});
/** A release that a store behind a host may keep: a registry's tag, a bucket's object. */
export type Deposit = Shaped<typeof deposit>;

const outlet = object({
  /** The other side as a census tells it: `203.0.113.7:22`; with a final `*`, all that begin so. */
  to: text(64),
  component: id,
  release: id,
});
/** A way by which a release may leave a host: a backup's server, a sister site. */
export type Outlet = Shaped<typeof outlet>;

const host = object({
  document: oneOf("host"),
  host: id,
  owner: text(256),
  /** Where its probe cannot look, and humans know it. */
  blindSpots: list(blindSpotShape, 1000),
  /** Why these blind spots are accepted. */
  because: optional(text(2048)),
  /** Files that its probe is to prove that it reads. */
  challenges: optional(list(challengeShape, challengesMax)),
  /** What stores that its probe looks into may keep. */
  deposits: optional(list(deposit, 10_000)),
  /** Where its processes may send which releases. */
  outlets: optional(list(outlet, 10_000)),
});

export type Host = Shaped<typeof host>;
export type Component = Shaped<typeof component>;
export type Release = Shaped<typeof release>;
export type FilePlacement = Shaped<typeof filePlacement>;
export type LinkPlacement = Shaped<typeof linkPlacement>;
export type ServicePlacement = Shaped<typeof servicePlacement>;
export type DeploymentPlacement = Shaped<typeof deploymentPlacement>;
export type Placement = FilePlacement | LinkPlacement | ServicePlacement | DeploymentPlacement;
export type Control = Shaped<typeof control>;
export type RegisterDocument = Component | Release | Placement | Control | Host;

export const registerDocument: Shape<RegisterDocument> = tagged<RegisterDocument>("document", {
  component,
  release,
  file: filePlacement,
  link: linkPlacement,
  service: servicePlacement,
  deployment: deploymentPlacement,
  control,
  host,
});
