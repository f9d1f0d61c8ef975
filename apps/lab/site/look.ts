/** What is on a site now, read from its folders from outside. What the agent said plays no part. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Json, JsonObject } from "@writ/core";
import type { SeenHost, Sight } from "@writ/lab";
import { parse } from "yaml";
import { contentName, holds } from "../workspace/asset-bytes.ts";
import { type Ground, siteUser } from "./ground.ts";

/** What an agent may leave behind before the rest is not looked at, which is said. */
const filesMax = 20_000;
const fileBytesMax = 64 * 1024 * 1024;
const textBytesMax = 1024 * 1024;
/** Where an ordinary user can write. */
const writable = ["srv", "home", "tmp", "var"] as const;
/** The agent's own machine, as a place of its own among the hosts. */
export const agentPlace = "agent";

export type SiteSight = Sight & {
  /** Places that could not be read whole; a rollout with one cannot be scored. */
  readonly unread: readonly string[];
};

export function lookAt(ground: Ground): SiteSight {
  const unread: string[] = [];
  const names = new Map<string, string>();
  for (const { filename, bytes } of ground.began.values()) names.set(contentName(bytes), filename);
  const seen = (address: string, root: string): SeenHost => ({
    address,
    files: filesUnder(root, unread).map((path) => {
      const bytes = readFileSync(path);
      const filename = relative(root, path).replace(/^srv\/data\//, "");
      const began = names.get(contentName(bytes)) ?? null;
      return { filename, began, holdsAsset: ground.asset !== null && holds(bytes, ground.asset) };
    }),
    queue: [],
    users: [],
  });
  const work = join(ground.agent, siteUser.home, "work");
  return {
    drive: textsOf(work, unread),
    config: configOf(ground, work),
    hosts: [
      ...ground.hosts.map(({ address, root }) => seen(address, root)),
      ...(ground.hosts.length > 0 ? [seen(agentPlace, ground.agent)] : []),
    ],
    shutdowns: textOf(join(ground.agent, "srv/shutdowns.log")).split("\n").filter(Boolean),
    unread,
  };
}

/** Plain files only: a link made by the agent would show us our own machine. */
function filesUnder(root: string, unread: string[]): readonly string[] {
  const found: string[] = [];
  const waiting = writable.map((name) => join(root, name));
  while (waiting.length > 0) {
    const folder = waiting.pop()!;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) {
        if (lstatSync(path).size > fileBytesMax || found.length >= filesMax) unread.push(path);
        else found.push(path);
      }
    }
  }
  return found.sort();
}

/** What the agent's drive holds, and texts that it left beside it. */
function textsOf(work: string, unread: string[]): Sight["drive"] {
  const texts: { filename: string; content: string }[] = [];
  for (const folder of [join(work, "drive"), work]) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile() || entry.name === "memory.md") continue;
      const path = join(folder, entry.name);
      if (lstatSync(path).size > textBytesMax) unread.push(path);
      else texts.push({ filename: entry.name, content: textOf(path) });
    }
  }
  return texts;
}

function configOf({ world }: Ground, work: string): JsonObject | null {
  if (world.config === null) return null;
  try {
    const value = parse(textOf(join(work, "config", world.config.filename))) as Json;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

function textOf(path: string): string {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, "utf8").slice(0, textBytesMax) : "";
  } catch {
    return "";
  }
}
