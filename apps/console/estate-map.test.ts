import assert from "node:assert/strict";
import { test } from "node:test";
import { circleAt, estateCircles } from "./estate-map.ts";
import type { EstateRow } from "./estate-rows.ts";

const row = (kind: EstateRow["kind"], id: string, more: Partial<EstateRow> = {}): EstateRow => ({
  ...{ kind, id, component: "chatbot", release: "", host: "", what: "", finding: "", index: 0 },
  ...more,
});
const rows: readonly EstateRow[] = [
  row("component", "chatbot"),
  row("release", "chatbot@4.2", { release: "4.2" }),
  row("placement", "a", { release: "4.2", host: "h1", finding: "medium: missing" }),
  row("placement", "b", { release: "4.2", host: "h2", finding: "critical: altered" }),
  row("placement", "c", { release: "3.8", host: "h2" }),
  row("control", "stop", { host: "h1" }),
  row("placement", "d", { component: "reader", release: "1", host: "h1" }),
  row("host", "h1", { component: "", host: "h1" }),
];

test("places lie within their release, releases within their component, and apart otherwise", () => {
  const circles = estateCircles(rows);
  const named = (label: string) => circles.find((circle) => circle.label === label)!;
  const within = (inner: string, outer: string) => {
    const [a, b] = [named(inner), named(outer)];
    return Math.hypot(a.x - b.x, a.y - b.y) + a.r <= b.r + 1e-9;
  };
  assert.equal(circles.length, 10, "two components, three releases, five places; no host");
  assert.ok(within("a", "4.2") && within("4.2", "chatbot") && within("stop", "chatbot"));
  assert.ok(!within("d", "chatbot") && !within("c", "4.2"));
  for (const { x, y, r } of circles) assert.ok(x - r >= -1e-9 && y + r <= 1 + 1e-9);
});

test("what is wrong within shows on everything around it, the worst first", () => {
  const severities = new Map(estateCircles(rows).map(({ label, severity }) => [label, severity]));
  assert.deepEqual(
    ["a", "b", "c", "4.2", "3.8", "chatbot", "reader"].map((label) => severities.get(label)),
    ["medium", "critical", "", "critical", "", "critical", ""],
  );
});

test("a point is in the innermost circle, or in none", () => {
  const circles = estateCircles(rows);
  const { x, y } = circles.find(({ label }) => label === "b")!;
  assert.equal(circleAt(circles, x, y)?.label, "b");
  assert.equal(circleAt(circles, -1, -1), undefined);
});

test("the same register gives the same picture, in whatever order it is told", () => {
  assert.deepEqual(estateCircles([...rows].reverse()), estateCircles(rows));
});

test("an estate without components is an empty map", () => {
  assert.deepEqual(estateCircles([]), []);
});
