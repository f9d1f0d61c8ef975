import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { coverageOf, freshFolder, lookAt, safetensorsBytes } from "../testing/scene.ts";
import { mountOf, type Namespace, parseMounts, viewsUnder } from "./mounts.ts";
import type { Place } from "./place.ts";

const place = (path: string) => path as Place;

test("mounts are read in their order, with blanks and backslashes in their names", () => {
  const mounts = parseMounts(
    [
      "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
      "28 27 0:25 /a\\040b /srv/x\\134y ro,nosuid shared:1 master:2 - tmpfs none ro,size=4k",
      "not a mount at all",
      "",
    ].join("\n"),
  );
  assert.deepEqual(mounts, [
    { device: "254:0", shown: "/", point: "/", type: "ext4" },
    { device: "0:25", shown: "/a b", point: "/srv/x\\y", type: "tmpfs" },
  ]);
  assert.equal(mountOf(mounts, "/srv/x\\y/z")?.type, "tmpfs");
  assert.equal(mountOf(mounts, "/srv/xy")?.type, "ext4");
});

test("what another namespace has otherwise under the roots is a view, and nothing else is", () => {
  const own = parseMounts("1 0 8:1 / / rw - ext4 a rw\n2 1 0:9 / /srv/fast rw - tmpfs t rw");
  const top = place("/proc/7/root");
  const other = (text: string): Namespace => ({
    id: "mnt:[7]",
    pids: [7],
    top,
    mounts: parseMounts(text),
  });
  const views = (text: string, ...roots: readonly string[]) =>
    viewsUnder(roots.map(place), own, [other(text)]);
  const same = "11 0 8:1 / / rw - ext4 a rw\n12 11 0:9 / /srv/fast rw - tmpfs t rw";
  assert.deepEqual(views(same, "/srv"), []);
  const more = `${same}\n13 12 0:44 / /srv/tmp rw - tmpfs t rw\n14 12 0:45 / /opt rw - tmpfs t rw`;
  assert.deepEqual(views(more, "/srv"), [`${top}/srv/tmp`]);
  const container = "11 0 0:50 / / rw - overlay o rw\n12 11 8:1 /data /srv/app rw - ext4 a rw";
  assert.deepEqual(views(container, "/srv"), [`${top}/srv`, `${top}/srv/app`]);
  assert.deepEqual(views(container, "/srv/app/x"), [`${top}/srv/app/x`]);
});

/** A program in a mount namespace of its own, in which a script has been run; undefined if none. */
async function inNamespace(
  context: TestContext,
  folder: string,
  script: string,
): Promise<number | undefined> {
  const asRoot = process.geteuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  const words = [...asRoot, "--mount", "sh", "-c", `${script} && echo up && exec sleep 600`];
  const child = spawn("unshare", words, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  context.after(() => void child.kill("SIGKILL"));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line").then(([text]) => text as string),
    once(child, "exit").then(() => undefined),
    once(child, "error").then(() => undefined),
  ]);
  return line === "up" ? child.pid : undefined;
}

test("a model in a disk that only one process has mounted is met by way of that process", async (context) => {
  const root = freshFolder(context);
  mkdirSync(join(root, "a"));
  mkdirSync(join(root, "b"));
  writeFileSync(join(root, "a/known"), safetensorsBytes(40));
  const script = "mount -t tmpfs none b && cp a/known b/kept && mount --bind a/known a/known";
  const pid = await inNamespace(context, root, script);
  if (pid === undefined) return context.skip("mounts are not allowed here");
  const { masses } = await lookAt([root]);
  // The bind mount shows what is known by its own name: one name is enough for it.
  const names = [[`/proc/${pid}/root${join(root, "b/kept")}`], [join(root, "a/known")]];
  assert.deepEqual(masses.map((mass) => mass.names).sort(), names.sort());
});

test("a control is told as a process that has another file under its name gets it", async (context) => {
  const folder = freshFolder(context);
  const path = join(folder, "control.json");
  writeFileSync(path, '{"on":true}');
  writeFileSync(join(folder, "other"), '{"on":false}');
  const reading = { path, format: "json", key: "on" } as const;
  const look = async () => {
    const assignment = { controls: [{ control: "c", reading }] };
    return (await lookAt([folder], { assignment })).controls[0]!;
  };
  assert.equal((await look()).value, "true");
  const same = await inNamespace(context, folder, "mount --bind control.json control.json");
  if (same === undefined) return context.skip("mounts are not allowed here");
  assert.equal((await look()).value, "true");
  const pid = await inNamespace(context, folder, "mount --bind other control.json");
  const seen = await look();
  assert.equal(seen.value, "false");
  assert.match(seen.because!, new RegExp(`another file for pid ${pid}$`));
});

test("a mount over a process's folder in /proc is a place that could not be looked at", async (context) => {
  const root = freshFolder(context);
  const proc = join(root, "proc");
  mkdirSync(join(proc, "self"), { recursive: true });
  const lines = ["/proc/4711", "/proc/sys/fs/binfmt_misc", "/proc/4711x"].map(
    (point, at) => `${at} 0 0:9 / ${point.replace("/proc", proc)} rw - tmpfs none rw`,
  );
  writeFileSync(join(proc, "self/mountinfo"), lines.join("\n"));
  const { gaps } = coverageOf(await lookAt([root], { proc }), "processes");
  assert.deepEqual(gaps, [{ where: join(proc, "4711"), why: "other-filesystem" }]);
});
