/**
 * Processes of an estate that run though nobody tends them: after a kill -9 of `up`, or on
 * purpose.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Layout } from "./layout.ts";

export type Running = {
  readonly name: string;
  readonly pid: number;
  readonly address?: string;
  /** Milliseconds since 1970. */
  readonly since: number;
};

const politeMilliseconds = 8_000;
const pollMilliseconds = 50;

/** What `run/*.json` says runs, and really does: a pid may have gone to another program. */
export async function runningApps(layout: Layout): Promise<readonly Running[]> {
  const names = await readdir(layout.run).catch(() => []);
  const found: Running[] = [];
  for (const file of names.filter((name) => name.endsWith(".json")).sort()) {
    const running = await readRunning(join(layout.run, file));
    if (running !== undefined && (await isOurs(running, layout))) found.push(running);
  }
  return found;
}

/** Stops them, politely and then not, and removes their files. */
export async function stopRunning(layout: Layout, running: readonly Running[]): Promise<void> {
  for (const { pid } of running) signal(pid, "SIGTERM");
  const deadline = Date.now() + politeMilliseconds;
  for (const one of running) {
    while (Date.now() < deadline && (await isOurs(one, layout))) await sleep(pollMilliseconds);
    if (await isOurs(one, layout)) signal(one.pid, "SIGKILL");
    await rm(layout.running(one.name), { force: true });
  }
}

async function readRunning(path: string): Promise<Running | undefined> {
  try {
    const { name, pid, address, since } = JSON.parse(await readFile(path, "utf8")) as Running;
    if (typeof name !== "string" || !Number.isSafeInteger(pid) || pid < 2) return undefined;
    return { name, pid, since, ...(address === undefined ? {} : { address }) };
  } catch {
    return undefined;
  }
}

/**
 * True if the process is one of this data folder's: its command line names an app and the folder.
 * An `up` may have found the folder by itself, so that its file's word is enough.
 */
async function isOurs({ name, pid }: Running, { folder }: Layout): Promise<boolean> {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
    const isApp = words.some((word) => /(?:^|\/)apps\/[a-z]+\/(?:demo\/)?main\.ts$/.test(word));
    if (name === "up") return isApp;
    return isApp && words.some((word) => word === folder || word.startsWith(`${folder}/`));
  } catch {
    return false;
  }
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself.
  }
}
