import assert from "node:assert/strict";
import { test } from "node:test";
import type { Place } from "../files/place.ts";
import { openPace } from "./watch-pace.ts";

const folder = "/srv" as Place;
const quiet = new Set<Place>();

test("nothing changed: nothing is due", () => {
  assert.equal(openPace().dueIn(0), Number.POSITIVE_INFINITY);
});

test("a registered change is due at once; a folder when its writes pause, or have gone on long", () => {
  const pace = openPace();
  pace.stir(folder, 1000);
  assert.equal(pace.dueIn(1000), 150);
  for (let now = 1000; now <= 1580; now += 10) pace.stir(folder, now);
  assert.equal(pace.dueIn(1590), 10);
  pace.urge(1590);
  assert.equal(pace.dueIn(1590), 0);
});

test("looking takes at most half of the time", () => {
  const pace = openPace();
  pace.urge(0);
  pace.begin(0);
  pace.urge(2000);
  pace.end(5000, quiet);
  assert.equal(pace.dueIn(5000), 5000);
  assert.equal(pace.dueIn(10_000), 0);
});

test("a folder whose stir comes to nothing waits longer each time; others, and news, do not", () => {
  const pace = openPace();
  const waits: number[] = [];
  let now = 0;
  for (let round = 0; round < 8; round += 1) {
    pace.stir(folder, now);
    waits.push(pace.dueIn(now));
    now += pace.dueIn(now);
    assert.equal(pace.dueIn(now), 0);
    pace.begin(now);
    pace.end(now, quiet);
  }
  assert.deepEqual(waits, [150, 300, 600, 1200, 2400, 4800, 9600, 19_200]);
  pace.stir("/opt" as Place, now);
  assert.equal(pace.dueIn(now), 150);
  pace.stir(folder, now);
  pace.begin(now);
  pace.end(now, new Set([folder]));
  pace.stir(folder, now);
  assert.equal(pace.dueIn(now), 150);
  pace.begin(now);
  pace.end(now, quiet);
  now += 2000;
  pace.begin(now);
  pace.end(now, quiet);
  pace.stir(folder, now);
  assert.equal(pace.dueIn(now), 150, "peace is rewarded");
});

test("a burst of news has its limit, and what stirred then is looked at later, not never", () => {
  const pace = openPace();
  let looks = 0;
  for (let now = 0; now < 60_000; now += 10) {
    pace.stir(folder, now);
    if (pace.dueIn(now) > 0) continue;
    looks += 1;
    pace.begin(now);
    pace.end(now, new Set([folder]));
  }
  assert.ok(looks >= 50 && looks <= 62, `${looks} looks in a minute`);
  assert.ok(pace.dueIn(60_000) <= 2_000);
});

test("what changes while a look is on is due after it", () => {
  const pace = openPace();
  pace.stir(folder, 0);
  pace.begin(150);
  pace.stir(folder, 200);
  pace.end(300, new Set([folder]));
  assert.equal(pace.dueIn(300), 150);
});
