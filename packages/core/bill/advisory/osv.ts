/** OSV (ossf.github.io/osv-schema): one record, or a list. All that it names is affected. */
import { isJsonObject, type Json } from "../../encoding/canonical-json.ts";
import { fitting, items, member, type Part, textIn, textsOf } from "../reading.ts";
import type { Advisory, Product } from "./advisory.ts";
import type { VersionRange } from "./version-range.ts";

const severities: { readonly [word: string]: "critical" | "high" | "medium" | "low" } = {
  CRITICAL: "critical",
  HIGH: "high",
  MODERATE: "medium",
  MEDIUM: "medium",
  LOW: "low",
};

/** Package URL types of OSV's ecosystems, where a record gives no purl itself. */
const purlTypes: { readonly [ecosystem: string]: string } = {
  PyPI: "pypi",
  npm: "npm",
  Go: "golang",
  "crates.io": "cargo",
  Maven: "maven",
  Packagist: "composer",
  RubyGems: "gem",
  NuGet: "nuget",
};

export function readOsv(root: Part): readonly Advisory[] {
  const records = Array.isArray(root.value)
    ? (root.value as readonly Json[]).map((value, at) => ({ ...root, value, at: `/${at}` }))
    : [root];
  return records.flatMap((record): readonly Advisory[] => {
    const id = fitting(record, "id", 256);
    if (id === undefined || member(record, "withdrawn") !== undefined) return [];
    const detail = fitting(record, "summary", 1024);
    const found = fitting(record, "published", 64);
    const specific = member(record, "database_specific");
    const severity = severities[(specific && textIn(specific, "severity")) ?? ""];
    return [
      {
        at: record.at,
        vulnerability: {
          id,
          state: "affected",
          source: "osv",
          ...(severity === undefined ? {} : { severity }),
          ...(found === undefined ? {} : { found }),
          ...(detail === undefined ? {} : { detail }),
        },
        products: items(record, "affected").flatMap(productOf),
      },
    ];
  });
}

function productOf(affected: Part): readonly Product[] {
  const of = member(affected, "package");
  if (of === undefined) return [];
  const type = purlTypes[(textIn(of, "ecosystem") ?? "").split(":")[0]!];
  const name = textIn(of, "name");
  const named = type === undefined || name === undefined ? undefined : `pkg:${type}/${name}`;
  const purl = fitting(of, "purl", 1024) ?? named;
  if (purl === undefined) return [];
  const ranges = items(affected, "ranges").flatMap((range) =>
    textIn(range, "type") === "GIT" ? [] : rangesOf(items(range, "events")),
  );
  return [{ purl, versions: textsOf(affected, "versions"), ranges }];
}

/** Events in their order: each `introduced` opens a range, which the next event closes. */
function rangesOf(events: readonly Part[]): readonly VersionRange[] {
  const ranges: VersionRange[] = [];
  let introduced: string | undefined;
  const said = (value: Json, name: string) =>
    isJsonObject(value) && typeof value[name] === "string" ? (value[name] as string) : undefined;
  for (const { value } of events) {
    const opened = said(value, "introduced");
    if (opened !== undefined) {
      if (introduced !== undefined) ranges.push({ introduced });
      introduced = opened;
    }
    const fixed = said(value, "fixed");
    const lastAffected = said(value, "last_affected");
    if (introduced === undefined || (fixed ?? lastAffected) === undefined) continue;
    ranges.push(
      fixed === undefined ? { introduced, lastAffected: lastAffected! } : { introduced, fixed },
    );
    introduced = undefined;
  }
  return introduced === undefined ? ranges : [...ranges, { introduced }];
}
