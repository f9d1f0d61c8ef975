/**
 * A CycloneDX 1.6 or 1.7 document as register documents. What it says is a claim of whoever wrote
 * it; a person makes it the register's by signing. Only models, data and what Writ itself exported
 * become releases: libraries are no AI components.
 */
import { isJsonObject, type Json } from "../encoding/canonical-json.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { registerDocument } from "../register/document.ts";
import type { Imported } from "./bill.ts";
import { readFaults } from "./cyclonedx-read-faults.ts";
import { readRelease } from "./cyclonedx-read-release.ts";
import { checkGraph } from "./graph.ts";
import { Harvest } from "./harvest.ts";
import { parseOutsideJson } from "./outside-json.ts";
import { items, leftover, member, openReading, type Part, take, textIn } from "./reading.ts";

/** Reads a document that the official schema accepts. */
export function fromCyclonedx(root: Json): Imported | Refused {
  const part = openReading(root);
  const problem = checkReferences(part);
  if (problem !== undefined) return problem;
  for (const name of ["$schema", "bomFormat", "specVersion", "serialNumber", "version"]) {
    take(member(part, name));
  }
  // Who said what there: they did not sign here. The import's origin names the whole document.
  take(member(part, "citations"));
  readMetadata(part);
  const harvest = new Harvest();
  const metadata = member(part, "metadata");
  const main = metadata === undefined ? undefined : member(metadata, "component");
  const found = [...(main === undefined ? [] : [main]), ...items(part, "components")];
  for (const component of found) {
    const refusal = readComponent(component, harvest);
    if (refusal !== undefined) return refusal;
  }
  readFaults(part, harvest);
  const documents = readOwnDocuments(part, harvest);
  if (documents !== undefined) return documents;
  return harvest.finish(leftover(part));
}

function readMetadata(part: Part): void {
  const metadata = member(part, "metadata");
  if (metadata === undefined) return;
  take(member(metadata, "timestamp"));
  const isOwn = items(metadata, "properties").filter(
    ({ value }) => isJsonObject(value) && value.name === "writ:estate",
  );
  if (isOwn.length === 0) return;
  for (const one of isOwn) take(one);
  take(member(metadata, "tools"));
  take(member(metadata, "authors"));
}

/** A component and those inside it, but for files, which are its artefacts. */
function readComponent(part: Part, harvest: Harvest): Refused | undefined {
  const isTaken = readRelease(part, harvest);
  if (isRefused(isTaken)) return isTaken;
  for (const inner of items(part, "components")) {
    if (isTaken && isJsonObject(inner.value) && inner.value.type === "file") continue;
    const refusal = readComponent(inner, harvest);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Placements, controls and hosts, which only Writ writes into a bill. */
function readOwnDocuments(part: Part, harvest: Harvest): Refused | undefined {
  for (const one of items(part, "properties")) {
    if (!isJsonObject(one.value) || one.value.name !== "writ:document") continue;
    take(one);
    const json = parseOutsideJson(textIn(one, "value") ?? "");
    const document = isRefused(json) ? json : registerDocument(json, `document at ${one.at}`);
    if (isRefused(document)) return document;
    harvest.documents.push(document);
  }
  return undefined;
}

/** References must name one thing each, and dependencies must come to an end. */
function checkReferences(part: Part): Refused | undefined {
  const seen = new Set<string>();
  const twice = repeatedReference(part.value, seen);
  if (twice !== undefined) {
    return refused("malformed", `bom-ref ${JSON.stringify(twice)} stands twice`);
  }
  const edges = new Map<string, readonly string[]>();
  for (const { value } of items(part, "dependencies")) {
    if (!isJsonObject(value) || typeof value.ref !== "string") continue;
    const on = Array.isArray(value.dependsOn) ? (value.dependsOn as readonly Json[]) : [];
    edges.set(
      value.ref,
      on.filter((ref): ref is string => typeof ref === "string"),
    );
  }
  return checkGraph(edges, "dependencies");
}

function repeatedReference(value: Json, seen: Set<string>): string | undefined {
  if (Array.isArray(value)) {
    for (const one of value as readonly Json[]) {
      const found = repeatedReference(one, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  const reference = value["bom-ref"];
  if (typeof reference === "string") {
    if (seen.has(reference)) return reference;
    seen.add(reference);
  }
  return repeatedReference(Object.values(value), seen);
}
