/** Licences, pedigree and data sets of a CycloneDX component. */
import { isJsonObject, type Json } from "../encoding/canonical-json.ts";
import type { GatheredRelease } from "./harvest.ts";
import { fitting, items, member, type Part, take, textIn } from "./reading.ts";

const listMax = 100;

/** Each licence as one text: an SPDX id, an expression, or a name. */
export function readLicences(part: Part): readonly string[] {
  return items(part, "licenses")
    .slice(0, listMax)
    .flatMap((one) => {
      const expression = fitting(one, "expression", 256);
      if (expression !== undefined) return [expression];
      const licence = member(one, "license");
      if (licence === undefined) return [];
      const text = fitting(licence, "id", 256) ?? fitting(licence, "name", 256);
      return text === undefined ? [] : [text];
    });
}

/** What it was made from, and the revision of its source. */
export function readPedigree(part: Part, release: GatheredRelease): void {
  const pedigree = member(part, "pedigree");
  if (pedigree === undefined) return;
  const derivedFrom = items(pedigree, "ancestors")
    .slice(0, listMax)
    .flatMap((ancestor) => {
      const name = fitting(ancestor, "name", 256);
      if (name === undefined) return [];
      const version = fitting(ancestor, "version", 128);
      take(member(ancestor, "type"));
      const how = howOf(ancestor);
      return [
        {
          what: version === undefined ? name : `${name}@${version}`,
          ...(how === undefined ? {} : { how }),
        },
      ];
    });
  if (derivedFrom.length > 0) release.derivedFrom = derivedFrom;
  const [commit] = items(pedigree, "commits");
  const uid = commit === undefined ? undefined : fitting(commit, "uid", 256);
  if (commit === undefined || uid === undefined) return;
  release.commit = uid;
  const url = fitting(commit, "url", 2048);
  if (url !== undefined) release.source ??= url;
}

function howOf(ancestor: Part): string | undefined {
  for (const one of items(ancestor, "properties")) {
    if (!isJsonObject(one.value) || one.value.name !== "writ:how") continue;
    take(one);
    return textIn(one, "value");
  }
  return undefined;
}

/** Training data by name and address; a reference by what it refers to. */
export function readDatasets(card: Part, root: Json): readonly string[] {
  const parameters = member(card, "modelParameters");
  if (parameters === undefined) return [];
  return items(parameters, "datasets")
    .slice(0, listMax)
    .flatMap((one) => {
      const reference = fitting(one, "ref", 2048);
      if (reference !== undefined) return [namedBy(reference, root) ?? reference];
      const contents = member(one, "contents");
      const name = fitting(one, "name", 512);
      const url = contents === undefined ? undefined : fitting(contents, "url", 1024);
      if (name === undefined && url === undefined) return [];
      take(member(one, "type"));
      return [[name, url].filter((text) => text !== undefined).join(" ")];
    });
}

function namedBy(reference: string, root: Json): string | undefined {
  const all = isJsonObject(root) && Array.isArray(root.components) ? root.components : [];
  for (const one of all as readonly Json[]) {
    if (!isJsonObject(one) || one["bom-ref"] !== reference) continue;
    const { name, version } = one;
    if (typeof name !== "string" || name.length > 512) return undefined;
    return typeof version === "string" ? `${name}@${version}`.slice(0, 2048) : name;
  }
  return undefined;
}
