/**
 * A register as an SPDX 3.0.1 document with the AI and Dataset profiles (ISO/IEC 5962's successor;
 * spdx.github.io/spdx-spec/v3.0.1). Who said an element stands in its creation information.
 */
import type { JsonObject } from "../encoding/canonical-json.ts";
import type { Component } from "../register/document.ts";
import type { BillMoment, BillSource } from "./bill.ts";
import { openGraph, ownAnnotation, ownTypes } from "./spdx-element.ts";
import { addLone, addPackage } from "./spdx-package.ts";

export const spdxContext = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

/** The document, as a JSON value. */
export function toSpdx(source: BillSource, moment: BillMoment): JsonObject {
  const graph = openGraph(source.estate);
  const creation = "_:writ";
  const tool = graph.add("writ", { type: "SoftwareAgent", name: "writ" }, creation);
  const infos: JsonObject[] = [creationInfo(creation, moment.at, tool)];
  const known = new Set<string>();
  /** The creation information of whoever said the newest part of a document. */
  const said = (one: { readonly index: number; readonly fields?: object | undefined }): string => {
    const entry = Math.max(one.index, ...(Object.values(one.fields ?? {}) as number[]));
    const saying = source.sayings.get(entry);
    if (saying === undefined) return creation;
    const id = `_:entry-${entry}`;
    if (known.has(id)) return id;
    known.add(id);
    const person = `person ${saying.person}`;
    if (!graph.elements.some(({ spdxId }) => spdxId === graph.address(person))) {
      graph.add(person, { type: "Person", name: saying.person }, creation);
    }
    const at = `${saying.at.slice(0, 19)}Z`;
    infos.push({
      ...creationInfo(id, at, graph.address(person)),
      comment: `signed as journal entry ${entry}`,
    });
    return id;
  };
  const components = new Map(
    source.components.map(({ document }) => [document.component, document] as const),
  );
  const released = new Set(source.releases.map(({ document }) => document.component));
  const packages = [
    ...source.releases.map((one) =>
      addPackage(
        graph,
        components.get(one.document.component) as Component,
        { ...one.document, lifecycle: one.lifecycle },
        { creation: said(one), moment },
      ),
    ),
    ...source.components
      .filter(({ document }) => !released.has(document.component))
      .map((one) => addLone(graph, one.document, said(one))),
  ];
  const document = graph.address("document");
  for (const [at, one] of source.others.entries()) {
    const statement = one.document as unknown as JsonObject;
    const annotation = ownAnnotation(ownTypes.document, document, statement);
    graph.add(`document ${at}`, annotation, said(one));
  }
  const bill = graph.add(
    "bill",
    { type: "software_Sbom", ...(packages.length === 0 ? {} : { rootElement: packages }) },
    creation,
  );
  graph.add(
    "document",
    {
      type: "SpdxDocument",
      profileConformance: ["core", "software", "ai", "dataset", "security", "simpleLicensing"],
      rootElement: [bill],
    },
    creation,
  );
  return { "@context": spdxContext, "@graph": [...infos, ...graph.elements] };
}

function creationInfo(id: string, created: string, by: string): JsonObject {
  return { type: "CreationInfo", "@id": id, specVersion: "3.0.1", created, createdBy: [by] };
}
