/** Out and in again: a register is the same after a way through CycloneDX or SPDX. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toUtf8 } from "../encoding/bytes.ts";
import { digestOf } from "../encoding/digest.ts";
import { isRefused } from "../encoding/refusal.ts";
import type { RegisterDocument } from "../register/document.ts";
import {
  applyChange,
  checkChange,
  documentKey,
  emptyRegister,
  type Register,
} from "../register/register.ts";
import type { BillSource } from "./bill.ts";
import { toCyclonedx } from "./cyclonedx-export.ts";
import { fromCyclonedx } from "./cyclonedx-import.ts";
import { planImport } from "./merge.ts";
import { parseOutsideJson } from "./outside-json.ts";
import { toSpdx } from "./spdx-export.ts";
import { fromSpdx } from "./spdx-import.ts";
import { anyRegister } from "./testing/any-register.ts";

const numRuns = process.env.SLOW === undefined ? 10 : 1000;
const moment = { at: "2026-11-25T02:00:00Z", isLicenceId: (text: string) => text === "MIT" };

function sourceOf(register: Register): BillSource {
  const { components, releases, placements, controls, hosts, sayings } = register;
  return {
    estate: digestOf(toUtf8("estate")),
    components: [...components.values()],
    releases: [...releases.values()],
    others: [...placements.values(), ...controls.values(), ...hosts.values()],
    sayings,
  };
}

const sorted = (documents: readonly RegisterDocument[]) =>
  [...documents].sort((a, b) => (documentKey(a) < documentKey(b) ? -1 : 1));

const ways = {
  "CycloneDX 1.6": [(source: BillSource) => toCyclonedx(source, "1.6", moment), fromCyclonedx],
  "CycloneDX 1.7": [(source: BillSource) => toCyclonedx(source, "1.7", moment), fromCyclonedx],
  "SPDX 3.0.1": [(source: BillSource) => toSpdx(source, moment), fromSpdx],
} as const;

for (const [name, [write, read]] of Object.entries(ways)) {
  test(`a register goes through ${name} unchanged, with nothing left`, () => {
    fc.assert(
      fc.property(anyRegister, (documents) => {
        const register = emptyRegister();
        const change = { set: documents, remove: [] };
        assert.equal(checkChange(register, change), undefined);
        applyChange(register, change, 7);
        register.sayings.set(7, { person: "ada", at: "2026-11-25T01:00:00.000Z" });
        const text = JSON.stringify(write(sourceOf(register)));
        const json = parseOutsideJson(text);
        assert.ok(!isRefused(json), JSON.stringify(json));
        const imported = read(json);
        assert.ok(!isRefused(imported), JSON.stringify(imported));
        assert.deepEqual(imported.left, []);
        const anew = planImport(emptyRegister(), imported, { lifecycle: "proposed" });
        assert.ok(!isRefused(anew), JSON.stringify(anew));
        assert.deepEqual(
          sorted(anew.differences.map(({ document }) => document)),
          sorted(documents),
        );
        const again = planImport(register, imported, { lifecycle: "proposed" });
        assert.ok(!isRefused(again), JSON.stringify(again));
        assert.deepEqual(again.differences, []);
      }),
      { numRuns },
    );
  });
}
