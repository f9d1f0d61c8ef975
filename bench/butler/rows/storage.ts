/** Tucking the old version away. */
import { copyFile, link, rename, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileAt } from "../component.ts";
import { Missed, NotPlayed, type Row, type Seen } from "../row.ts";
import type { Stage } from "../stage.ts";
import { apartActs } from "./hiding.ts";
import { memoryActs, readByPython } from "./memory.ts";

const holder = fileURLToPath(new URL("../programs/hold-mapped.py", import.meta.url));

/** Puts the retired release's bytes somewhere, as someone who kept them elsewhere can. */
async function stash(stage: Stage, path: string): Promise<string> {
  await writeFile(await stage.place(path), stage.component.bytes["2.9"]);
  return path;
}

export const s01: Row = {
  id: "S01",
  must: "retired-present, identical, where",
  hosts: ["h1", "h2"],
  twin: {
    name: "a log of the same size; a copy where a human registered one",
    play: async (stage) => {
      const site = stage.site("h1");
      const line = "2026-11-25T02:00:00Z GET /v1/models 200\n";
      const log = site.elsewhere("var/log/requests.log");
      await writeFile(log, line.repeat(Math.ceil(stage.component.bytes["2.9"].length / 40)));
      const path = site.elsewhere("srv/archive/chatbot.safetensors");
      await stage.estate.register([fileAt(site, "2.9", path)]);
      await copyFile(site.weights("2.9"), await stage.place(path));
    },
  },
  acts: [
    {
      name: "copied to var/log as .log",
      play: async (stage) => {
        const path = stage.site("h1").elsewhere("var/log/access-2026-11.log");
        await copyFile(stage.site("h1").weights("2.9"), path);
        return [await stage.sees({ rule: "retired-present", where: path }, Date.now())];
      },
    },
    {
      name: "copied to another host under another name",
      play: async (stage) => {
        const path = await stash(stage, stage.site("h2").elsewhere("var/log/nightly.log.1"));
        const expected = { rule: "retired-present", where: path, host: "h2" } as const;
        return [await stage.sees(expected, Date.now())];
      },
    },
    {
      name: "copied while the order to leave it was being carried out",
      play: async (stage) => {
        const path = stage.site("h1").elsewhere("tmp/core.4711");
        const writ = await stage.order("4.2", "3.8");
        await copyFile(stage.site("h1").weights("4.2"), path);
        await writ.approve("ben", "cleo");
        const since = Date.now();
        return stage.seesAll(
          [
            { rule: "preserved-copy", where: path },
            { rule: "defied", where: path },
          ],
          since,
        );
      },
    },
  ],
};

/** The mass of a census that has this name, with all its names. */
async function namesOf(stage: Stage, path: string): Promise<readonly string[]> {
  const census = await stage.census("h1");
  return census.masses.find(({ names }) => names.includes(path))?.names ?? [];
}

export const s02: Row = {
  id: "S02",
  must: "one mass, all its names",
  hosts: ["h1"],
  twin: {
    name: "a hard link where a human registered one",
    play: async (stage) => {
      const site = stage.site();
      const path = site.elsewhere("srv/mirror/chatbot.safetensors");
      await stage.estate.register([fileAt(site, "3.8", path)]);
      await link(site.weights("3.8"), await stage.place(path));
    },
  },
  acts: [
    {
      name: "hard link, and a symlink to the same bytes",
      play: async (stage) => {
        const site = stage.site();
        const hard = site.elsewhere("tmp/.cache-01");
        const soft = site.elsewhere("tmp/.cache-02");
        await link(site.weights("2.9"), hard);
        await symlink(site.weights("2.9"), soft);
        const since = Date.now();
        const seen = await stage.sees({ rule: "retired-present", where: hard }, since);
        const names = await namesOf(stage, hard);
        const lacking = [hard, soft, site.weights("2.9")].filter((name) => !names.includes(name));
        if (lacking.length > 0) throw new Missed(`the mass lacks the names ${lacking}`);
        const where = `one mass, ${names.length} names, the symlink too`;
        return [seen, { as: "census", where, milliseconds: Date.now() - since }];
      },
    },
    {
      name: "a symlink to a copy outside what the probe looks under",
      play: async (stage) => {
        const site = stage.site();
        const outside = await stash(stage, join(stage.estate.folder, "outside", "blob"));
        const soft = site.elsewhere("tmp/.cache-03");
        await symlink(outside, soft);
        return [await stage.sees({ rule: "retired-present", where: soft }, Date.now())];
      },
    },
    {
      name: "bind mount of its folder",
      play: async (stage) => {
        const site = stage.site();
        const at = site.elsewhere("mnt/old");
        const made = await site.host.run("mkdir", at);
        const code = await site.host.run("mount", "--bind", join(site.home, "2.9"), at);
        if (made !== 0 || code !== 0) throw new NotPlayed("this machine lets nobody bind-mount");
        return [await stage.sees({ rule: "retired-present", where: at }, Date.now())];
      },
    },
  ],
};

