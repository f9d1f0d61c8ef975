/** What an SPDX package contains, is licensed under, was trained on and descends from. */
import { isJsonObject, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import type { Digest } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import type { Artefact, Release } from "../register/document.ts";
import type { GatheredRelease, Harvest } from "./harvest.ts";
import { parseOutsideJson } from "./outside-json.ts";
import { fitting, items, member, type Part, take } from "./reading.ts";
import { ownTypes } from "./spdx-element.ts";
import { type SpdxElements, type SpdxRelation, takeFrame, takeRelation } from "./spdx-graph.ts";
import type { SpdxPackage } from "./spdx-read-package.ts";

const listMax = 100;
/** SPDX's License List is named by address without being in the document. */
const listedLicence = /^https:\/\/spdx\.org\/licenses\/([A-Za-z0-9.+-]{1,100})$/;

/** Files with digest and size; SPDX 3.0.1 knows no size, so only Writ's own documents have it. */
export function readFiles(
  elements: SpdxElements,
  found: SpdxPackage,
  harvest: Harvest,
): readonly Artefact[] {
  const said = Array.isArray(found.own?.files) ? (found.own.files as readonly Json[]) : [];
  const artefacts: Artefact[] = [];
  for (const relation of relationsOf(elements, found, "contains")) {
    for (const [at, address] of relation.to.entries()) {
      const part = elements.byAddress.get(address);
      if (part === undefined || typeOf(part) !== "software_File") continue;
      const digest = digestIn(part);
      const known = said[at];
      const size = isJsonObject(known) ? known.size : undefined;
      const name = fitting(part, "name", 512);
      if (digest === undefined || typeof size !== "number" || name === undefined) {
        const lacks = digest === undefined ? "a SHA-256" : "a size";
        harvest.left.push({
          at: part.at,
          why: `a file is known by digest and size; it lacks ${lacks}`,
        });
        take(part);
        continue;
      }
      takeFrame(part);
      takeRelation(relation);
      const xet = isJsonObject(known) && typeof known.xet === "string" ? { xet: known.xet } : {};
      artefacts.push({ name, digest, size, ...xet });
    }
  }
  return artefacts;
}

function digestIn(part: Part): Digest | undefined {
  for (const hash of items(part, "verifiedUsing")) {
    const { value } = hash;
    if (!isJsonObject(value) || value.algorithm !== "sha256") continue;
    const text = String(value.hashValue).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(text)) continue;
    take(hash);
    return `sha256:${text}` as Digest;
  }
  return undefined;
}

/** Declared licences, each as one text. */
export function readLicences(elements: SpdxElements, found: SpdxPackage): readonly string[] {
  return relationsOf(elements, found, "hasDeclaredLicense").flatMap((relation) =>
    relation.to.slice(0, listMax).flatMap((address) => {
      const part = elements.byAddress.get(address);
      const text = part === undefined ? listedLicence.exec(address)?.[1] : licenceIn(part);
      if (text === undefined) return [];
      takeFrame(part);
      takeRelation(relation);
      return [text];
    }),
  );
}

function licenceIn(part: Part): string | undefined {
  return (
    fitting(part, "simplelicensing_licenseExpression", 256) ??
    fitting(part, "simplelicensing_licenseText", 256) ??
    fitting(part, "name", 256)
  );
}

export function readOrigins(
  elements: SpdxElements,
  found: SpdxPackage,
  release: GatheredRelease,
): void {
  const training = relationsOf(elements, found, "trainedOn").flatMap((relation) =>
    namesOf(elements, relation),
  );
  if (training.length > 0) release.training = training.slice(0, listMax);
  const derivedFrom = relationsOf(elements, found, "descendantOf").flatMap((relation) => {
    const how = fitting(relation.part, "comment", 128);
    return namesOf(elements, relation).map((what) => ({
      what: what.slice(0, 512),
      ...(how === undefined ? {} : { how }),
    }));
  });
  if (derivedFrom.length > 0) release.derivedFrom = derivedFrom.slice(0, listMax);
}

/** By which name, version and address the other ends of a relation are known. */
function namesOf(elements: SpdxElements, relation: SpdxRelation): readonly string[] {
  takeRelation(relation);
  return relation.to.map((address) => {
    const part = elements.byAddress.get(address);
    if (part === undefined) return address.slice(0, 2048);
    const value = part.value as JsonObject;
    const name = fitting(part, "name", 1024) ?? address.slice(0, 1024);
    if (value.software_packageVersion !== undefined) return `${name}@${versionOf(value)}`;
    const url = fitting(part, "software_downloadLocation", 1000);
    takeFrame(part);
    for (const own of ["software_primaryPurpose", "dataset_datasetType"]) take(member(part, own));
    return url === undefined ? name : `${name} ${url}`;
  });
}

function versionOf({ software_packageVersion: version }: JsonObject): string {
  return String(version).slice(0, 128);
}

/** Defects, which only Writ writes as such. */
export function readDefects(
  { byAddress }: SpdxElements,
  { address }: SpdxPackage,
  release: GatheredRelease,
): void {
  for (const part of byAddress.values()) {
    const { contentType, subject, statement } = part.value as JsonObject;
    if (contentType !== ownTypes.defect || subject !== address) continue;
    const json = parseOutsideJson(String(statement));
    if (isRefused(json) || !isJsonObject(json)) continue;
    take(part);
    const defect = json as unknown as NonNullable<Release["defects"]>[number];
    release.defects = [...(release.defects ?? []), defect];
  }
}

export function relationsOf(
  { relations }: SpdxElements,
  { address }: SpdxPackage,
  type: string,
): readonly SpdxRelation[] {
  return relations.filter((one) => one.type === type && one.from === address);
}

function typeOf(part: Part): Json | undefined {
  return (part.value as JsonObject).type;
}
