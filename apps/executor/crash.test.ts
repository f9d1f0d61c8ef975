/** Executors that are killed with SIGKILL at each boundary, over a real host: no effect is doubled. */
import assert from "node:assert/strict";
import { lstatSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Child, startExecutor, until } from "./testing/child.ts";
import { openSite, rollbackSteps, type Site } from "./testing/site.ts";

const slow = process.env.SLOW !== undefined;

/** Where to kill: which boundary, and the how manieth time it is reached. */
const kills: readonly (readonly [boundary: string, nth: number])[] = [
  ["intent-signed", 1],
  ["intent-sent", 3],
  ["effect-begun", 2],
  ["effect-half-done", 1],
  ["effect-half-done", 2],
  ["effect-half-done", 3],
  ["started-unwritten", 1],
  ["effect-done", 3],
  ["outcome-recorded", 2],
  ["done-signed", 3],
  ["done-sent", 3],
  ...(slow
    ? ([
        ["intent-signed", 2],
        ["intent-signed", 3],
        ["intent-sent", 1],
        ["intent-sent", 2],
        ["effect-begun", 1],
        ["effect-begun", 3],
        ["effect-done", 1],
        ["effect-done", 2],
        ["outcome-recorded", 1],
        ["outcome-recorded", 3],
        ["done-signed", 1],
        ["done-signed", 2],
        ["done-sent", 1],
        ["done-sent", 2],
      ] as const)
    : []),
];

describe("an executor that is killed", () => {
  const sites: Site[] = [];
  const children: Child[] = [];
  after(async () => {
    for (const child of children) await child.kill();
    for (const site of sites) await site.close();
  });

  async function open(): Promise<Site> {
    const site = await openSite();
    sites.push(site);
    return site;
  }

  function start(site: Site, halt?: readonly [string, number]): Child {
    const child = startExecutor(site, halt);
    children.push(child);
    return child;
  }

  async function haltedAt(site: Site, halt: readonly [string, number]): Promise<void> {
    const child = start(site, halt);
    await until(
      () => `halted at ${halt}: ${child.output()}`,
      () => child.output().includes('"halted"'),
    );
    await child.kill();
  }

  for (const kill of kills) {
    test(`at ${kill[0]}, time ${kill[1]}`, async () => {
      const site = await open();
      const writ = await site.order();
      await haltedAt(site, kill);
      const changed = site.link() === "3.8" ? lstatSync(join(site.host, "current")).ino : undefined;
      const child = start(site);
      await until(
        () => `the writ is executed: ${child.output()}`,
        () => site.kit.state(writ) === "executed" && child.output().includes('"ready"'),
      );
      await delay(300);
      assert.equal(await child.stop(), 0);
      assert.equal(site.link(), "3.8");
      assert.equal(site.configured(), "PORT=8080\nRELEASE=3.8 # in force\n");
      for (const step of Object.values(rollbackSteps)) {
        assert.deepEqual(site.said(writ, step), ["intent", "done"], `step ${step}`);
      }
      if (changed !== undefined) {
        assert.equal(lstatSync(join(site.host, "current")).ino, changed, "switched once");
      }
      assert.equal(site.starts(), 1, "started once");
      const pid = Number(readFileSync(join(site.host, "service.pid"), "utf8"));
      assert.deepEqual(site.pids(), [pid], "one of it runs");
    });
  }

  test("in doubt it says so, reads again, and says what it read", async () => {
    const site = await open();
    const writ = await site.order();
    await haltedAt(site, ["effect-done", 2]);
    const link = join(site.host, "current");
    rmSync(link);
    symlinkSync("somewhere/else", link);
    const child = start(site);
    const { link: step } = rollbackSteps;
    await until(
      () => `indeterminate is said: ${child.output()}`,
      () => site.phase(writ, step) === "indeterminate",
    );
    assert.equal(site.kit.state(writ), "indeterminate");
    await delay(300);
    assert.equal(site.link(), "somewhere/else", "nothing is done in doubt");
    assert.deepEqual(site.said(writ, step), ["intent", "indeterminate"], "and it is said once");
    rmSync(link);
    symlinkSync("3.8", link);
    await until(
      () => `the writ is executed: ${child.output()}`,
      () => site.kit.state(writ) === "executed",
    );
    assert.deepEqual(site.said(writ, step), ["intent", "indeterminate", "done"]);
  });

  test("with its operation journal lost, it reads what came of its intents", async () => {
    const site = await open();
    const writ = await site.order();
    await haltedAt(site, ["effect-done", 3]);
    const pid = Number(readFileSync(join(site.host, "service.pid"), "utf8"));
    for (const name of ["", "-wal"])
      rmSync(join(site.data, `operations.sqlite${name}`), { force: true });
    const child = start(site);
    await until(
      () => `the writ is executed: ${child.output()}`,
      () => site.kit.state(writ) === "executed",
    );
    assert.equal(site.starts(), 1, "the restart that was done is not done again");
    assert.ok(site.pids().includes(pid));
    assert.match(child.output(), /not signed in this folder/);
  });

  test("two executors cannot work from one folder", async () => {
    const site = await open();
    const first = start(site);
    await until(first.output, () => first.output().includes('"ready"'));
    const second = start(site);
    await until(second.output, () => second.process.exitCode !== null);
    assert.equal(second.process.exitCode, 1);
    assert.match(second.output(), /another executor works from this folder/);
    await first.kill();
    const third = start(site);
    await until(third.output, () => third.output().includes('"ready"'));
    assert.equal(await third.stop(), 0);
  });
});
