/** An SPDX 3.0.1 document as elements by address, and the relations between them. */
import { isJsonObject, type Json, type JsonObject } from "../encoding/canonical-json.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { checkGraph } from "./graph.ts";
import { items, member, openReading, type Part, take } from "./reading.ts";

export type SpdxRelation = {
  readonly part: Part;
  readonly type: string;
  readonly from: string;
  readonly to: readonly string[];
};

export type SpdxElements = {
  readonly root: Part;
  readonly byAddress: ReadonlyMap<string, Part>;
  readonly relations: readonly SpdxRelation[];
};

/** Relations of which a circle would have no meaning. */
const ordered: ReadonlySet<string> = new Set(["contains", "dependsOn", "descendantOf"]);

/** Indexes a document; refuses one in which an address is two things, or which goes in a circle. */
export function readSpdx(json: Json): SpdxElements | Refused {
  const root = openReading(json);
  take(member(root, "@context"));
  const single = isJsonObject(json) && typeof json.type === "string" ? [root] : [];
  const elements = [...items(root, "@graph"), ...single];
  const byAddress = new Map<string, Part>();
  const relations: SpdxRelation[] = [];
  for (const part of elements) {
    const value = part.value as JsonObject;
    const address = value.spdxId ?? value["@id"];
    if (typeof address === "string") {
      const earlier = byAddress.get(address);
      // An official example says one thing twice: that is one thing.
      if (earlier !== undefined && JSON.stringify(earlier.value) === JSON.stringify(value)) {
        take(part);
        continue;
      }
      if (earlier !== undefined) {
        return refused("malformed", `spdxId ${JSON.stringify(address)} stands twice`);
      }
      byAddress.set(address, part);
    }
    const { relationshipType: type, from } = value;
    if (typeof type !== "string" || typeof from !== "string") continue;
    const to = (Array.isArray(value.to) ? (value.to as readonly Json[]) : []).filter(
      (one) => typeof one === "string",
    );
    relations.push({ part, type, from, to });
  }
  const edges = new Map<string, readonly string[]>();
  for (const { type, from, to } of relations) {
    if (ordered.has(type)) edges.set(from, [...(edges.get(from) ?? []), ...to]);
  }
  const problem = checkGraph(edges, "relationships");
  return isRefused(problem) ? problem : { root, byAddress, relations };
}

/** Marks what holds an element up and says nothing of the register: type, address, creation. */
export function takeFrame(part: Part | undefined): void {
  if (part === undefined) return;
  for (const name of ["type", "spdxId", "@id", "creationInfo"]) take(member(part, name));
}

/** Marks a relation that was read, but for what it says besides. */
export function takeRelation({ part }: SpdxRelation): void {
  takeFrame(part);
  for (const name of ["relationshipType", "from", "to"]) take(member(part, name));
}
