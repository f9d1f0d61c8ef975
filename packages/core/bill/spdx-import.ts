/**
 * An SPDX 3.0.1 document as register documents. AI and dataset packages become releases, and what
 * Writ itself exported; other packages are no AI components.
 */
import { isJsonObject, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { isRefused, type Refused } from "../encoding/refusal.ts";
import { registerDocument } from "../register/document.ts";
import type { Imported } from "./bill.ts";
import { Harvest } from "./harvest.ts";
import { parseOutsideJson } from "./outside-json.ts";
import { leftover, member, take } from "./reading.ts";
import { ownTypes } from "./spdx-element.ts";
import { readSpdx, type SpdxElements, takeFrame } from "./spdx-graph.ts";
import { readPackage } from "./spdx-read-package.ts";

const packageTypes: ReadonlySet<unknown> = new Set([
  "ai_AIPackage",
  "dataset_DatasetPackage",
  "software_Package",
]);
/** Elements that say who made the document and what is in it, not what the things are. */
const frames: ReadonlySet<unknown> = new Set(["SpdxDocument", "software_Sbom"]);

/** Reads a document that the official schema accepts. */
export function fromSpdx(json: Json): Imported | Refused {
  const elements = readSpdx(json);
  if (isRefused(elements)) return elements;
  const harvest = new Harvest();
  const rests = readOwn(elements, harvest);
  if (isRefused(rests)) return rests;
  const mentioned = onlyMentioned(elements);
  for (const [address, part] of elements.byAddress) {
    const { type } = part.value as JsonObject;
    if (type === "CreationInfo") take(part);
    if (frames.has(type)) {
      takeFrame(part);
      for (const name of ["profileConformance", "rootElement", "element"]) take(member(part, name));
    }
    if (!packageTypes.has(type) || mentioned.has(address)) continue;
    const problem = readPackage(elements, { address, part, own: rests.get(address) }, harvest);
    if (problem !== undefined) return problem;
  }
  takeSpeakers(elements);
  return harvest.finish(leftover(elements.root));
}

/** What Writ wrote into a document: whole documents, and the rest of packages by their address. */
function readOwn(
  { byAddress }: SpdxElements,
  harvest: Harvest,
): ReadonlyMap<string, JsonObject> | Refused {
  const rests = new Map<string, JsonObject>();
  for (const part of byAddress.values()) {
    const { contentType, statement, subject } = part.value as JsonObject;
    if (contentType !== ownTypes.document && contentType !== ownTypes.rest) continue;
    const json = parseOutsideJson(String(statement));
    if (isRefused(json)) return json;
    take(part);
    if (contentType === ownTypes.rest) {
      if (isJsonObject(json)) rests.set(String(subject), json);
      continue;
    }
    const document = registerDocument(json, `document at ${part.at}`);
    if (isRefused(document)) return document;
    harvest.documents.push(document);
  }
  return rests;
}

/** Packages without a version that others only were trained on or descend from. */
function onlyMentioned({ byAddress, relations }: SpdxElements): ReadonlySet<string> {
  const mentioned = new Set<string>();
  for (const { type, to } of relations) {
    if (type !== "trainedOn" && type !== "descendantOf") continue;
    for (const address of to) {
      const value = byAddress.get(address)?.value;
      if (isJsonObject(value) && value.software_packageVersion === undefined)
        mentioned.add(address);
    }
  }
  return mentioned;
}

/** The people, and this program, in whose name Writ's own elements were created. */
function takeSpeakers({ byAddress }: SpdxElements): void {
  for (const [address, part] of byAddress) {
    const { type } = part.value as JsonObject;
    if (!address.startsWith("urn:writ:")) continue;
    if (type === "Person" || type === "SoftwareAgent") take(part);
  }
}
