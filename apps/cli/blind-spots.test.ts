import assert from "node:assert/strict";
import { test } from "node:test";
import type { Census, Gap, Vantage } from "@writ/core";
import { isNamed, unseenPlaces, unseenText } from "./blind-spots.ts";

function censusWith(vantage: Vantage, gaps: readonly Gap[]): Census {
  const ledger = { vantage, roots: [], entries: 1, bytes: 0, milliseconds: 1 };
  const coverage = [{ ...ledger, gaps: [...gaps], gapsTotal: gaps.length }];
  return { coverage } as unknown as Census;
}

test("processes are taken together by reason, files are not, and what hides nothing is left out", () => {
  const processes = censusWith("processes", [
    { where: "/proc/12/fd", why: "no-permission" },
    { where: "/proc/12/maps", why: "no-permission" },
    { where: "/proc/977", why: "unreadable" },
    { where: "/proc/977", why: "vanished-while-read" },
  ]);
  assert.deepEqual(unseenPlaces(processes, []).map(unseenText), [
    "processes: /proc/* (no-permission), 2 places",
    "processes: /proc/* (unreadable), 1 place",
  ]);
  const accepted = { vantage: "processes", where: "/proc/*", why: "no-permission" } as const;
  assert.equal(unseenPlaces(processes, [accepted]).length, 1);
  const files = censusWith("files", [
    { where: "/srv/a", why: "no-permission" },
    { where: "/srv/proc/1/b", why: "no-permission" },
  ]);
  assert.deepEqual(
    unseenPlaces(files, [accepted]).map(({ spot }) => spot.where),
    ["/srv/a", "/srv/proc/1/b"],
  );
});

test("a place is named whole, or by how it begins", () => {
  const spot = { vantage: "files", where: "/srv/private/x", why: "no-permission" } as const;
  assert.ok(isNamed(spot, ["/srv/private/x"]));
  assert.ok(isNamed(spot, ["/tmp", "/srv/private/*"]));
  assert.ok(!isNamed(spot, ["/srv/private", "/srv/priv"]));
});
