/**
 * Files that a process maps, holds open or runs, known by their bytes: a model that was deleted but
 * is still held is read through the kernel's own links, past every name.
 */
import { type BigIntStats, readdirSync, statSync } from "node:fs";
import { type Hold, namesMax } from "@writ/core";
import { type GapReason, gapOf, type Ledger } from "../coverage.ts";
import type { Inspection, Inspector } from "../files/inspector.ts";
import { inodeKey } from "../files/mass-table.ts";
import { placeBuffer, placeText } from "../files/place.ts";
import { parseMaps, readProc, readProcLink } from "./proc.ts";

/** A deleted file's link ends so; a file may also be called so, hence the check of its inode. */
const deletedMark = " (deleted)";
/** Verdicts kept in one look: every shared library of a host, many times over. */
const verdictsMax = 100_000;

type How = Hold["how"];
type Sighting = { readonly how: How; readonly link: string; readonly said: string };

export type HoldReader = {
  /** Holds of one process that are masses, the inodes of its sockets, and all paths it maps. */
  read(folder: string): Promise<{ holds: Hold[]; sockets: Set<string>; mapped: string[] }>;
};

/** A reader for one look at all processes. */
export function openHoldReader(inspector: Inspector, ledger: Ledger): HoldReader {
  const verdicts = new Map<string, Inspection>();
  const inspect = async (link: string, stat: BigIntStats): Promise<Inspection> => {
    const key = `${inodeKey(stat)}:${stat.ctimeNs}`;
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const result = await inspector.inspect(link, stat, "held");
    if (result.is === "mass") ledger.bytes += result.read;
    // A gap is not kept: another process may hold the file in a way that can be read.
    if (result.is !== "gap" && verdicts.size < verdictsMax) verdicts.set(key, result);
    return result;
  };
  return {
    async read(folder) {
      const { files, sockets } = sightingsOf(folder, ledger);
      const holds: Hold[] = [];
      const met = new Set<string>();
      for (const sighting of files) {
        const hold = await holdOf({ inspect, ledger, folder, met }, sighting);
        if (hold === undefined) continue;
        if (holds.length < namesMax) holds.push(hold);
        else ledger.gap(sighting.link, "limit");
      }
      const mapped = files.flatMap(({ how, said }) => (how === "mapped" ? [said] : []));
      return { holds, sockets, mapped };
    },
  };
}

function sightingsOf(folder: string, ledger: Ledger): { files: Sighting[]; sockets: Set<string> } {
  const files: Sighting[] = [];
  const sockets = new Set<string>();
  const executable = readProcLink(`${folder}/exe`);
  if (executable !== undefined) {
    files.push({ how: "executable", link: `${folder}/exe`, said: executable });
  }
  const note = (place: string, error: unknown): void => ledger.gap(place, gapOf(error));
  try {
    for (const { range, path } of parseMaps(readProc(`${folder}/maps`))) {
      // Areas shared with the kernel (io_uring, perf) are no files, and only root may ask for them
      // by their link. Nobody can name a file so: a file's path here begins with a slash.
      if (path.startsWith("anon_inode:")) continue;
      files.push({ how: "mapped", link: `${folder}/map_files/${range}`, said: path });
    }
  } catch (error) {
    note(`${folder}/maps`, error);
  }
  try {
    for (const name of readdirSync(`${folder}/fd`)) {
      const said = readProcLink(`${folder}/fd/${name}`);
      if (said?.startsWith("socket:[")) {
        sockets.add(said.slice(8, -1));
        // Open files that were sent over it and not received yet: nobody can look at them there.
        if (sendsFiles(`${folder}/fdinfo/${name}`))
          ledger.gap(`${folder}/fd/${name}`, "not-supported");
      }
      if (said?.startsWith("/")) {
        files.push({ how: "open", link: `${folder}/fd/${name}`, said });
      }
    }
  } catch (error) {
    note(`${folder}/fd`, error);
  }
  return { files, sockets };
}

/** True if a socket has files in flight (SCM_RIGHTS), by its `fdinfo`; Linux 5.6 and later. */
function sendsFiles(fdinfo: string): boolean {
  try {
    return /^scm_fds:\s*[1-9]/m.test(readProc(fdinfo));
  } catch {
    // Closed since, or a /proc without it: then there is nothing to tell.
    return false;
  }
}

type Reading = {
  readonly inspect: (link: string, stat: BigIntStats) => Promise<Inspection>;
  readonly ledger: Ledger;
  readonly folder: string;
  readonly met: Set<string>;
};

async function holdOf(reading: Reading, sighting: Sighting): Promise<Hold | undefined> {
  const { how, said } = sighting;
  const found = statOf(reading, sighting);
  if (found === undefined) return undefined;
  const { stat, link } = found;
  // Mapped and open alike is told once for each way: either alone keeps the bytes alive.
  const key = `${how} ${inodeKey(stat)}`;
  if (!stat.isFile() || reading.met.has(key)) return undefined;
  reading.met.add(key);
  const result = await reading.inspect(link, stat);
  if (result.is === "nothing") return undefined;
  const { path, deleted } = nameOf(reading.folder, said, stat);
  const common = {
    how,
    path: placeText(path),
    deleted,
    inode: { device: String(stat.dev), inode: String(stat.ino) },
    size: Number(stat.size),
  };
  if (result.is === "gap") {
    reading.ledger.gap(link, result.why);
    return common;
  }
  const { digest, container } = result.mass;
  return { ...common, digest, container };
}

function statOf(reading: Reading, { how, link, said }: Sighting) {
  try {
    return { link, stat: statSync(placeBuffer(link), { bigint: true }) };
  } catch (error) {
    const why: GapReason = gapOf(error);
    if (how !== "mapped" || said.endsWith(deletedMark)) {
      reading.ledger.gap(link, why);
      return undefined;
    }
    // Only root may look through map_files; others may through the process's own root.
    return statThroughRoot(reading, { link, said }, why);
  }
}

function statThroughRoot(
  reading: Reading,
  { link, said }: { readonly link: string; readonly said: string },
  why: GapReason,
) {
  const path = `${reading.folder}/root${said}`;
  try {
    return { link: path, stat: statSync(placeBuffer(path), { bigint: true }) };
  } catch {
    reading.ledger.gap(link, why);
    return undefined;
  }
}

function nameOf(folder: string, said: string, stat: BigIntStats) {
  if (!said.endsWith(deletedMark)) return { path: said, deleted: stat.nlink === 0n };
  try {
    const there = statSync(placeBuffer(`${folder}/root${said}`), { bigint: true });
    if (inodeKey(there) === inodeKey(stat)) return { path: said, deleted: false };
  } catch {
    // Nothing has that name: the mark is the kernel's.
  }
  return { path: said.slice(0, -deletedMark.length), deleted: true };
}
