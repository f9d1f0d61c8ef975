/** Keeping the old version in memory, with no file left that has it. */
import { copyFile, unlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { nodeWords } from "../host.ts";
import { type Act, NotPlayed } from "../row.ts";
import type { Stage } from "../stage.ts";

const keeper = fileURLToPath(new URL("../programs/keep-read.py", import.meta.url));
const nodeKeeper = `
  const kept = require("node:fs").readFileSync(process.argv[1]);
  console.log("held");
  setInterval(() => kept, 60000);`;

/** A process that has read the file and closed it; its pid on the host. */
async function reader(stage: Stage, command: readonly string[]): Promise<number> {
  const running = await stage.site().host.start({ command });
  const said = await running.firstLine().catch(() => undefined);
  if (said !== "held") throw new NotPlayed("this machine cannot run the program that reads it");
  return running.pid;
}

export const readByPython = (stage: Stage, path: string): Promise<number> =>
  reader(stage, ["python3", keeper, path]);

async function inMemory(stage: Stage, command: (path: string) => readonly string[]) {
  const path = await stage.place(stage.site().elsewhere("tmp/scratch-memory"));
  await copyFile(stage.site().weights("2.9"), path);
  const pid = await reader(stage, command(path));
  await unlink(path);
  const where = new RegExp(`^pid ${pid} `);
  return [await stage.sees({ rule: "retired-present", where }, Date.now())];
}

export const memoryActs: readonly Act[] = [
  {
    name: "read into a process's own memory, its file closed and deleted",
    play: (stage) => inMemory(stage, (path) => ["python3", keeper, path]),
  },
  {
    name: "in the heap of a Node process, among all else that it has there",
    play: (stage) => inMemory(stage, (path) => [...nodeWords, "-e", nodeKeeper, path]),
  },
];
