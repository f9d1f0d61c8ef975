/** A release as an SPDX package with its files, licences, origins and known faults. */
import type { Json, JsonObject } from "../encoding/canonical-json.ts";
import type { Component, Release, Vulnerability } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { type BillMoment, isAddress } from "./bill.ts";
import type { StandingRelease } from "./cyclonedx-component.ts";
import { ownAnnotation, ownTypes, relation, type SpdxGraph } from "./spdx-element.ts";

const types: { readonly [K in Component["kind"]]: JsonObject } = {
  model: { type: "ai_AIPackage", software_primaryPurpose: "model" },
  dataset: {
    type: "dataset_DatasetPackage",
    software_primaryPurpose: "data",
    dataset_datasetType: ["noAssertion"],
  },
  agent: { type: "software_Package", software_primaryPurpose: "application" },
  monitor: { type: "software_Package", software_primaryPurpose: "application" },
  tool: { type: "software_Package", software_primaryPurpose: "application" },
};

const relations: { readonly [S in Vulnerability["state"]]: readonly [string, string] } = {
  affected: ["Affected", "affects"],
  not_affected: ["NotAffected", "doesNotAffect"],
  fixed: ["Fixed", "fixedIn"],
  under_investigation: ["UnderInvestigation", "underInvestigationFor"],
};

/** A component of which no release is registered. */
export function addLone(graph: SpdxGraph, component: Component, creation: string): string {
  const name = `component ${component.component}`;
  const address = graph.add(name, packageOf(graph, component, creation), creation);
  const rest = ownAnnotation(ownTypes.rest, address, restOfComponent(component));
  graph.add(`rest of ${name}`, rest, creation);
  return address;
}

/** Adds the package of a release; answers its address. */
export function addPackage(
  graph: SpdxGraph,
  component: Component,
  release: StandingRelease,
  { creation, moment }: { readonly creation: string; readonly moment: BillMoment },
): string {
  const key = releaseKey(release.component, release.release);
  const { source, purl, intendedUse, limits } = release;
  const isModel = component.kind === "model";
  const use = isModel ? "ai_informationAboutApplication" : "dataset_intendedUse";
  const hasUse = component.kind === "model" || component.kind === "dataset";
  const address = graph.add(
    `release ${key}`,
    {
      ...packageOf(graph, component, creation),
      software_packageVersion: release.release,
      ...(purl === undefined ? {} : { software_packageUrl: purl }),
      ...(source !== undefined && isAddress(source) ? { software_downloadLocation: source } : {}),
      ...(hasUse && intendedUse?.length === 1 ? { [use]: intendedUse[0]! } : {}),
      ...(isModel && limits?.length === 1 ? { ai_limitation: limits[0]! } : {}),
    },
    creation,
  );
  const rest: { [member: string]: Json } = {
    ...restOfComponent(component),
    release: release.release,
    lifecycle: release.lifecycle,
    ...(source !== undefined && !isAddress(source) ? { source } : {}),
    ...(release.commit === undefined ? {} : { commit: release.commit }),
    ...(intendedUse !== undefined && !(hasUse && intendedUse.length === 1) ? { intendedUse } : {}),
    ...(limits !== undefined && !(isModel && limits.length === 1) ? { limits } : {}),
  };
  const place = { graph, key, address, creation };
  addFiles(place, release, rest);
  addLicences(place, release, moment);
  addOrigins(place, release);
  addFaults(place, release, rest);
  graph.add(`rest of ${key}`, ownAnnotation(ownTypes.rest, address, rest), creation);
  return address;
}

type PackagePlace = {
  readonly graph: SpdxGraph;
  readonly key: string;
  readonly address: string;
  readonly creation: string;
};

function packageOf(
  graph: SpdxGraph,
  { kind, name, component, purpose, publisher }: Component,
  creation: string,
): JsonObject {
  const supplier = publisher === undefined ? undefined : graph.address(`maker ${publisher}`);
  if (supplier !== undefined && !graph.elements.some(({ spdxId }) => spdxId === supplier)) {
    graph.add(`maker ${publisher}`, { type: "Organization", name: publisher! }, creation);
  }
  return {
    ...types[kind],
    name: name ?? component,
    ...(purpose === undefined ? {} : { description: purpose }),
    ...(supplier === undefined ? {} : { suppliedBy: supplier }),
  };
}

