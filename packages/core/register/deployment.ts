/**
 * Deployments: what decides which release runs, where that is no link on a disk but a system with
 * an interface of its own. Each names the system, and for each release the target as that system
 * writes it; where the system knows its targets by content, only content is taken.
 */
import { isDigest } from "../encoding/digest.ts";
import { unreachable } from "../encoding/refusal.ts";
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
import { placePath } from "./place-path.ts";

/** A tag can be moved under an order; a name with nothing to interpret in it cannot mislead. */
const plainName = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$/, "a plain name of at most 253");
const webAddress = matching(
  /^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}(?:\/[\x21-\x7e]{0,2048})?$/,
  "an http(s) address without credentials",
);

/** A container of an engine that speaks Docker's API: Docker, Podman. A target is an image's id. */
const container = object({
  system: oneOf("container"),
  socket: placePath,
  container: plainName,
  /** Named volumes that are the component's alone, and go with it. */
  volumes: optional(list(plainName, 64)),
});

/** A name that an Ollama server serves. A target is `name:tag@` and its manifest's digest. */
const ollama = object({ system: oneOf("ollama"), url: webAddress, model: text(512) });

/** One value in the JSON that a gateway keeps at an address: read by GET, set by a signed PUT. */
const http = object({
  system: oneOf("http"),
  url: webAddress,
  /** JSON Pointer (RFC 6901) to the value. */
  pointer: matching(/^(?:\/(?:[^~/]|~[01])*)+$/, "a JSON pointer"),
});

/** A workload of Kubernetes. A target is an image pinned by digest, or KServe's storage URI. */
const kubernetes = object({
  system: oneOf("kubernetes"),
  kubeconfig: placePath,
  namespace: plainName,
  kind: oneOf("Deployment", "StatefulSet", "InferenceService"),
  name: plainName,
  /** Which container of its pods; for an InferenceService, absent. */
  container: optional(plainName),
});

/** A program of the operators' own, pinned by its bytes, for what nothing else drives. */
const script = object({
  system: oneOf("script"),
  path: placePath,
  digest,
  /** How long one run of it may take. */
  seconds: integer(1, 3600),
});

export type ContainerSystem = Shaped<typeof container>;
export type OllamaSystem = Shaped<typeof ollama>;
export type HttpSystem = Shaped<typeof http>;
export type KubernetesSystem = Shaped<typeof kubernetes>;
export type ScriptSystem = Shaped<typeof script>;
export type DeploymentSystem =
  | ContainerSystem
  | OllamaSystem
  | HttpSystem
  | KubernetesSystem
  | ScriptSystem;

export const deploymentSystem: Shape<DeploymentSystem> = tagged<DeploymentSystem>("system", {
  container,
  ollama,
  http,
  kubernetes,
  script,
});

/** How a target is written in this system, if this text is none. */
export function badTarget(system: DeploymentSystem, target: string): string | undefined {
  switch (system.system) {
    case "container":
      return isDigest(target) ? undefined : "an image's id, sha256:…";
    case "ollama":
      return /^[^@\s]{1,256}@sha256:[0-9a-f]{64}$/.test(target)
        ? undefined
        : "a model's name, @, and its manifest's digest";
    case "kubernetes":
      if (system.kind === "InferenceService") return undefined;
      return /^[^@\s]{1,1024}@sha256:[0-9a-f]{64}$/.test(target)
        ? undefined
        : "an image pinned by its digest";
    case "http":
    case "script":
      return undefined;
    default:
      return unreachable(system);
  }
}

/** True if what it runs are processes of the placement's own host, where a probe can see them. */
export function runsOnHost({ system }: DeploymentSystem): boolean {
  return system === "container" || system === "ollama";
}

/** True if the system keeps releases that do not run, which a removal must take as well. */
export function storesReleases({ system }: DeploymentSystem): boolean {
  return system === "container" || system === "ollama";
}
