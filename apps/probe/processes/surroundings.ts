/** Where a process is and what it did, by the kernel: its namespaces, its container, its bytes. */
import { namespaceKinds, type SeenProcess } from "@writ/core";
import { parseContainer, readProc, readProcLink } from "./proc.ts";

/** How the engines of the field name a container's control group (cgroups(7)). */
const engines = [
  ["cri-o", /(?:^|\/)crio-[0-9a-f]{64}/m],
  ["containerd", /(?:^|\/|:)cri-containerd[-:][0-9a-f]{64}/m],
  ["podman", /(?:^|\/)libpod-[0-9a-f]{64}/m],
  ["docker", /(?:^|\/)docker[-/][0-9a-f]{64}/m],
] as const;

type Surroundings = Pick<SeenProcess, "apart" | "container" | "engine" | "pod" | "read" | "wrote">;

/** What can be read of it; what is closed to the probe, or unknown to the kernel, is left out. */
export function surroundingsOf(proc: string, folder: string): Surroundings {
  return {
    ...apartOf(proc, folder),
    ...containedOf(textOf(`${folder}/cgroup`)),
    ...bytesOf(folder),
  };
}

/** Container, engine and pod of a control group's text. Whoever may move a process may fake it. */
export function containedOf(text: string): Pick<Surroundings, "container" | "engine" | "pod"> {
  const container = parseContainer(text);
  const engine = engines.find(([, pattern]) => pattern.test(text))?.[0];
  // systemd writes a pod's UID with underscores.
  const pod = /\bpod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})\b/.exec(
    text,
  )?.[1];
  return {
    ...(container === undefined ? {} : { container }),
    ...(engine === undefined ? {} : { engine }),
    ...(pod === undefined ? {} : { pod: pod.replaceAll("_", "-") }),
  };
}

function apartOf(proc: string, folder: string): Pick<Surroundings, "apart"> {
  const apart = namespaceKinds.flatMap((kind) => {
    const own = readProcLink(`${proc}/self/ns/${kind}`);
    const id = readProcLink(`${folder}/ns/${kind}`);
    if (own === undefined || id === undefined || id === own) return [];
    return [{ kind, id: id.replace(/^\w+:\[(\d{1,20})\]$/, "$1").slice(0, 32) }];
  });
  return apart.length === 0 ? {} : { apart };
}

function bytesOf(folder: string): Pick<Surroundings, "read" | "wrote"> {
  const text = textOf(`${folder}/io`);
  const figure = (name: string): number | undefined => {
    const count = Number(new RegExp(`^${name}: (\\d{1,16})$`, "m").exec(text)?.[1]);
    return Number.isSafeInteger(count) ? count : undefined;
  };
  const read = figure("rchar");
  const wrote = figure("wchar");
  return { ...(read === undefined ? {} : { read }), ...(wrote === undefined ? {} : { wrote }) };
}

function textOf(path: string): string {
  try {
    return readProc(path);
  } catch {
    return "";
  }
}
