/** Elements of an SPDX 3.0.1 graph (JSON-LD), and the names that Writ gives to its own in it. */
import { fromUtf8, toHex, toUtf8 } from "../encoding/bytes.ts";
import { encodeCanonical, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { type Digest, sha256 } from "../encoding/digest.ts";

/** Annotations whose statement is the register's own, as canonical JSON. */
export const ownTypes = {
  document: "application/vnd.writ.document+json",
  rest: "application/vnd.writ.rest+json",
  defect: "application/vnd.writ.defect+json",
} as const;

export type SpdxGraph = {
  readonly elements: JsonObject[];
  /** The address of an element of this name. */
  readonly address: (name: string) => string;
  /** Adds an element, signed for by who said the entry; answers its address. */
  readonly add: (name: string, element: JsonObject, creation: string) => string;
};

/** A graph in which every address is of this estate, and the same for the same thing. */
export function openGraph(estate: Digest): SpdxGraph {
  const elements: JsonObject[] = [];
  const base = `urn:writ:${estate.slice("sha256:".length, "sha256:".length + 16)}`;
  // What people wrote may be no address; its digest is.
  const address = (name: string) => `${base}:${toHex(sha256(toUtf8(name))).slice(0, 24)}`;
  return {
    elements,
    address,
    add: (name, element, creationInfo) => {
      const spdxId = address(name);
      elements.push({ ...element, spdxId, creationInfo });
      return spdxId;
    },
  };
}

export function canonicalText(value: Json): string {
  return fromUtf8(encodeCanonical(value))!;
}

/** A relation from one element to others. */
export function relation(type: string, from: string, to: readonly string[]): JsonObject {
  return { type: "Relationship", relationshipType: type, from, to };
}

/** A remark of Writ's on an element, for reading back. */
export function ownAnnotation(contentType: string, subject: string, statement: Json): JsonObject {
  const annotationType = contentType === ownTypes.defect ? "review" : "other";
  const text = canonicalText(statement);
  return { type: "Annotation", annotationType, contentType, subject, statement: text };
}
