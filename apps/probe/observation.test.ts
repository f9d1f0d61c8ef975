import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Census,
  censusShape,
  encodeCanonical,
  isRefused,
  type Json,
  parseCanonicalObject,
  pathBytes,
} from "@writ/core";
import { lookAt } from "./testing/scene.ts";

const page = readFileSync(new URL("../../docs/spec/observation.md", import.meta.url), "utf8");
const example = JSON.parse(/```census\n(.*?)```/s.exec(page)![1]!) as Json;

test("the specification's example is a census", () => {
  const parsed = parseCanonicalObject(encodeCanonical(example));
  assert.ok(!isRefused(parsed));
  const census = censusShape(parsed, "census");
  assert.ok(!isRefused(census), JSON.stringify(census));
  for (const { gaps } of census.coverage) {
    for (const { where } of gaps) assert.ok(pathBytes(where) !== undefined, where);
  }
});

test("a real census has the members of the example", async () => {
  const real = await lookAt([]);
  const { masses, processes, controls, coverage } = example as unknown as Census;
  assert.deepEqual(Object.keys(real).sort(), Object.keys(example as object).sort());
  const own = real.processes.find(({ pid }) => pid === process.pid);
  assert.deepEqual(Object.keys(own ?? {}).sort(), Object.keys(processes[0]!).sort());
  assert.deepEqual(
    real.coverage.map(({ vantage }) => vantage),
    coverage.map(({ vantage }) => vantage),
  );
  assert.ok(masses.length > 0 && controls.length > 0);
});

test("the specification tells every reason for a gap, and no other", () => {
  const told = [...page.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, why]) => why!);
  assert.equal(told.length, 10);
  for (const why of told) {
    const one = structuredClone(example) as unknown as {
      coverage: { gaps: { where: string; why: string }[] }[];
    };
    one.coverage[0]!.gaps[0]!.why = why;
    assert.ok(!isRefused(censusShape(one as unknown as Json, "census")), why);
  }
});
