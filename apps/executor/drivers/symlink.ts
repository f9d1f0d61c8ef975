/** The driver of release links that are symlinks: another one is made beside, and renamed over. */
import { lstat, readlink, rename, symlink, unlink } from "node:fs/promises";
import {
  digestOf,
  encodeCanonical,
  type JsonObject,
  pathBytes,
  pathText,
  type SwitchLink,
} from "@writ/core";
import { type Boundaries, type Driver, type Reading, unreadable } from "./driver.ts";
import { atPlace, isMissing, isNoFolder, type NoFolder, type Place } from "./folder.ts";

/** Symlinks as release links. */
export function symlinkDriver(boundaries: Boundaries): Driver<SwitchLink> {
  return {
    describe: ({ path, before, after }) => `switch ${path} from ${before} to ${after}`,
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(step, await atPlace(step.path, "follow", readTarget));
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const done = await atPlace(step.path, "follow", (place) => switchAt(step, place, boundaries));
      return isNoFolder(done) ? done.detail : done;
    },
  };
}

async function switchAt(
  step: SwitchLink,
  place: Place,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const { state, detail } = asReading(step, await readTarget(place));
  if (state === "after") return undefined;
  if (state !== "before") return detail;
  const target = pathBytes(step.after);
  if (target === undefined) return "the target to be is not a path";
  const aside = place.beside(asideName(step));
  await unlink(aside).catch(unlessMissing);
  await symlink(Buffer.from(target), aside);
  await boundaries.reached("effect-half-done");
  await rename(aside, place.path);
  await place.sync();
  return undefined;
}

/** The target as text; `undefined` if nothing is there, `false` if something else is. */
async function readTarget(place: Place): Promise<string | undefined | false> {
  try {
    if (!(await lstat(place.path)).isSymbolicLink()) return false;
    return pathText(await readlink(place.path, { encoding: "buffer" }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function asReading(step: SwitchLink, target: string | undefined | false | NoFolder): Reading {
  if (isNoFolder(target)) {
    const state = target.noFolder === "unreadable" ? "unreadable" : "neither";
    return { state, detail: target.detail };
  }
  if (target === undefined) return { state: "neither", detail: "there is no such link" };
  if (target === false) return { state: "neither", detail: "what is there is not a symlink" };
  const detail = `it leads to ${JSON.stringify(target)}`;
  if (target === step.before) return { state: "before", detail };
  return { state: target === step.after ? "after" : "neither", detail };
}

/** The same at each try, so that what a crash left behind is found and taken away. */
export function asideName(step: SwitchLink): string {
  const digest = digestOf(encodeCanonical(step as unknown as JsonObject));
  return `.writ-${digest.slice("sha256:".length, "sha256:".length + 16)}`;
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
