/**
 * Environment variables that override a control. A process counts for a file if it works in the
 * file's folder, was told of the folder on its command line, or holds a file open in it: that is
 * how a program that reads this configuration is known without asking it.
 */
import { readdirSync } from "node:fs";
import type { Ledger } from "../coverage.ts";
import { gapOf } from "../coverage.ts";
import { folderOf, isInside, type Place, plainText } from "../files/place.ts";
import { readProc, readProcLink } from "./proc.ts";
import { pidsOf } from "./processes.ts";

/** Far above any real environment; the kernel caps it at a quarter of the stack limit. */
const environBytesMax = 8 * 1024 * 1024;

export type Override = { readonly pid: number; readonly value: string };
export type Environments = {
  /** Values that processes of the control's service have for `name`, by pid. */
  overridesOf(file: Place, name: string): Override[];
};

type Program = {
  readonly pid: number;
  readonly variables: readonly string[];
  /** The folder it works in, its arguments, its open files. */
  readonly places: readonly string[];
};

/** Reads the environments once, when a control first asks for one. */
export function openEnvironments(parts: { proc: string; ledger: Ledger }): Environments {
  let programs: Program[] | undefined;
  return {
    overridesOf(file, name) {
      programs ??= pidsOf(parts).flatMap((pid) => programOf(parts, pid) ?? []);
      const folder = folderOf(file);
      const overrides: Override[] = [];
      for (const { pid, variables, places } of programs) {
        const entry = variables.find((variable) => variable.startsWith(`${name}=`));
        if (entry === undefined || !places.some((place) => isFor(place, folder))) continue;
        overrides.push({ pid, value: plainText(entry.slice(name.length + 1)) });
      }
      return overrides;
    },
  };
}

/** The first of these processes that counts for a file. */
export function userOf(
  { proc }: { readonly proc: string },
  pids: readonly number[],
  file: Place,
): number | undefined {
  const folder = folderOf(file);
  return pids.find((pid) => {
    try {
      return placesOf(`${proc}/${pid}`).some((place) => isFor(place, folder));
    } catch {
      // Gone, or closed to this probe: the `processes` vantage tells that.
      return false;
    }
  });
}

function isFor(place: string, folder: Place): boolean {
  if (folder === "/") return place === "/";
  // An argument may hold the path within: `--config=/srv/app/flags.json`.
  return isInside(place, folder) || place.includes(`=${folder}/`) || place.endsWith(`=${folder}`);
}

function programOf({ proc, ledger }: { proc: string; ledger: Ledger }, pid: number) {
  const folder = `${proc}/${pid}`;
  try {
    const variables = readProc(`${folder}/environ`, environBytesMax).split("\0");
    return { pid, variables, places: placesOf(folder) };
  } catch (error) {
    ledger.gap(`${folder}/environ`, gapOf(error));
    return undefined;
  }
}

function placesOf(folder: string): string[] {
  const places = readProc(`${folder}/cmdline`, environBytesMax).split("\0");
  const cwd = readProcLink(`${folder}/cwd`);
  if (cwd !== undefined) places.push(cwd);
  for (const name of readdirSync(`${folder}/fd`)) {
    const place = readProcLink(`${folder}/fd/${name}`);
    if (place?.startsWith("/")) places.push(place);
  }
  return places;
}