function restOfComponent({ component, kind, owner }: Component): JsonObject {
  return { component, kind, owner };
}

/** SPDX 3.0.1 has no size of a file. */
function addFiles(
  { graph, key, address, creation }: PackagePlace,
  { artefacts }: StandingRelease,
  rest: { [member: string]: Json },
): void {
  if (artefacts.length === 0) return;
  const files = artefacts.map(({ name, digest }) => {
    const hashValue = digest.slice("sha256:".length);
    const verifiedUsing = [{ type: "Hash", algorithm: "sha256", hashValue }];
    return graph.add(
      `file ${key} ${name}`,
      { type: "software_File", name, verifiedUsing },
      creation,
    );
  });
  graph.add(`files ${key}`, relation("contains", address, files), creation);
  rest.files = artefacts.map(({ size, xet }) => ({ size, ...(xet === undefined ? {} : { xet }) }));
}

function addLicences(
  { graph, key, address, creation }: PackagePlace,
  { licences = [] }: StandingRelease,
  { isLicenceId }: BillMoment,
): void {
  if (licences.length === 0) return;
  const named = licences.map((text, at) => {
    const isExpression = isLicenceId(text) || / (?:AND|OR|WITH) /.test(text);
    const element = isExpression
      ? { type: "simplelicensing_LicenseExpression", simplelicensing_licenseExpression: text }
      : { type: "simplelicensing_SimpleLicensingText", simplelicensing_licenseText: text };
    return graph.add(`licence ${key} ${at}`, element, creation);
  });
  graph.add(`licences ${key}`, relation("hasDeclaredLicense", address, named), creation);
}

function addOrigins(
  { graph, key, address, creation }: PackagePlace,
  { training = [], derivedFrom = [] }: StandingRelease,
): void {
  for (const [at, text] of training.entries()) {
    const data = { ...types.dataset, name: text };
    const of = graph.add(`training ${key} ${at}`, data, creation);
    graph.add(`trained ${key} ${at}`, relation("trainedOn", address, [of]), creation);
  }
  for (const [at, { what, how }] of derivedFrom.entries()) {
    const of = graph.add(`ancestor ${key} ${at}`, { ...types.model, name: what }, creation);
    const comment = how === undefined ? {} : { comment: how };
    const derived = { ...relation("descendantOf", address, [of]), ...comment };
    graph.add(`derived ${key} ${at}`, derived, creation);
  }
}

function addFaults(
  { graph, key, address, creation }: PackagePlace,
  { vulnerabilities = [], defects = [] }: Pick<Release, "vulnerabilities" | "defects">,
  rest: { [member: string]: Json },
): void {
  for (const [at, { id, detail, state }] of vulnerabilities.entries()) {
    const description = detail === undefined ? {} : { description: detail };
    const element = { type: "security_Vulnerability", name: id, ...description };
    const from = graph.add(`vulnerability ${key} ${at}`, element, creation);
    const [word, type] = relations[state];
    const asked = { security_actionStatement: "not stated" };
    const assessment = {
      ...relation(type, from, [address]),
      type: `security_Vex${word}VulnAssessmentRelationship`,
      ...(state === "affected" ? asked : {}),
    };
    graph.add(`assessment ${key} ${at}`, assessment, creation);
  }
  if (vulnerabilities.length > 0) {
    rest.vulnerabilities = vulnerabilities.map(({ source, severity, found }) => ({
      ...(source === undefined ? {} : { source }),
      ...(severity === undefined ? {} : { severity }),
      ...(found === undefined ? {} : { found }),
    }));
  }
  for (const [at, defect] of defects.entries()) {
    const annotation = ownAnnotation(ownTypes.defect, address, defect);
    graph.add(`defect ${key} ${at}`, annotation, creation);
  }
}
