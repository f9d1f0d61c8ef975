/** A release as a CycloneDX component. */
import { fromUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, type JsonObject } from "../encoding/canonical-json.ts";
import type { Artefact, Component, Lifecycle, Release } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { type BillMoment, isAddress } from "./bill.ts";

/** A release as it stands: its lifecycle may have moved since it was registered. */
export type StandingRelease = Omit<Release, "lifecycle"> & { readonly lifecycle: Lifecycle };

const types: { readonly [K in Component["kind"]]: string } = {
  model: "machine-learning-model",
  dataset: "data",
  agent: "application",
  monitor: "application",
  tool: "application",
};

export function property(name: string, value: string): JsonObject {
  return { name, value };
}

/** The `bom-ref` of a release. */
export function releaseReference(component: string, release: string): string {
  return `release:${releaseKey(component, release)}`;
}

/** A component of which no release is registered. */
export function lone(component: Component): JsonObject {
  return {
    type: types[component.kind],
    "bom-ref": `component:${component.component}`,
    ...named(component),
    properties: owned(component),
  };
}

/** A release with what its component says of all of them. */
export function cyclonedxComponent(
  component: Component,
  release: StandingRelease,
  moment: BillMoment,
): JsonObject {
  const { licences = [], purl, artefacts, source } = release;
  const isModel = component.kind === "model";
  const reference = releaseReference(release.component, release.release);
  const [only, ...more] = artefacts;
  return {
    type: types[component.kind],
    "bom-ref": reference,
    ...named(component),
    version: release.release,
    ...(only === undefined || more.length > 0 ? {} : { hashes: hashesOf(only) }),
    ...(licences.length === 0 ? {} : { licenses: licensesOf(licences, moment) }),
    ...(purl === undefined ? {} : { purl }),
    ...pedigreeOf(release),
    ...(source === undefined || !isAddress(source)
      ? {}
      : { externalReferences: [{ type: "distribution", url: source }] }),
    ...(artefacts.length === 0
      ? {}
      : { components: artefacts.map((artefact) => fileOf(reference, artefact)) }),
    ...(isModel ? modelCardOf(release) : {}),
    properties: [
      ...owned(component),
      property("writ:release", release.release),
      property("writ:lifecycle", release.lifecycle),
      ...(source === undefined || isAddress(source) ? [] : [property("writ:source", source)]),
      ...(isModel ? [] : restOf(release)),
    ],
  };
}

function named({ name, component, publisher, purpose }: Component): JsonObject {
  return {
    ...(publisher === undefined ? {} : { publisher }),
    name: name ?? component,
    ...(purpose === undefined ? {} : { description: purpose }),
  };
}

function owned({ component, kind, owner }: Component): readonly JsonObject[] {
  return [
    property("writ:component", component),
    property("writ:kind", kind),
    property("writ:owner", owner),
  ];
}

function hashesOf({ digest }: Artefact): readonly JsonObject[] {
  return [{ alg: "SHA-256", content: digest.slice("sha256:".length) }];
}

function fileOf(reference: string, artefact: Artefact): JsonObject {
  const { name, size, xet } = artefact;
  return {
    type: "file",
    "bom-ref": `${reference}#${name}`,
    name,
    hashes: hashesOf(artefact),
    properties: [
      property("writ:size", String(size)),
      ...(xet === undefined ? [] : [property("writ:xet", xet)]),
    ],
  };
}

/** An expression can only stand alone; else a list of ids and names. */
function licensesOf(licences: readonly string[], moment: BillMoment): readonly JsonObject[] {
  const [first] = licences;
  if (licences.length === 1 && / (?:AND|OR|WITH) /.test(first!)) return [{ expression: first! }];
  return licences.map((text) => ({
    license: moment.isLicenceId(text) ? { id: text } : { name: text },
  }));
}

function pedigreeOf({ derivedFrom = [], commit, source }: StandingRelease): JsonObject {
  const ancestors = derivedFrom.map(({ what, how }) => ({
    type: "machine-learning-model",
    name: what,
    ...(how === undefined ? {} : { properties: [property("writ:how", how)] }),
  }));
  const url = source !== undefined && isAddress(source) ? { url: source } : {};
  const pedigree = {
    ...(ancestors.length === 0 ? {} : { ancestors }),
    ...(commit === undefined ? {} : { commits: [{ uid: commit, ...url }] }),
  };
  return Object.keys(pedigree).length === 0 ? {} : { pedigree };
}

function modelCardOf({ training = [], intendedUse = [], limits = [] }: StandingRelease) {
  const datasets = training.map((name) => ({ type: "dataset", name }));
  const considerations = {
    ...(intendedUse.length === 0 ? {} : { useCases: intendedUse }),
    ...(limits.length === 0 ? {} : { technicalLimitations: limits }),
  };
  const modelCard = {
    ...(datasets.length === 0 ? {} : { modelParameters: { datasets } }),
    ...(Object.keys(considerations).length === 0 ? {} : { considerations }),
  };
  return Object.keys(modelCard).length === 0 ? {} : { modelCard };
}

/** A model card may stand at a model only. */
function restOf({ training, intendedUse, limits }: StandingRelease): readonly JsonObject[] {
  return Object.entries({ training, intendedUse, limits }).flatMap(([name, texts]) =>
    texts === undefined || texts.length === 0
      ? []
      : [property(`writ:${name}`, fromUtf8(encodeCanonical(texts))!)],
  );
}
