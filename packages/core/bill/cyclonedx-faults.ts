/** Known vulnerabilities and defects of a release, as CycloneDX has them (VEX). */
import type { JsonObject } from "../encoding/canonical-json.ts";
import type { Release } from "../register/document.ts";
import { isInstant } from "./bill.ts";
import { property, releaseReference } from "./cyclonedx-component.ts";
import { cyclonedxState } from "./cyclonedx-states.ts";

type Fault = {
  readonly source?: string;
  readonly severity?: string;
  readonly found?: string;
};

export function cyclonedxFaults(release: Release): readonly JsonObject[] {
  const affects = [{ ref: releaseReference(release.component, release.release) }];
  const { vulnerabilities = [], defects = [] } = release;
  return [
    ...vulnerabilities.map((one) => ({
      id: one.id,
      ...common(one),
      ...(one.detail === undefined ? {} : { description: one.detail }),
      analysis: { state: cyclonedxState(one.state) },
      affects,
      ...properties(one, []),
    })),
    // A defect has no number: what is wrong is all its name.
    ...defects.map((one) => ({
      ...common(one),
      description: one.what,
      analysis: { state: "exploitable" },
      affects,
      ...properties(one, [property("writ:fault", "defect")]),
    })),
  ];
}

function common({ source, severity, found }: Fault): JsonObject {
  return {
    ...(source === undefined ? {} : { source: { name: source } }),
    ...(severity === undefined ? {} : { ratings: [{ severity }] }),
    ...(found === undefined || !isInstant(found) ? {} : { created: found }),
  };
}

function properties({ found }: Fault, own: readonly JsonObject[]): JsonObject {
  const undated = found === undefined || isInstant(found) ? [] : [property("writ:found", found)];
  const all = [...own, ...undated];
  return all.length === 0 ? {} : { properties: all };
}
