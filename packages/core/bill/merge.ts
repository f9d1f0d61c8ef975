/**
 * What an import would change. The register keeps what the document does not speak of; lifecycles
 * stay where writs have put them; a document that says otherwise is refused whole.
 */

import type { Json } from "../encoding/canonical-json.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { type RegisterDocument, type Release, registerDocument } from "../register/document.ts";
import { checkChange, documentKey, type Register, releaseKey } from "../register/register.ts";
import type { Imported, Left } from "./bill.ts";
import { canonicalText } from "./spdx-element.ts";

export type ImportOptions = {
  /** Who owns components of which neither document nor register says it. */
  readonly owner?: string;
  /** Where new releases stand of which the document does not say it. */
  readonly lifecycle: "proposed" | "approved" | "active" | "retired";
};

/** One document that would be said, and what is new in it. */
export type Difference = {
  readonly key: string;
  readonly change: "added" | "changed";
  /** Members that are new or other than before. */
  readonly members: readonly string[];
  readonly document: RegisterDocument;
};

export type ImportPlan = {
  readonly differences: readonly Difference[];
  /** How many documents say what the register says. */
  readonly unchanged: number;
  readonly left: readonly Left[];
};

/** Holds what a document says against the register. Changes nothing. */
export function planImport(
  register: Register,
  imported: Imported,
  options: ImportOptions,
): ImportPlan | Refused {
  const differences: Difference[] = [];
  const left = [...imported.left];
  let unchanged = 0;
  for (const coming of imported.documents) {
    const merged = mergedDocument(register, coming, imported, options);
    if (isRefused(merged)) return merged;
    // The one door into the register's shapes: an importer's mistake must not become an entry.
    const document = registerDocument(merged.document as unknown as Json, documentKey(coming));
    if (isRefused(document)) return document;
    if (merged.why !== undefined) left.push({ at: documentKey(coming), why: merged.why });
    const members = changedMembers(merged.earlier, document);
    if (members.length === 0) {
      unchanged += 1;
      continue;
    }
    const change = merged.earlier === undefined ? "added" : "changed";
    differences.push({ key: documentKey(document), change, members, document });
  }
  const set = differences.map(({ document }) => document);
  const problem = checkChange(register, { set, remove: [] });
  return problem ?? { differences, unchanged, left };
}

type Merged = {
  readonly document: RegisterDocument;
  readonly earlier: RegisterDocument | undefined;
  readonly why?: string;
};

function mergedDocument(
  register: Register,
  coming: RegisterDocument,
  imported: Imported,
  options: ImportOptions,
): Merged | Refused {
  if (coming.document === "release") return mergedRelease(register, coming, imported, options);
  if (coming.document !== "component") {
    return { document: coming, earlier: earlierOf(register, coming) };
  }
  const earlier = register.components.get(coming.component)?.document;
  const { owner: said, ...rest } = coming;
  const owner = said === "" ? (earlier?.owner ?? options.owner) : said;
  if (owner === undefined) {
    return refused("malformed", `nobody says who owns ${coming.component}`);
  }
  return { document: { ...earlier, ...rest, owner }, earlier };
}

function earlierOf(register: Register, document: RegisterDocument): RegisterDocument | undefined {
  if (document.document === "host") return register.hosts.get(document.host)?.document;
  if (document.document === "control") return register.controls.get(document.control)?.document;
  if ("placement" in document) return register.placements.get(document.placement)?.document;
  return undefined;
}

function mergedRelease(
  register: Register,
  coming: Release,
  { lifecycles }: Imported,
  options: ImportOptions,
): Merged | Refused {
  const key = releaseKey(coming.component, coming.release);
  const said = lifecycles.get(key);
  const known = register.releases.get(key);
  if (known === undefined || known.document.artefacts.length === 0) {
    const isDescribed = coming.artefacts.length === 0;
    const stands = said === "destroyed" ? "retired" : (said ?? options.lifecycle);
    const lifecycle = isDescribed ? "proposed" : stands;
    const document = { ...joined(known?.document, coming), lifecycle };
    const other = said !== undefined && said !== lifecycle;
    const why = `it is said to be ${said}; a new one cannot be, and is ${lifecycle}`;
    return { document, earlier: known?.document, ...(other ? { why } : {}) };
  }
  const { document: earlier, lifecycle } = known;
  if (said !== undefined && said !== lifecycle) {
    return refused(
      "lifecycle-by-writ-only",
      `release ${key} is ${lifecycle}, and the document says ${said}; order a writ`,
    );
  }
  if (lifecycle === "destroyed") {
    return { document: earlier, earlier, why: "it is destroyed: nothing more is said of it" };
  }
  // What differs is what the document says, not that a writ has moved it since.
  return {
    document: { ...joined(earlier, coming), lifecycle },
    earlier: { ...earlier, lifecycle },
  };
}

/** What both say; where both say something of one thing, the document that comes in. */
function joined(earlier: Release | undefined, coming: Release): Release {
  if (earlier === undefined) return coming;
  const { artefacts } = coming.artefacts.length === 0 ? earlier : coming;
  const vulnerabilities = united(earlier.vulnerabilities, coming.vulnerabilities, ({ id }) => id);
  const defects = united(earlier.defects, coming.defects, ({ what }) => what);
  return {
    ...earlier,
    ...coming,
    artefacts,
    ...(vulnerabilities === undefined ? {} : { vulnerabilities }),
    ...(defects === undefined ? {} : { defects }),
  };
}

function united<T>(
  earlier: readonly T[] | undefined,
  coming: readonly T[] | undefined,
  keyOf: (one: T) => string,
): readonly T[] | undefined {
  if (earlier === undefined || coming === undefined) return coming ?? earlier;
  const named = new Map(coming.map((one) => [keyOf(one), one]));
  const wholeOf = (one: T) => canonicalText(one as Json);
  const same = new Set(coming.map(wholeOf));
  const kept = earlier.map((one) =>
    same.has(wholeOf(one)) ? one : (named.get(keyOf(one)) ?? one),
  );
  const known = new Set(earlier.map(keyOf));
  return [...kept, ...coming.filter((one) => !known.has(keyOf(one)))];
}

function changedMembers(earlier: RegisterDocument | undefined, document: RegisterDocument) {
  const before = (earlier ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(document)
    .filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value))
    .map(([name]) => name);
}
