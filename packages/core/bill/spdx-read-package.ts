/** One SPDX package as a component and a release of the register. */
import type { Json, JsonObject } from "../encoding/canonical-json.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { componentKinds, lifecycles } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { plainId } from "./bill.ts";
import type { GatheredComponent, GatheredRelease, Harvest } from "./harvest.ts";
import { fitting, member, type Part, take, textIn } from "./reading.ts";
import { type SpdxElements, takeFrame } from "./spdx-graph.ts";
import { readDefects, readFiles, readLicences, readOrigins } from "./spdx-read-relations.ts";
import { readVulnerabilities } from "./spdx-read-vulnerabilities.ts";

export type SpdxPackage = {
  readonly address: string;
  readonly part: Part;
  /** What Writ itself wrote besides, if it made the document. */
  readonly own: JsonObject | undefined;
};

const kinds: { readonly [type: string]: GatheredComponent["kind"] } = {
  ai_AIPackage: "model",
  dataset_DatasetPackage: "dataset",
};

/** Reads it into the harvest, unless it is no AI component. */
export function readPackage(
  elements: SpdxElements,
  found: SpdxPackage,
  harvest: Harvest,
): Refused | undefined {
  const { part, own = {} } = found;
  const type = String(member(part, "type")?.value);
  const kind = componentKinds.find((one) => one === own.kind) ?? kinds[type];
  if (kind === undefined) return undefined;
  takeFrame(part);
  if (found.own !== undefined) {
    for (const name of ["software_primaryPurpose", "dataset_datasetType"]) take(member(part, name));
  }
  const component = readComponent(elements, found, kind);
  const problem = harvest.addComponent(component, part.at);
  if (problem !== undefined) return problem;
  const version = textIn(part, "software_packageVersion");
  const artefacts = readFiles(elements, found, harvest);
  const name = textOf(own.release) ?? version ?? artefacts[0]?.digest.slice(7, 19);
  if (name === undefined) {
    if (found.own === undefined) {
      harvest.left.push({ at: part.at, why: "it names no version: no release of it" });
    }
    return undefined;
  }
  const release = plainId(name);
  if (release !== name) {
    harvest.left.push({
      at: `${part.at}/software_packageVersion`,
      why: `as an id it is ${release}`,
    });
  }
  const gathered: GatheredRelease = {
    document: "release",
    component: component.component,
    release,
    artefacts,
    lifecycle: "proposed",
  };
  const lifecycle = lifecycles.find((one) => one === own.lifecycle);
  if (lifecycle !== undefined) {
    harvest.lifecycles.set(releaseKey(gathered.component, release), lifecycle);
  }
  readDetails(elements, found, gathered);
  readDefects(elements, found, gathered);
  const faults = readVulnerabilities(elements, found, gathered);
  return isRefused(faults) ? faults : harvest.addRelease(gathered, found.address);
}

function readComponent(
  { byAddress }: SpdxElements,
  { part, own = {} }: SpdxPackage,
  kind: GatheredComponent["kind"],
): GatheredComponent {
  const written = fitting(part, "name", 512) ?? "unnamed";
  const id = plainId(textOf(own.component) ?? written);
  const purpose = fitting(part, "description", 2048) ?? fitting(part, "summary", 2048);
  const maker = byAddress.get(String(member(part, "suppliedBy")?.value));
  const publisher = maker === undefined ? undefined : fitting(maker, "name", 256);
  if (publisher !== undefined) {
    take(member(part, "suppliedBy"));
    takeFrame(maker);
  }
  const owner = textOf(own.owner);
  return {
    document: "component",
    component: id,
    kind,
    ...(owner === undefined ? {} : { owner }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(written === id ? {} : { name: written }),
    ...(publisher === undefined ? {} : { publisher }),
  };
}

function readDetails(elements: SpdxElements, found: SpdxPackage, release: GatheredRelease): void {
  const { part, own = {} } = found;
  const purl = fitting(part, "software_packageUrl", 1024);
  if (purl !== undefined) release.purl = purl;
  const source = textOf(own.source) ?? fitting(part, "software_downloadLocation", 2048);
  if (source !== undefined) release.source = source;
  const commit = textOf(own.commit);
  if (commit !== undefined) release.commit = commit;
  const licences = readLicences(elements, found);
  if (licences.length > 0) release.licences = licences;
  const use =
    fitting(part, "ai_informationAboutApplication", 2048) ??
    fitting(part, "dataset_intendedUse", 2048);
  const uses = use === undefined ? textsOf(own.intendedUse) : [use];
  if (uses !== undefined) release.intendedUse = uses;
  const limit = fitting(part, "ai_limitation", 2048);
  const limits = limit === undefined ? textsOf(own.limits) : [limit];
  if (limits !== undefined) release.limits = limits;
  readOrigins(elements, found, release);
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsOf(value: Json | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return (value as readonly Json[]).filter((one) => typeof one === "string");
}
