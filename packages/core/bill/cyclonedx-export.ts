/**
 * A register as a CycloneDX 1.6 or 1.7 document (ECMA-424): an ML-BOM. Each release is a component,
 * its artefacts are the files in it. CycloneDX 1.7 adds who said each part (`citations`).
 */

import { fromUtf8, toHex } from "../encoding/bytes.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { sha256 } from "../encoding/digest.ts";
import type { Component, RegisterDocument, Release } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { saidBy } from "../register/said.ts";
import type { BillMoment, BillSource } from "./bill.ts";
import { cyclonedxComponent, lone, property } from "./cyclonedx-component.ts";
import { cyclonedxFaults } from "./cyclonedx-faults.ts";

export type CyclonedxVersion = "1.6" | "1.7";

/** The document, as a JSON value. */
export function toCyclonedx(
  source: BillSource,
  version: CyclonedxVersion,
  moment: BillMoment,
): JsonObject {
  const owners = new Map(source.components.map(({ document }) => [document.component, document]));
  const alone = source.components.filter(
    ({ document }) =>
      !source.releases.some((release) => release.document.component === document.component),
  );
  const components: Json[] = [
    ...source.releases.map(({ document, lifecycle }) =>
      cyclonedxComponent(owners.get(document.component)!, { ...document, lifecycle }, moment),
    ),
    ...alone.map(({ document }) => lone(document)),
  ];
  const people = new Set([...source.sayings.values()].map(({ person }) => person));
  const said = citations(
    source,
    alone.map(({ document }) => document),
  );
  const faults = source.releases.flatMap(({ document }) => cyclonedxFaults(document));
  return {
    $schema: `http://cyclonedx.org/schema/bom-${version}.schema.json`,
    bomFormat: "CycloneDX",
    specVersion: version,
    serialNumber: serialNumber(source),
    version: 1,
    metadata: {
      timestamp: moment.at,
      tools: { components: [{ type: "application", name: "writ" }] },
      ...(people.size === 0
        ? {}
        : { authors: [...people].map((name) => ({ "bom-ref": `person:${name}`, name })) }),
      properties: [property("writ:estate", source.estate)],
    },
    components,
    ...(faults.length === 0 ? {} : { vulnerabilities: faults }),
    ...(version === "1.6" || said.length === 0 ? {} : { citations: said }),
    properties: source.others.map(({ document }) => property("writ:document", canonical(document))),
  };
}

/** Who said what, by JSON pointers into the document. */
function citations(source: BillSource, alone: readonly Component[]): readonly JsonObject[] {
  const pointers = new Map<number, Set<string>>();
  const cite = (entry: number, pointer: string) =>
    pointers.set(entry, (pointers.get(entry) ?? new Set()).add(pointer));
  for (const [at, said] of source.releases.entries()) {
    for (const name of Object.keys(said.document)) {
      const place = placeOf[name as keyof Release];
      if (place !== undefined) cite(saidBy(said, name), `/components/${at}${place}`);
    }
  }
  for (const [at, document] of alone.entries()) {
    const said = source.components.find((one) => one.document === document)!;
    cite(said.index, `/components/${source.releases.length + at}`);
  }
  for (const [at, { index }] of source.others.entries()) cite(index, `/properties/${at}`);
  return Array.from(pointers, ([entry, found]): JsonObject | undefined => {
    const saying = source.sayings.get(entry);
    if (saying === undefined) return undefined;
    const { origin } = saying;
    const from = origin === undefined ? "" : `, out of ${origin.format} ${origin.document}`;
    return {
      pointers: [...found],
      timestamp: saying.at,
      attributedTo: `person:${saying.person}`,
      note: `signed as journal entry ${entry}${from}`,
    };
  }).filter((one) => one !== undefined);
}

/** Where a member of a release stands in its component. */
const placeOf: { readonly [K in keyof Release]?: string } = {
  component: "",
  artefacts: "/components",
  source: "/externalReferences",
  commit: "/pedigree/commits",
  purl: "/purl",
  licences: "/licenses",
  intendedUse: "/modelCard/considerations/useCases",
  limits: "/modelCard/considerations/technicalLimitations",
  training: "/modelCard/modelParameters/datasets",
  derivedFrom: "/pedigree/ancestors",
};

/** The same register has the same serial number: a UUID (version 8) of what it says. */
function serialNumber({ estate, components, releases, others }: BillSource): string {
  const all = [...components, ...releases, ...others].map(({ document }) => document);
  const lifecycles = releases.map(({ document, lifecycle }) => [
    releaseKey(document.component, document.release),
    lifecycle,
  ]);
  const hex = toHex(
    sha256(encodeCanonical({ estate, all: all as unknown as Json[], lifecycles } as JsonObject)),
  );
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join("-")}`;
}

export function canonical(document: RegisterDocument): string {
  return fromUtf8(encodeCanonical(document as unknown as JsonObject))!;
}