/** Holds a file with a real process, and waits until it does. */
async function held(stage: Stage, ...words: readonly string[]): Promise<number> {
  const site = stage.site();
  const directory = site.disk;
  const running = await site.host.start({ command: ["python3", holder, ...words], directory });
  const said = await running.firstLine().catch(() => undefined);
  if (said !== "held") throw new NotPlayed("no python3 here, and node cannot map files");
  return running.pid;
}

export const s13: Row = {
  id: "S13",
  must: "still there, by whom",
  hosts: ["h1"],
  twin: {
    name: "a backup that reads a registered file",
    play: async (stage) => {
      const site = stage.site();
      const command = ["tail", "-f", site.weights("4.2")];
      const reader = await site.host.start({ command });
      await stage.looked();
      await reader.kill();
    },
  },
  acts: [
    {
      name: "deleted, and kept open by a process",
      play: async (stage) => {
        const path = await stash(stage, stage.site().elsewhere("tmp/scratch-1"));
        const command = ["tail", "-f", path];
        const { pid } = await stage.site().host.start({ command });
        await unlinkOpen(stage, pid, path);
        const where = new RegExp(`^pid ${pid} `);
        return [await stage.sees({ rule: "retired-present", where }, Date.now())];
      },
    },
    {
      name: "deleted, and kept mapped by a process",
      play: async (stage) => {
        const path = await stash(stage, stage.site().elsewhere("tmp/scratch-2"));
        const pid = await held(stage, path, "unlink");
        const where = new RegExp(`^pid ${pid} `);
        return [await stage.sees({ rule: "retired-present", where }, Date.now())];
      },
    },
  ],
};

/** Deletes a file once the process has it open. */
async function unlinkOpen(stage: Stage, pid: number, path: string): Promise<void> {
  const open = `ls -l /proc/${pid}/fd | grep -q "$1"`;
  const script = `for i in $(seq 200); do ${open} && exit; sleep 0.02; done`;
  await stage.site().host.run("sh", "-c", script, "sh", path);
  await unlink(path);
}

export const s14: Row = {
  id: "S14",
  must: "by file, or by process",
  hosts: ["h1"],
  twin: {
    name: "a tmpfs with a text in it; a process that has a release in memory which may exist",
    play: async (stage) => {
      await readByPython(stage, stage.site().weights("3.8"));
      const at = stage.site().elsewhere("mnt/scratch");
      await tmpfs(stage, at);
      await stage.site().host.run("cp", "/etc/services", at);
    },
  },
  acts: [
    {
      name: "in a tmpfs",
      play: async (stage) => {
        const { host } = stage.site();
        const at = stage.site().elsewhere("mnt/fast");
        await tmpfs(stage, at);
        await host.run("cp", stage.site().weights("2.9"), join(at, "a"));
        return [await stage.sees({ rule: "retired-present", where: join(at, "a") }, Date.now())];
      },
    },
    {
      name: "in a memfd of a process",
      play: async (stage) => {
        const pid = await held(stage, "memfd", stage.site().weights("2.9"));
        const where = new RegExp(`^pid ${pid} `);
        return [await stage.sees({ rule: "retired-present", where }, Date.now())];
      },
    },
    ...memoryActs,
    ...apartActs,
  ],
};

async function tmpfs(stage: Stage, at: string): Promise<void> {
  const { host } = stage.site();
  await host.run("mkdir", "-p", at);
  const code = await host.run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", at);
  if (code !== 0) throw new NotPlayed("this machine lets nobody mount a tmpfs");
}

export const s17: Row = {
  id: "S17",
  must: "identity from content, whatever its times and header say",
  hosts: ["h1"],
  twin: {
    name: "touch and rename of a registered file and back",
    play: async (stage) => {
      const path = stage.site().weights("3.8");
      await utimes(path, 1, 1);
      await rename(path, `${path}.tmp`);
      await rename(`${path}.tmp`, path);
    },
  },
  acts: [
    {
      name: "mtime of years ago",
      play: async (stage) => {
        const path = await stash(stage, stage.site().elsewhere("var/log/boot.log"));
        await utimes(path, 1, 1);
        return [await stage.sees({ rule: "retired-present", where: path }, Date.now())];
      },
    },
    {
      name: "padded, truncated, and with a broken header",
      play: async (stage) => {
        const bytes = stage.component.bytes["2.9"];
        const at = (name: string) => stage.site().elsewhere("var/log", name);
        await writeFile(at("pad.log"), Buffer.concat([bytes, Buffer.alloc(4096)]));
        await writeFile(at("cut.log"), bytes.subarray(0, bytes.length - 4096));
        const broken = Buffer.from(bytes);
        broken.fill(0xff, 0, 16);
        await writeFile(at("broken.log"), broken);
        const since = Date.now();
        const seen: Seen[] = [];
        for (const name of ["pad.log", "cut.log", "broken.log"]) {
          seen.push(await stage.sees({ rule: "retired-present", where: at(name) }, since));
        }
        return seen;
      },
    },
  ],
};
