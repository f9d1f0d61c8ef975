/** The watch on a real file system, and a real probe that looks because of it. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Assignment, Census } from "@writ/core";
import { openDigestCache } from "../files/digest-cache.ts";
import { placeOf } from "../files/place.ts";
import {
  emptyAssignment,
  freshFolder,
  lookAt,
  noProcesses,
  safetensorsBytes,
} from "../testing/scene.ts";
import type { Folders } from "./folder-watch.ts";
import { withPassed } from "./registered-watch.ts";
import { openWatch, type Watch, type WatchParts } from "./watch.ts";

type Scene = {
  readonly root: string;
  readonly watch: Watch;
  look(): Promise<Census>;
  /** Milliseconds until a look is due for what the action changes; fails after five seconds: machines are busy. */
  noticed(action: () => void): Promise<number>;
};

async function scene(
  context: TestContext,
  { assignment = {}, ...parts }: Partial<WatchParts> & { assignment?: Partial<Assignment> } = {},
): Promise<Scene> {
  const root = freshFolder(context);
  const named = { ...emptyAssignment, ...assignment };
  const watch = openWatch({ now: Date.now, onNews: () => {}, own: undefined, ...parts });
  context.after(() => watch.close());
  const cache = openDigestCache();
  const made: Scene = {
    root,
    watch,
    async look() {
      let folders: Folders = new Map();
      const passed = watch.begin();
      const onFolders = (read: Folders) => {
        folders = read;
      };
      const seen = await lookAt([root], { assignment: named, cache, onFolders, ...noProcesses });
      const census = withPassed(seen, passed);
      watch.end(census, folders);
      return census;
    },
    async noticed(action) {
      const began = Date.now();
      action();
      while (watch.dueIn() > 0) {
        assert.ok(Date.now() - began < 5000, "not noticed");
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return Date.now() - began;
    },
  };
  watch.adopt(named);
  return made;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("a model file that comes, changes in place, moves or goes is noticed within a second", async (context) => {
  const here = await scene(context);
  const file = join(here.root, "deep", "model");
  mkdirSync(join(here.root, "deep"));
  await here.look();
  assert.equal(here.watch.dueIn(), Number.POSITIVE_INFINITY);
  const acts: readonly (() => void)[] = [
    () => writeFileSync(file, safetensorsBytes(16, 1)),
    () => writeFileSync(file, safetensorsBytes(16, 2)),
    () => renameSync(file, `${file}.log`),
    () => rmSync(`${file}.log`),
    () => mkdirSync(join(here.root, "new")),
    () => writeFileSync(join(here.root, "new", "model"), safetensorsBytes()),
  ];
  for (const act of acts) {
    const before = (await here.look()).masses.length;
    await pause(120);
    await here.noticed(act);
    const after = await here.look();
    assert.ok(after.masses.length <= before + 1);
  }
});

test("a file put into a new folder before that is watched is noticed all the same", async (context) => {
  const here = await scene(context);
  await here.look();
  const began = Date.now();
  mkdirSync(join(here.root, "new"));
  let seen: Census | undefined;
  const looked = new Promise<void>((done) => {
    const step = async () => {
      if (here.watch.dueIn() <= 0) seen = await here.look();
      if ((seen?.masses.length ?? 0) > 0 || Date.now() - began > 3000) return done();
      setTimeout(step, 5);
    };
    void step();
  });
  await pause(155);
  writeFileSync(join(here.root, "new", "model"), safetensorsBytes());
  await looked;
  assert.equal(seen?.masses.length, 1);
  assert.ok(Date.now() - began < 2000);
});

test("reading, and the look itself, stir nothing", async (context) => {
  const here = await scene(context);
  const file = join(here.root, "model");
  writeFileSync(file, safetensorsBytes());
  await here.look();
  await here.look();
  readFileSync(file);
  await pause(400);
  assert.equal(here.watch.dueIn(), Number.POSITIVE_INFINITY);
});

test("the probe's own folder, which each look writes to, is left to the looks by interval", async (context) => {
  const here = await scene(context);
  const own = join(here.root, "data");
  mkdirSync(own);
  const watch = openWatch({ now: Date.now, onNews: () => {}, own: placeOf(own) });
  context.after(() => watch.close());
  let folders: Folders = new Map();
  const onFolders = (read: Folders) => {
    folders = read;
  };
  watch.begin();
  watch.end(await lookAt([here.root], { onFolders, ...noProcesses }), folders);
  assert.deepEqual(watch.extent, { watched: 1, polled: 0, registered: 0 });
  writeFileSync(join(own, "digests.json"), "[]");
  await pause(400);
  assert.equal(watch.dueIn(), Number.POSITIVE_INFINITY);
});

test("folders beyond the kernel's watches are asked in turn", async (context) => {
  const here = await scene(context, { watchesMax: 3 });
  for (let i = 0; i < 20; i += 1) mkdirSync(join(here.root, `folder-${i}`));
  await here.look();
  assert.deepEqual(here.watch.extent, { watched: 3, polled: 18, registered: 0 });
  for (let i = 0; i < 20; i += 5) {
    const file = join(here.root, `folder-${i}`, "model");
    await here.noticed(() => writeFileSync(file, safetensorsBytes(16, i)));
    await here.look();
    await pause(100);
  }
});

test("a folder replaced under its name is watched anew", async (context) => {
  const here = await scene(context);
  const folder = join(here.root, "a");
  mkdirSync(folder);
  await here.look();
  renameSync(folder, join(here.root, "b"));
  mkdirSync(folder);
  await here.look();
  await pause(200);
  if (here.watch.dueIn() <= 0) await here.look();
  const file = join(folder, "model");
  await here.noticed(() => writeFileSync(file, safetensorsBytes()));
});

test("a control changed and changed back before any look is told as it was in passing", async (context) => {
  const path = join(freshFolder(context), "control.json");
  const text = (value: boolean) => `{"shutdown_enabled":${value}}`;
  writeFileSync(path, text(true));
  const reading = { path, format: "json", key: "shutdown_enabled" } as const;
  const controls = [{ control: "shutdown", reading }];
  const here = await scene(context, { assignment: { controls } });
  const before = await here.look();
  assert.equal(before.controls[0]?.passed, undefined);
  writeFileSync(path, text(false));
  await pause(300);
  writeFileSync(path, text(true));
  const after = await here.look();
  assert.equal(after.controls[0]?.value, "true");
  assert.deepEqual(
    after.controls[0]?.passed?.map(({ state, value }) => ({ state, value })),
    [{ state: "present", value: "false" }],
  );
  assert.equal((await here.look()).controls[0]?.passed, undefined);
});

test("a control that is emptied and written is no alteration; one that stays empty is", async (context) => {
  const path = join(freshFolder(context), "control.json");
  const written = '{"shutdown_enabled":true}';
  writeFileSync(path, written);
  const reading = { path, format: "json", key: "shutdown_enabled" } as const;
  let clock = 0;
  const controls = [{ control: "shutdown", reading }];
  const here = await scene(context, { assignment: { controls }, now: () => clock });
  await here.look();
  const emptiedFor = async (milliseconds: number) => {
    writeFileSync(path, "");
    while (here.watch.dueIn() === Number.POSITIVE_INFINITY) await pause(2);
    clock += milliseconds;
    writeFileSync(path, written);
  };
  await emptiedFor(100);
  await pause(600);
  assert.equal((await here.look()).controls[0]?.passed, undefined);
  await emptiedFor(700);
  for (let looks = 0; looks < 50; looks += 1) {
    const { passed } = (await here.look()).controls[0]!;
    if (passed !== undefined) return assert.equal(passed[0]!.state, "unreadable");
    await pause(100);
  }
  assert.fail("what it was in passing is not told");
});

test("too fast for the watch, a change and back still shows: same bytes, another change time", async (context) => {
  const path = join(freshFolder(context), "flag");
  writeFileSync(path, "on");
  const controls = [{ control: "flag", reading: { path, format: "text" } as const }];
  const here = await scene(context, { assignment: { controls } });
  const [before] = (await here.look()).controls;
  await pause(20);
  writeFileSync(path, "off");
  writeFileSync(path, "on");
  const [after] = (await here.look()).controls;
  assert.equal(after?.digest, before?.digest);
  assert.notEqual(after?.changed, before?.changed);
});

test("a release link that leads elsewhere is noticed, also when it comes to be", async (context) => {
  const folder = freshFolder(context);
  const link = join(folder, "current");
  const here = await scene(context, { assignment: { links: [link] } });
  await here.look();
  assert.equal(here.watch.dueIn(), Number.POSITIVE_INFINITY);
  await here.noticed(() => symlinkSync("4.2", link));
  assert.equal((await here.look()).links[0]?.target, "4.2");
  await pause(120);
  const switched = () => {
    symlinkSync("3.8", `${link}.new`);
    renameSync(`${link}.new`, link);
  };
  await here.noticed(switched);
  assert.equal((await here.look()).links[0]?.target, "3.8");
});

test("noise that comes to nothing costs less and less", async (context) => {
  const here = await scene(context);
  const noise = join(here.root, "app.log");
  writeFileSync(noise, "");
  await here.look();
  let looks = 0;
  const end = Date.now() + 3500;
  while (Date.now() < end) {
    appendFileSync(noise, "line\n");
    if (here.watch.dueIn() <= 0) {
      looks += 1;
      await here.look();
    }
    await pause(5);
  }
  assert.ok(looks >= 2 && looks <= 5, `${looks} looks in 3.5 s`);
});
