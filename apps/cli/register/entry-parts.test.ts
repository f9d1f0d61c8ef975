import assert from "node:assert/strict";
import { test } from "node:test";
import { isRefused, parseEntry, type RegisterDocument } from "@writ/core";
import { EstateKit } from "../../../packages/core/testing/estate-kit.ts";
import { entryParts } from "./entry-parts.ts";

const digest = `sha256:${"1".repeat(64)}` as const;

function fleet(count: number): RegisterDocument[] {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const placements = numbers.map((at): RegisterDocument => {
    const where = { placement: `p${at}`, host: "h1", path: `/srv/${at}/${"x".repeat(200)}` };
    return { document: "file", ...where, component: "c", release: `r${at}`, artefact: "m" };
  });
  const releases = numbers.map((at): RegisterDocument => {
    const artefacts = [{ name: "m", digest, size: 100 + at }];
    const named = { component: "c", release: `r${at}`, artefacts };
    return { document: "release", ...named, lifecycle: "proposed" };
  });
  const component = { document: "component", component: "c", kind: "model", owner: "o" } as const;
  return [...placements, ...releases, component];
}

test("what is too large for one entry enters as several, each admissible after those before", () => {
  const kit = new EstateKit();
  kit.found();
  const documents = fleet(1500);
  const whole = { kind: "register", set: documents, remove: [] } as const;
  const refused = parseEntry(kit.entryBytes("ada", whole));
  assert.equal(isRefused(refused) ? refused.refused : "read", "oversized");
  const parts = entryParts(documents);
  assert.ok(parts.length > 1);
  for (const part of parts) kit.register(...part);
  assert.equal(kit.estate.register.placements.size, 1500);
  assert.equal(parts.flat().length, documents.length);
});

test("what fits one entry stays one", () => {
  assert.equal(entryParts(fleet(20)).length, 1);
  assert.deepEqual(entryParts([]), []);
});
