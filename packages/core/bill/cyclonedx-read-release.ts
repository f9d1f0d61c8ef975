/** One CycloneDX component as a component and a release of the register. */
import { isJsonObject, type Json } from "../encoding/canonical-json.ts";
import type { Digest } from "../encoding/digest.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { type Artefact, componentKinds, lifecycles } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { plainId } from "./bill.ts";
import { readDatasets, readLicences, readPedigree } from "./cyclonedx-read-parts.ts";
import type { GatheredComponent, GatheredRelease, Harvest } from "./harvest.ts";
import { parseOutsideJson } from "./outside-json.ts";
import { fitting, fittingTexts, items, member, type Part, take, textIn } from "./reading.ts";

const kinds: { readonly [type: string]: GatheredComponent["kind"] } = {
  "machine-learning-model": "model",
  data: "dataset",
};

/** Reads it into the harvest. `false`: it is no AI component, and nothing of it was taken. */
export function readRelease(part: Part, harvest: Harvest): boolean | Refused {
  const own = ownProperties(part);
  const type = member(part, "type")?.value;
  const kind =
    componentKinds.find((one) => one === own.get("kind")) ?? kinds[String(type)] ?? undefined;
  if (kind === undefined) return false;
  take(member(part, "type"));
  const reference = textIn(part, "bom-ref");
  const component = readComponent(part, own, kind);
  const refusal = harvest.addComponent(component, part.at);
  if (refusal !== undefined) return refusal;
  const version = textIn(part, "version");
  const artefacts = readArtefacts(part, harvest);
  const name = own.get("release") ?? version ?? artefacts[0]?.digest.slice(7, 19);
  if (name === undefined) {
    if (own.get("component") === undefined) {
      harvest.left.push({ at: `${part.at}/version`, why: "it names no version: no release of it" });
    }
    return true;
  }
  const release = plainId(name);
  if (release !== name) {
    harvest.left.push({ at: `${part.at}/version`, why: `as an id it is ${release}` });
  }
  const found: GatheredRelease = {
    document: "release",
    component: component.component,
    release,
    artefacts,
    lifecycle: "proposed",
  };
  const lifecycle = lifecycles.find((one) => one === own.get("lifecycle"));
  if (lifecycle !== undefined)
    harvest.lifecycles.set(releaseKey(found.component, release), lifecycle);
  readDetails(part, found, own, harvest);
  const problem = harvest.addRelease(found, reference);
  return problem ?? true;
}

function readComponent(
  part: Part,
  own: ReadonlyMap<string, string>,
  kind: GatheredComponent["kind"],
): GatheredComponent {
  const group = fitting(part, "group", 200);
  const bare = textIn(part, "name") ?? "unnamed";
  const written = (group === undefined ? bare : `${group}/${bare}`).slice(0, 512);
  const id = own.get("component") ?? plainId(bare);
  const publisher = fitting(part, "publisher", 256) ?? makerOf(part);
  const purpose = fitting(part, "description", 2048);
  const owner = own.get("owner");
  return {
    document: "component",
    component: plainId(id),
    kind,
    ...(owner === undefined ? {} : { owner }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(written === plainId(id) ? {} : { name: written }),
    ...(publisher === undefined ? {} : { publisher }),
  };
}

function makerOf(part: Part): string | undefined {
  for (const name of ["manufacturer", "supplier"]) {
    const maker = member(part, name);
    const found = maker === undefined ? undefined : fitting(maker, "name", 256);
    if (found !== undefined) return found;
  }
  return fitting(part, "author", 256);
}

/** Properties named `writ:…`, which are read; others stay unread. */
export function ownProperties(part: Part): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const one of items(part, "properties")) {
    const { value } = one;
    if (!isJsonObject(value) || typeof value.name !== "string") continue;
    if (!value.name.startsWith("writ:") || typeof value.value !== "string") continue;
    found.set(value.name.slice("writ:".length), value.value);
    take(one);
  }
  return found;
}

/** Files with digest and size. Without a size a probe cannot look for it. */
function readArtefacts(part: Part, harvest: Harvest): readonly Artefact[] {
  const files = items(part, "components").filter(
    ({ value }) => isJsonObject(value) && value.type === "file",
  );
  const found = files.flatMap((file): readonly Artefact[] => {
    const own = ownProperties(file);
    const digest = digestIn(file);
    const size = /^\d{1,15}$/.test(own.get("size") ?? "") ? Number(own.get("size")) : undefined;
    if (digest === undefined || size === undefined) {
      const lacks = digest === undefined ? "a SHA-256" : "a size (property writ:size)";
      harvest.left.push({
        at: file.at,
        why: `a file is known by digest and size; it lacks ${lacks}`,
      });
      take(file);
      return [];
    }
    for (const name of ["type", "bom-ref"]) take(member(file, name));
    const name = fitting(file, "name", 512) ?? digest.slice(7, 19);
    const xet = own.get("xet");
    return [{ name, digest, size, ...(xet === undefined ? {} : { xet }) }];
  });
  const whole = digestIn(part);
  if (whole !== undefined && !found.some(({ digest }) => digest === whole)) {
    const why = "its digest is of no file whose size the document says";
    harvest.left.push({ at: `${part.at}/hashes`, why });
  }
  return found;
}

function digestIn(part: Part): Digest | undefined {
  for (const hash of items(part, "hashes")) {
    const { value } = hash;
    if (!isJsonObject(value) || value.alg !== "SHA-256") continue;
    const content = String(value.content).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(content)) continue;
    take(hash);
    return `sha256:${content}` as Digest;
  }
  return undefined;
}

function readDetails(
  part: Part,
  release: GatheredRelease,
  own: ReadonlyMap<string, string>,
  harvest: Harvest,
): void {
  const purl = fitting(part, "purl", 1024);
  if (purl !== undefined) release.purl = purl;
  const licences = readLicences(part);
  if (licences.length > 0) release.licences = licences;
  readPedigree(part, release);
  const source = own.get("source") ?? addressIn(part);
  if (source !== undefined) release.source = source;
  const card = member(part, "modelCard");
  const considerations = card === undefined ? undefined : member(card, "considerations");
  if (considerations !== undefined) {
    const uses = fittingTexts(considerations, "useCases", 2048);
    if (uses.length > 0) release.intendedUse = uses;
    const limits = fittingTexts(considerations, "technicalLimitations", 2048);
    if (limits.length > 0) release.limits = limits;
  }
  const training = card === undefined ? [] : readDatasets(card, part.reading.root);
  if (training.length > 0) release.training = training;
  for (const name of ["training", "intendedUse", "limits"] as const) {
    const texts = textsOf(own.get(name));
    if (texts !== undefined) release[name] = texts;
  }
  void harvest;
}

function textsOf(text: string | undefined): readonly string[] | undefined {
  const json = text === undefined ? undefined : parseOutsideJson(text);
  if (json === undefined || isRefused(json) || !Array.isArray(json)) return undefined;
  return (json as readonly Json[]).filter((one) => typeof one === "string");
}

/** Where it is had from: what says so most plainly. */
function addressIn(part: Part): string | undefined {
  for (const type of ["distribution", "vcs", "source-distribution"]) {
    for (const one of items(part, "externalReferences")) {
      if (!isJsonObject(one.value) || one.value.type !== type) continue;
      const url = fitting(one, "url", 2048);
      if (url === undefined) continue;
      take(member(one, "type"));
      return url;
    }
  }
  return undefined;
}
