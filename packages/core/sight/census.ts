/**
 * A census: one complete count of a host, as its probe saw it. The body of a `census` entry is this
 * document as a blob. Nothing in it is an opinion: what was there, and what could not be looked at.
 *
 * Paths are bytes on Linux. Here they are text as path.ts writes it: UTF-8, each backslash doubled
 * and each byte that is not UTF-8 as `\xNN`, so two different paths never read the same.
 */

import type { Shaped } from "../encoding/shape.ts";
import {
  boolean,
  digest,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
} from "../encoding/shape.ts";
import { answerShape, challengesMax } from "./challenge.ts";
import { flowShape, flowsMax } from "./flow.ts";
import { gpuShape, gpusMax } from "./gpu.ts";
import { identitiesShape } from "./identity.ts";
import { instructionFileShape, instructionFilesMax } from "./instruction-file.ts";
import { labelShape, labelsMax } from "./label.ts";
import { processEvidence } from "./process-evidence.ts";
import { enginesShape, storedShape } from "./store-shape.ts";

/** PATH_MAX is 4096 bytes on Linux; escaped bytes take four characters. */
export const pathLengthMax = 4 * 4096;
/** Names shown of one mass, or places listed of one kind of gap; the count is kept beside. */
export const namesMax = 10_000;
/** Masses, processes, links in one census: beyond it the probe must split its roots. */
export const sightsMax = 1_000_000;

/** States of one control told of the time between two looks: the newest of them. */
export const passedMax = 100;

/** Ways of seeing that this census knows. */
export const vantages = [
  "files",
  "processes",
  "controls",
  "endpoints",
  "containers",
  "memory",
  "registries",
  "object-stores",
  "remote-hosts",
  "network",
  "gpu",
  "harnesses",
] as const;

/** Why something was not read. */
export const gapReasons = [
  "unreadable",
  "changed-while-read",
  "vanished-while-read",
  "special-file",
  "other-filesystem",
  "excluded",
  "too-large",
  "limit",
  "no-permission",
  "not-supported",
] as const;

const count = integer(0, Number.MAX_SAFE_INTEGER);
const path = text(pathLengthMax);
/** Time on the probe's own clock, RFC 3339 UTC with milliseconds. Told, never trusted. */
const when = text(24, 24);

/** The identity of a regular file on its host: one mass, however many names lead to it. */
const inode = object({ device: text(32), inode: text(32) });

/**
 * One mass of bytes that holds, or may hold, a model: recognised by content (its container), by
 * being bound to the register (a digest or size that it names), or by being large and opaque.
 */
const mass = object({
  /** Every name that leads to these bytes inside the roots: hard links, and symlinks' own paths. */
  names: list(path, namesMax),
  inode,
  size: count,
  digest,
  /** What the bytes are, by content: `gguf`, `safetensors`, `onnx`, …, or `opaque`. */
  container: text(32),
  /** What that container is for: holding weights, carrying files, neither, or nothing known. */
  kind: optional(oneOf("model", "carrier", "plain", "opaque")),
  /** Shannon entropy of sampled blocks in thousandths of a bit per byte: 0 to 8000. */
  entropy: optional(integer(0, 8000)),
  modified: when,
  /** Inode change time: unlike `modified`, no ordinary program can set it back. */
  changed: when,
  owner: integer(0, 4_294_967_295),
  /** Registered artefacts that it is a copy of, by comparison; absent if its digest says it. */
  known: optional(identitiesShape),
});

/** Files told that a process held in earlier looks. */
export const earlierMax = 64;

/** Numbers like weights in a process's own memory: told only if they are as many as a model has. */
const ownMemory = object({
  /** Resident bytes that no file has. */
  resident: count,
  /** So many of them at least look like weights, by a sample of pages. */
  weights: count,
  /** Masses that it held by a file in an earlier look of the same probe. */
  earlier: list(object({ path, digest }), earlierMax),
});

/** A mass that a process keeps alive or could read without a name. */
const hold = object({
  /** `memory`: it lies in pages of the process's own, which no file has (spec, section 12). */
  how: oneOf("mapped", "open", "executable", "memory"),
  /** The name it had when opened; gone from the folder if `deleted`. */
  path,
  deleted: boolean,
  inode,
  size: count,
  /** Absent if the bytes could not be read: the coverage says so too. */
  digest: optional(digest),
  container: optional(text(32)),
  known: optional(identitiesShape),
});

const process = object({
  pid: integer(1, 4_194_304),
  /** Start time in clock ticks since boot: with the pid it names one process for good. */
  started: count,
  command: list(text(4096, 0), 512),
  executable: optional(path),
  workingDirectory: optional(path),
  user: integer(0, 4_294_967_295),
  /** TCP ports on which it listens, in its own network namespace. */
  listens: list(integer(1, 65_535), 4096),
  /** Held files that are models or bound to the register, not every shared library. */
  holds: list(hold, namesMax),
  /** Resident size in bytes, shared pages included. */
  resident: count,
  memory: optional(ownMemory),
  /** The container that it runs in, as its control group names it. */
  container: optional(text(128)),
  ...processEvidence,
});

