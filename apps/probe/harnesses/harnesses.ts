/**
 * The `harnesses` vantage: what agents' harnesses keep between sessions, by content and time of
 * change: under the roots, and in the home and the working folder of each harness that runs.
 */
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type InstructionFile, instructionFilesMax, type SeenProcess } from "@writ/core";
import { gapOf, type Ledger } from "../coverage.ts";
import { instantOf } from "../files/mass-table.ts";
import { type Place, placeBuffer, placeOf, placeText, within } from "../files/place.ts";
import { namesIn } from "../network/descriptors.ts";
import { readProc } from "../processes/proc.ts";
import { keptAs, keptFiles } from "./kept-files.ts";

/** A larger one is told without a digest: a history grows for ever and is no instruction. */
const digestBytesMax = 1024 * 1024;
/** Names taken of one folder whose files are kept by any name. */
const namesMax = 1000;
const environBytesMax = 256 * 1024;

/** Whatever was met under the roots by a name that harnesses use. */
export type MetFiles = { readonly meet: (place: Place) => void; readonly places: Set<Place> };

/** Collects, during the walk over files, those that harnesses keep. */
export function openMetFiles(): MetFiles {
  const places = new Set<Place>();
  return {
    places,
    meet(place) {
      if (places.size < instructionFilesMax && keptAs(place) !== undefined) places.add(place);
    },
  };
}

/** Reads them. `met` are those under the roots. */
export function lookAtHarnesses(parts: {
  readonly proc: string;
  readonly met: ReadonlySet<Place>;
  readonly processes: readonly SeenProcess[];
  readonly ledger: Ledger;
}): readonly InstructionFile[] {
  const { proc, met, processes, ledger } = parts;
  const places = new Set(met);
  for (const { pid, harnesses, workingDirectory } of processes) {
    if (harnesses === undefined) continue;
    const own = `${proc}/${pid}/root` as Place;
    const folders = [homeOf(`${proc}/${pid}`), placeOf(workingDirectory ?? "")];
    for (const folder of folders) {
      if (folder === undefined) continue;
      // By the process's own root: in a container its home is another one than the host's.
      for (const { path } of keptFiles) {
        for (const place of expanded(within(own, folder.slice(1)), path.split("/"))) {
          const named = place.slice(own.length) as Place;
          if (!places.has(named)) places.add(isSame(named, place) ? named : place);
        }
      }
    }
  }
  const found: InstructionFile[] = [];
  for (const place of [...places].sort()) {
    ledger.entries += 1;
    if (found.length >= instructionFilesMax) {
      ledger.gap(place, "excluded");
      continue;
    }
    const file = fileAt(place, ledger);
    if (file !== undefined) found.push(file);
  }
  return found;
}

function homeOf(folder: string): Place | undefined {
  try {
    const environment = readProc(`${folder}/environ`, environBytesMax).split("\0");
    const home = environment.find((one) => one.startsWith("HOME="))?.slice(5);
    return home?.startsWith("/") === true ? (home.replace(/\/+$/, "") as Place) : undefined;
  } catch {
    // Closed to this probe: the `processes` vantage tells that.
    return undefined;
  }
}

/** The files below a folder that a path with `*` may name. */
function expanded(folder: Place, parts: readonly string[]): readonly Place[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [folder];
  const names = part.includes("*")
    ? namesIn(folder)
        .filter((name) => name.endsWith(part.slice(part.indexOf("*") + 1)))
        .slice(0, namesMax)
    : [part];
  return names.flatMap((name) => expanded(within(folder, name), rest));
}

function isSame(one: Place, other: Place): boolean {
  const [a, b] = [one, other].map((place) => {
    const file = opened(place);
    if (typeof file !== "number") return undefined;
    try {
      const { dev, ino } = fstatSync(file, { bigint: true });
      return `${dev}:${ino}`;
    } finally {
      closeSync(file);
    }
  });
  return a !== undefined && a === b;
}

/** The name may be a link's or a pipe's by now: nothing but a regular file is read. */
function opened(place: Place): number | NodeJS.ErrnoException {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  try {
    return openSync(placeBuffer(place), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

function fileAt(place: Place, ledger: Ledger): InstructionFile | undefined {
  const kept = keptAs(place);
  const file = opened(place);
  if (kept === undefined) return undefined;
  if (typeof file !== "number") {
    // What is not there was asked for by its usual name alone.
    if (gapOf(file) !== "vanished-while-read") ledger.gap(place, gapOf(file));
    return undefined;
  }
  try {
    const stat = fstatSync(file, { bigint: true });
    if (!stat.isFile()) return undefined;
    const size = Number(stat.size);
    const digest = size <= digestBytesMax ? digestOf(file, size) : undefined;
    ledger.bytes += digest === undefined ? 0 : size;
    return {
      ...{ path: placeText(place), harness: kept.harness, role: kept.role, size },
      ...(digest === undefined ? {} : { digest }),
      modified: instantOf(stat.mtimeNs),
      changed: instantOf(stat.ctimeNs),
      owner: Number(stat.uid),
    };
  } catch (error) {
    ledger.gap(place, gapOf(error));
    return undefined;
  } finally {
    closeSync(file);
  }
}

function digestOf(file: number, size: number): `sha256:${string}` {
  const bytes = Buffer.alloc(size);
  const count = readSync(file, bytes, 0, size, 0);
  return `sha256:${createHash("sha256").update(bytes.subarray(0, count)).digest("hex")}`;
}
