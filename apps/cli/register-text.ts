/** The register as tables. */
import { inert, inertAscii, type RegisterDocument, unreachable } from "@writ/core";
import type { DeploymentSystem } from "@writ/core/deployment";
import type { RegisterAnswer } from "./commands/register.ts";
import type { Shell, Tone } from "./shell.ts";
import { type Cell, table } from "./table.ts";
import { shortDigest, sizeText } from "./words.ts";

/** All of it; or that there is nothing. */
export function registerText(shell: Shell, register: RegisterAnswer): string {
  const { components, releases, placements, controls, hosts } = register;
  if (components.length === 0) {
    return "the register is empty\nnext: ./writ register add FILE --as NAME\n";
  }
  const parts = [
    table(
      shell,
      [
        { head: "component" },
        { head: "kind" },
        { head: "owner" },
        { head: "purpose", wraps: true },
      ],
      components.map(({ document }) => componentRow(document)),
    ),
    table(
      shell,
      [
        { head: "release" },
        { head: "lifecycle" },
        { head: "file", wraps: true },
        { head: "size", align: "right" },
        { head: "content" },
      ],
      releases.flatMap(({ document, lifecycle }) => releaseRows(document, lifecycle)),
    ),
    table(
      shell,
      [
        { head: "placement" },
        { head: "host" },
        { head: "kind" },
        { head: "release" },
        { head: "what", wraps: true },
      ],
      placements.map(({ document }) => placementRow(document)),
    ),
    table(
      shell,
      [
        { head: "control" },
        { head: "host" },
        { head: "of" },
        { head: "read from", wraps: true },
        { head: "expected", wraps: true },
      ],
      controls.map(({ document }) => controlRow(document)),
    ),
    table(
      shell,
      [
        { head: "host" },
        { head: "owner" },
        { head: "accepted blind spot", wraps: true },
        { head: "why not seen" },
        { head: "accepted because", wraps: true },
      ],
      hosts.flatMap(({ document }) => hostRows(document)),
    ),
  ];
  const filled = [components, releases, placements, controls, hosts];
  return parts.filter((_, at) => filled[at]!.length > 0).join("\n");
}

function componentRow(document: RegisterDocument): readonly Cell[] {
  if (document.document !== "component") return [];
  const { component, kind, owner, purpose } = document;
  return [inertAscii(component), kind, inert(owner), inert(purpose ?? "")];
}

function releaseRows(document: RegisterDocument, lifecycle: string): readonly (readonly Cell[])[] {
  if (document.document !== "release") return [];
  const tone: Tone =
    lifecycle === "active" ? "good" : lifecycle === "retired" ? "warning" : "plain";
  return document.artefacts.map(({ name, digest, size }, at) => [
    at === 0 ? `${inertAscii(document.component)}@${inertAscii(document.release)}` : "",
    at === 0 ? { text: lifecycle, tone } : "",
    inertAscii(name),
    sizeText(size),
    shortDigest(digest),
  ]);
}

function placementRow(document: RegisterDocument): readonly Cell[] {
  switch (document.document) {
    case "file":
    case "link":
    case "service":
    case "deployment": {
      const { placement, host, document: kind, component, release } = document;
      const of = `${inertAscii(component)}@${inertAscii(release)}`;
      return [inertAscii(placement), inertAscii(host), kind, of, whatOf(document)];
    }
    case "component":
    case "host":
    case "release":
    case "control":
      return [];
    default:
      return unreachable(document);
  }
}

function whatOf(document: Extract<RegisterDocument, { placement: string }>): string {
  if (document.document === "deployment") return deploymentText(document.deployment);
  if (document.document !== "service") return inertAscii(document.path);
  const { service, ports } = document;
  const run =
    service.manager === "systemd" ? service.unit : service.command.map(inertAscii).join(" ");
  return ports.length === 0 ? run : `${run}, ports ${ports.join(", ")}`;
}

function deploymentText(system: DeploymentSystem): string {
  switch (system.system) {
    case "container":
      return `container ${inertAscii(system.container)} of ${inertAscii(system.socket)}`;
    case "ollama":
      return `model ${inertAscii(system.model)} at ${inertAscii(system.url)}`;
    case "http":
      return `${inertAscii(system.pointer)} at ${inertAscii(system.url)}`;
    case "kubernetes":
      return `${system.kind} ${inertAscii(system.namespace)}/${inertAscii(system.name)}`;
    case "script":
      return `script ${inertAscii(system.path)}`;
    default:
      return unreachable(system);
  }
}

function hostRows(document: RegisterDocument): readonly (readonly Cell[])[] {
  if (document.document !== "host") return [];
  const { host, owner, blindSpots, because, deposits = [], outlets = [] } = document;
  const first = [inertAscii(host), inert(owner)];
  const kept = deposits.map(({ store, holder, component, release }) => [
    ...["", "", `may keep ${inertAscii(component)}@${inertAscii(release)}:`],
    `${inertAscii(holder)} in ${inertAscii(store)}`,
    "",
  ]);
  for (const { to, component, release } of outlets) {
    const what = `may send ${inertAscii(component)}@${inertAscii(release)} to:`;
    kept.push(["", "", what, inertAscii(to), ""]);
  }
  if (blindSpots.length === 0) return [[...first, "none", "", ""], ...kept];
  const blind = blindSpots.map(({ vantage, where, why }, at) => [
    ...(at === 0 ? first : ["", ""]),
    `${vantage}: ${inertAscii(where)}`,
    why,
    at === 0 ? inert(because ?? "") : "",
  ]);
  return [...blind, ...kept];
}

function controlRow(document: RegisterDocument): readonly Cell[] {
  if (document.document !== "control") return [];
  const { control, host, component, reading, expected } = document;
  const key = reading.key === undefined ? "" : `, ${inertAscii(reading.key)}`;
  return [
    inertAscii(control),
    inertAscii(host),
    inertAscii(component),
    `${inertAscii(reading.path)}${key}`,
    inert(expected),
  ];
}