/** A symlink that the register names (a release link), or whose target is a mass of this census. */
const link = object({
  path,
  /** What the link says; absent if the path is missing or is not a link. */
  target: optional(path),
  /** For a config line instead of a symlink: the value in force. */
  value: optional(text(4096, 0)),
});

const controlState = {
  state: oneOf("present", "missing", "unreadable"),
  /** The value in force after duplicates, comments and overrides; absent if there is none. */
  value: optional(text(4096, 0)),
  /** How the value came to be: `file`, `later duplicate key`, `environment of pid 12`, … */
  because: optional(text(1024)),
  digest: optional(digest),
  owner: optional(integer(0, 4_294_967_295)),
  /** Permission bits, octal text such as `0644`. */
  mode: optional(text(8)),
  changed: optional(when),
  /** True if the path itself is a symlink; the register says if it ought to be. */
  symlink: optional(boolean),
};

const passedControl = object(controlState);

/** A registered control, as it is in force now. */
const control = object({
  /** The control's id in the register. */
  control: text(128),
  ...controlState,
  /** What it was between this look and the one before, where that differs; oldest first. */
  passed: optional(list(passedControl, passedMax)),
});

/** Ways of speaking of models over HTTP that a probe understands. */
export const endpointApis = [
  "openai",
  "ollama",
  "llama.cpp",
  "vllm",
  "tgi",
  "triton",
  "kserve",
  "mlflow",
] as const;

/** Models that one endpoint is told to serve; a longer list is cut. */
export const servedMax = 1000;

/**
 * What speaks a model API, and what it says it serves: a claim of the endpoint about itself, never
 * evidence of what it serves.
 */
const endpoint = object({
  /** What was asked: `http://127.0.0.1:8080/`. */
  url: text(2048),
  /** Absent for a URL that the probe was told of and that may be elsewhere. */
  port: optional(integer(1, 65_535)),
  /** The processes of this host that listen there. */
  by: list(object({ pid: integer(1, 4_194_304), started: count }), 64),
  apis: list(oneOf(...endpointApis), endpointApis.length),
  /** The program and version that it says it is. */
  server: optional(text(256)),
  says: list(
    object({
      name: text(512),
      /** Where it says it has it from: a path, a digest, a revision. */
      source: optional(text(4096)),
    }),
    servedMax,
  ),
});

const gap = object({ where: path, why: oneOf(...gapReasons) });

/** What one vantage looked at and what it could not: the ledger that silence is judged by. */
const coverage = object({
  vantage: oneOf(...vantages),
  /** Roots of the files vantage; empty for the others. */
  roots: list(path, 1024),
  entries: count,
  /** Read anew for this look; what is kept of unchanged files from an earlier one is no byte. */
  bytes: count,
  /** Gaps that could hide a model: each blocks a proof of absence there. */
  gaps: list(gap, namesMax),
  /** How many gaps there were, listed or not. */
  gapsTotal: count,
  milliseconds: count,
});

export const censusShape = object({
  version: integer(1, 1),
  host: text(128),
  /** Differs at each boot of the host, so that pids are never confused across one. */
  boot: text(64),
  began: when,
  ended: when,
  masses: list(mass, sightsMax),
  processes: list(process, sightsMax),
  links: list(link, sightsMax),
  controls: list(control, sightsMax),
  /** Absent if the probe does not ask. */
  endpoints: optional(list(endpoint, 65_536)),
  /** Absent if the probe has no container engine or image store to look at. */
  engines: optional(enginesShape),
  /** Model files in stores; absent like `engines`. */
  stored: optional(storedShape),
  /** What tools call the models that they keep; absent if none of their stores was met. */
  labels: optional(list(labelShape, labelsMax)),
  /** What harnesses of agents keep between sessions. */
  instructions: optional(list(instructionFileShape, instructionFilesMax)),
  /** Flows to and from other hosts, those that sent the most first. */
  flows: optional(list(flowShape, flowsMax)),
  gpus: optional(list(gpuShape, gpusMax)),
  /** To the challenges of the assignment; absent if there were none. */
  answers: optional(list(answerShape, challengesMax)),
  coverage: list(coverage, 16),
});

export type Census = Shaped<typeof censusShape>;
export type Mass = Census["masses"][number];
export type SeenProcess = Census["processes"][number];
export type Hold = SeenProcess["holds"][number];
export type SeenLink = Census["links"][number];
export type SeenControl = Census["controls"][number];
export type PassedControl = Shaped<typeof passedControl>;
export type SeenEndpoint = NonNullable<Census["endpoints"]>[number];
export type Coverage = Census["coverage"][number];
export type Gap = Coverage["gaps"][number];
export type Vantage = Coverage["vantage"];
