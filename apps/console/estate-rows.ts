/** The register as rows of one table: what ought to be, beside what is wrong with it now. */
import type { FindingTold, RegisterTold } from "./server-connection.ts";

export type EstateRow = {
  readonly id: string;
  readonly kind: "component" | "release" | "placement" | "control" | "host";
  readonly component: string;
  readonly release: string;
  readonly host: string;
  /** Path, lifecycle, expected value: what this row is about. */
  readonly what: string;
  /** Findings about it, by severity of the worst; empty if there are none. */
  readonly finding: string;
  /** Journal entry that registered it. */
  readonly index: number;
};

type Words = { readonly [name: string]: unknown };

export function estateRows(
  register: RegisterTold,
  findings: readonly FindingTold[],
): readonly EstateRow[] {
  const worst = worstByPlace(findings);
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const rows = (
    kind: EstateRow["kind"],
    list: readonly { readonly document: Words; readonly index: number }[],
    id: (document: Words) => string,
    what: (document: Words, told: Words) => string,
  ): EstateRow[] =>
    list.map((told) => {
      const { document, index } = told;
      const host = text(document.host);
      return {
        kind,
        id: id(document),
        component: text(document.component),
        release: text(document.release),
        host,
        what: what(document, told),
        finding:
          worst.get(`${host} ${text(document.path)}`) ??
          worst.get(`${host} ${id(document)}`) ??
          (kind === "component" ? (worst.get(`component ${text(document.component)}`) ?? "") : ""),
        index,
      };
    });
  return [
    ...rows(
      "component",
      register.components,
      (document) => text(document.component),
      (document) => `${text(document.kind)}, owned by ${text(document.owner)}`,
    ),
    ...rows(
      "release",
      register.releases,
      (document) => `${text(document.component)}@${text(document.release)}`,
      (_, told) => text(told.lifecycle),
    ),
    ...rows(
      "placement",
      register.placements,
      (document) => text(document.placement),
      (document) => text(document.path) || text(document.document),
    ),
    ...rows(
      "control",
      register.controls,
      (document) => text(document.control),
      (document) => `must be ${text(document.expected)}`,
    ),
    ...rows(
      "host",
      register.hosts,
      (document) => text(document.host),
      () => "host",
    ),
  ];
}

const severities = ["critical", "high", "medium", "low"] as const;

function worstByPlace(findings: readonly FindingTold[]): ReadonlyMap<string, string> {
  const worst = new Map<string, string>();
  const put = (key: string, { severity, rule }: FindingTold) => {
    const before = severities.findIndex((name) => worst.get(key)?.startsWith(name));
    if (before === -1 || severities.indexOf(severity) < before) {
      worst.set(key, `${severity}: ${rule}`);
    }
  };
  for (const finding of findings) {
    put(`${finding.host} ${finding.where}`, finding);
    if (finding.component !== undefined) put(`component ${finding.component}`, finding);
  }
  return worst;
}

/** Rows that hold every word of the filter. */
export function filterRows(rows: readonly EstateRow[], filter: string): readonly EstateRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text =
      `${row.kind} ${row.id} ${row.component} ${row.release} ${row.host} ${row.what} ` +
      row.finding;
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}
