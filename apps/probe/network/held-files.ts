/** Files that a process has open or mapped, as a glance sees them: by inode, unread. */
import { type BigIntStats, statSync } from "node:fs";
import { placeBuffer, placeText } from "../files/place.ts";
import { parseMaps, readProc, readProcLink } from "../processes/proc.ts";
import { namesIn } from "./descriptors.ts";

/** Less is no model. */
const sizeMin = 64 * 1024;
/** Files told of one process: those beyond are the doing of somebody who hides one among many. */
const filesMax = 1024;

export type HeldFile = {
  readonly how: "mapped" | "open";
  readonly path: string;
  /** Device and inode, as a census has them. */
  readonly inode: string;
  readonly size: number;
  /** Where its next reading begins; for an open file. */
  readonly position?: number;
};

/** Large regular files that a process has open; with `maps`, those that it maps too. */
export function heldFiles(folder: string, maps: boolean): HeldFile[] {
  const held: HeldFile[] = [];
  for (const name of namesIn(`${folder}/fd`)) {
    if (held.length >= filesMax) break;
    const link = `${folder}/fd/${name}`;
    const said = readProcLink(link);
    if (said?.startsWith("/") !== true) continue;
    const stat = statIfThere(link);
    if (stat === undefined) continue;
    const position = positionIn(`${folder}/fdinfo/${name}`);
    held.push({
      ...fileOf(said, stat),
      how: "open",
      ...(position === undefined ? {} : { position }),
    });
  }
  return maps ? [...held, ...mappedFiles(folder, filesMax - held.length)] : held;
}

function mappedFiles(folder: string, max: number): HeldFile[] {
  try {
    const areas = parseMaps(readProc(`${folder}/maps`));
    return areas.slice(0, Math.max(0, max)).flatMap(({ range, path }) => {
      if (!path.startsWith("/")) return [];
      const stat =
        statIfThere(`${folder}/map_files/${range}`) ?? statIfThere(`${folder}/root${path}`);
      return stat === undefined ? [] : [{ ...fileOf(path, stat), how: "mapped" as const }];
    });
  } catch {
    return [];
  }
}

function statIfThere(link: string): BigIntStats | undefined {
  try {
    const stat = statSync(placeBuffer(link), { bigint: true });
    return stat.isFile() && stat.size >= sizeMin ? stat : undefined;
  } catch {
    // Closed since, or closed to this probe.
    return undefined;
  }
}

function fileOf(said: string, stat: BigIntStats) {
  const path = placeText(said.replace(/ \(deleted\)$/, ""));
  return { path, inode: `${stat.dev}:${stat.ino}`, size: Number(stat.size) };
}

function positionIn(fdinfo: string): number | undefined {
  try {
    const position = Number(/^pos:\s*(\d{1,16})$/m.exec(readProc(fdinfo))?.[1]);
    return Number.isSafeInteger(position) ? position : undefined;
  } catch {
    return undefined;
  }
}
