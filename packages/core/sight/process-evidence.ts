/** What tells which program of the field a process is: by what it maps, never by its word alone. */
import { integer, list, object, oneOf, optional, type Shaped, text } from "../encoding/shape.ts";

export const runtimesMax = 16;

/** A runtime of models, or a harness of agents, that a process shows traces of. */
export const traceShape = object({
  /** As its makers call it: `llama.cpp`, `vLLM`, `Claude Code`. */
  name: text(64),
  /** `mapped`: a library in its memory. `command`: what it calls itself, which is its own claim. */
  by: oneOf("mapped", "command"),
  /** The path or the argument that says so. */
  evidence: text(4 * 4096),
});
export type Trace = Shaped<typeof traceShape>;

/** Kinds of namespace in which a process may be apart from its probe (namespaces(7)). */
export const namespaceKinds = ["mnt", "net", "pid", "user", "ipc", "uts", "cgroup"] as const;

/** A namespace of a process that is another one than the probe's. */
const apartShape = object({
  kind: oneOf(...namespaceKinds),
  /** The kernel's number of it. */
  id: text(32),
});

export const processEvidence = {
  runtimes: optional(list(traceShape, runtimesMax)),
  harnesses: optional(list(traceShape, runtimesMax)),
  /** Absent if it is in all of the probe's own. */
  apart: optional(list(apartShape, namespaceKinds.length)),
  /** Who runs its container, by the form of its control group, and the pod that it is part of. */
  engine: optional(oneOf("docker", "podman", "containerd", "cri-o")),
  pod: optional(text(64)),
  /** Bytes that it read and wrote by system calls; sockets' own calls do not count there. */
  read: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  wrote: optional(integer(0, Number.MAX_SAFE_INTEGER)),
};
