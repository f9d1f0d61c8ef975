/** Vulnerabilities and defects that a CycloneDX document tells of its own components. */
import type { Vulnerability } from "../register/document.ts";
import { ownProperties } from "./cyclonedx-read-release.ts";
import { stateOfCyclonedx } from "./cyclonedx-states.ts";
import type { GatheredRelease, Harvest } from "./harvest.ts";
import { fitting, items, member, type Part, take, textIn } from "./reading.ts";

const severities = ["critical", "high", "medium", "low"] as const;
type Severity = (typeof severities)[number];

export function readFaults(part: Part, harvest: Harvest): void {
  for (const one of items(part, "vulnerabilities")) {
    const releases = items(one, "affects").flatMap((affected) => {
      const reference = member(affected, "ref")?.value;
      const release = typeof reference === "string" && harvest.references.get(reference);
      if (release === false || release === undefined) return [];
      take(member(affected, "ref"));
      return [release];
    });
    if (releases.length === 0) {
      harvest.left.push({ at: one.at, why: "it affects no release that the document tells of" });
      take(one);
      continue;
    }
    take(member(one, "bom-ref"));
    readFault(one, releases, harvest);
  }
}

function readFault(part: Part, releases: readonly GatheredRelease[], harvest: Harvest): void {
  const own = ownProperties(part);
  const analysis = member(part, "analysis");
  const state = stateOfCyclonedx(analysis === undefined ? undefined : textIn(analysis, "state"));
  const source = member(part, "source");
  const name = source === undefined ? undefined : fitting(source, "name", 512);
  const severity = readSeverity(part);
  const found = own.get("found") ?? fitting(part, "created", 64) ?? fitting(part, "published", 64);
  const known = {
    ...(name === undefined ? {} : { source: name }),
    ...(severity === undefined ? {} : { severity }),
  };
  const detail = fitting(part, "description", 1024) ?? fitting(part, "detail", 1024);
  if (own.get("fault") === "defect") {
    if (detail === undefined || found?.length !== 24) {
      harvest.left.push({ at: part.at, why: "a defect says what it is, and since when" });
      return;
    }
    for (const release of releases) {
      release.defects = [...(release.defects ?? []), { what: detail, found, ...known }];
    }
    return;
  }
  const id = fitting(part, "id", 256);
  if (id === undefined || state === undefined) {
    harvest.left.push({ at: part.at, why: "a vulnerability has an id and a state of VEX" });
    return;
  }
  const vulnerability: Vulnerability = {
    id,
    state,
    ...known,
    ...(found === undefined ? {} : { found }),
    ...(detail === undefined ? {} : { detail }),
  };
  for (const release of releases) {
    release.vulnerabilities = [...(release.vulnerabilities ?? []), vulnerability];
  }
}

/** The gravest that any rating says. */
function readSeverity(part: Part): Severity | undefined {
  const ratings = items(part, "ratings").map((one) => [one, member(one, "severity")] as const);
  for (const severity of severities) {
    const found = ratings.find(([, said]) => said?.value === severity);
    if (found === undefined) continue;
    take(found[1]);
    return severity;
  }
  return undefined;
}
