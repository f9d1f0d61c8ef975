/**
 * The estate as circles within circles: components hold releases, releases hold their places.
 * Where each stands follows from the register alone, so that a picture taken tomorrow compares.
 */
import { type HierarchyCircularNode, hierarchy, pack } from "d3-hierarchy";
import type { EstateRow } from "./estate-rows.ts";

/** One circle, in a square of side 1; `row` where it stands for a row of the table. */
export type MapCircle = {
  readonly x: number;
  readonly y: number;
  readonly r: number;
  readonly kind: "component" | "release" | "place";
  readonly label: string;
  /** The worst finding about it or about anything within it; empty if there is none. */
  readonly severity: Severity | "";
  readonly row: EstateRow | undefined;
  readonly component: string;
};

const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

type Branch = {
  readonly label: string;
  readonly kind: MapCircle["kind"];
  readonly component: string;
  readonly row: EstateRow | undefined;
  readonly below: readonly Branch[];
};

/** Circles from the largest to the smallest: what is drawn later lies above. */
export function estateCircles(rows: readonly EstateRow[]): readonly MapCircle[] {
  const root: Branch = {
    ...{ label: "", kind: "component", component: "", row: undefined },
    below: branchesOf(rows),
  };
  const whole = hierarchy(root, ({ below }) => below)
    .sum(({ below }) => (below.length === 0 ? 1 : 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || (a.data.label < b.data.label ? -1 : 1));
  const packed = pack<Branch>()
    .size([1, 1])
    .padding(({ depth }) => [0.012, 0.006, 0.0006][depth] ?? 0)(whole);
  const worst = new Map<HierarchyCircularNode<Branch>, Severity | "">();
  packed.eachAfter((node) => {
    const own = severityOf(node.data.row);
    const within = (node.children ?? []).map((child) => worst.get(child) ?? "");
    worst.set(node, severities.find((name) => name === own || within.includes(name)) ?? "");
  });
  return packed.descendants().flatMap((node) => {
    if (node.depth === 0) return [];
    const { label, kind, component, row } = node.data;
    const { x, y, r } = node;
    return [{ x, y, r, kind, label, severity: worst.get(node) ?? "", row, component }];
  });
}

function severityOf(row: EstateRow | undefined): Severity | undefined {
  return severities.find((name) => row?.finding.startsWith(`${name}:`));
}

/** Hosts are left out: a place is on one, and a line to it would cross all others. */
function branchesOf(rows: readonly EstateRow[]): readonly Branch[] {
  const components = new Map<string, EstateRow[]>();
  for (const row of rows) {
    if (row.component !== "") gather(components, row.component, row);
  }
  return [...components].map(([component, own]) => ({
    ...{ label: component, kind: "component", component },
    row: own.find(({ kind }) => kind === "component"),
    below: releasesOf(component, own),
  }));
}

function releasesOf(component: string, rows: readonly EstateRow[]): readonly Branch[] {
  const places = new Map<string, EstateRow[]>();
  const releases = new Map<string, EstateRow>();
  const controls: Branch[] = [];
  for (const row of rows) {
    if (row.kind === "release") releases.set(row.release, row);
    if (row.kind === "placement") gather(places, row.release, row);
    if (row.kind === "control") controls.push(leaf(row));
  }
  const named = new Set([...releases.keys(), ...places.keys()]);
  const below = [...named].map((release): Branch => {
    const row = releases.get(release);
    const own = (places.get(release) ?? []).map(leaf);
    return { label: release, kind: "release", component, row, below: own };
  });
  return [...below, ...controls];
}

function gather(groups: Map<string, EstateRow[]>, name: string, row: EstateRow): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [row]);
  else group.push(row);
}

function leaf(row: EstateRow): Branch {
  const { id, component } = row;
  return { label: id, kind: "place", component, row, below: [] };
}

/** The smallest circle at a point of the square: the innermost. */
export function circleAt(
  circles: readonly MapCircle[],
  x: number,
  y: number,
): MapCircle | undefined {
  let found: MapCircle | undefined;
  for (const circle of circles) {
    if (found !== undefined && circle.r >= found.r) continue;
    if ((circle.x - x) ** 2 + (circle.y - y) ** 2 <= circle.r ** 2) found = circle;
  }
  return found;
}
