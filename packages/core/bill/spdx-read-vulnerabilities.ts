/** What an SPDX document assesses of a package: VEX relationships of the Security profile. */
import { isJsonObject, type Json } from "../encoding/canonical-json.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import type { Vulnerability } from "../register/document.ts";
import type { GatheredRelease } from "./harvest.ts";
import { fitting, member, take } from "./reading.ts";
import { type SpdxElements, takeFrame, takeRelation } from "./spdx-graph.ts";
import type { SpdxPackage } from "./spdx-read-package.ts";

const states: { readonly [type: string]: Vulnerability["state"] } = {
  affects: "affected",
  doesNotAffect: "not_affected",
  fixedIn: "fixed",
  underInvestigationFor: "under_investigation",
};

export function readVulnerabilities(
  { relations, byAddress }: SpdxElements,
  { address, own }: SpdxPackage,
  release: GatheredRelease,
): Refused | undefined {
  const said = Array.isArray(own?.vulnerabilities) ? (own.vulnerabilities as readonly Json[]) : [];
  const found: Vulnerability[] = [];
  for (const relation of relations) {
    const state = Object.hasOwn(states, relation.type) ? states[relation.type] : undefined;
    if (state === undefined || !relation.to.includes(address)) continue;
    const part = byAddress.get(relation.from);
    const id = part === undefined ? undefined : fitting(part, "name", 256);
    if (part === undefined || id === undefined) continue;
    if (found.length === vulnerabilitiesMax) {
      return refused("oversized", `a release has over ${vulnerabilitiesMax} vulnerabilities`);
    }
    const detail = fitting(part, "description", 1024);
    const more = said[found.length];
    takeFrame(part);
    takeRelation(relation);
    const action = member(relation.part, "security_actionStatement");
    if (action?.value === "not stated") take(action);
    found.push({
      id,
      state,
      ...(isJsonObject(more) ? more : {}),
      ...(detail === undefined ? {} : { detail }),
    } as Vulnerability);
  }
  if (found.length > 0) release.vulnerabilities = found;
  return undefined;
}

const vulnerabilitiesMax = 200;
