/** Small files of a store, read with a bound and without belief. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import { gapOf, type Ledger } from "../coverage.ts";
import { type Place, placeBuffer, within } from "../files/place.ts";

/** A manifest is a few kilobytes. */
const bytesMax = 1024 * 1024;
/** Names of one folder, and folders gone through below a store. */
const namesMax = 100_000;

/** Its text; `undefined` if it is not there, and a gap if it is and cannot be read. */
export function smallFile(place: Place, ledger: Ledger): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(
      placeBuffer(place),
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
    );
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    if (stat.size > bytesMax) {
      ledger.gap(place, "excluded");
      return undefined;
    }
    const bytes = Buffer.alloc(stat.size);
    const count = readSync(file, bytes, 0, bytes.length, 0);
    return bytes.toString("utf8", 0, count);
  } catch (error) {
    const why = gapOf(error);
    if (why !== "vanished-while-read") ledger.gap(place, why);
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Every regular file below a folder, to a depth; links are not followed. */
export function filesBelow(folder: Place, depth: number): readonly Place[] {
  const found: Place[] = [];
  const go = (place: Place, left: number): void => {
    for (const entry of entriesIn(place)) {
      if (found.length >= namesMax) return;
      const below = within(place, entry.name);
      if (entry.isFile()) found.push(below);
      else if (entry.isDirectory() && left > 0) go(below, left - 1);
    }
  };
  go(folder, depth);
  return found;
}

/** What lies in a folder; nothing if it is not there. */
export function entriesIn(folder: Place) {
  try {
    return readdirSync(placeBuffer(folder) as unknown as string, {
      encoding: "latin1" as BufferEncoding,
      withFileTypes: true,
    }).slice(0, namesMax);
  } catch {
    return [];
  }
}

/** What a link says. */
export function linkAt(place: Place): string | undefined {
  try {
    return readlinkSync(placeBuffer(place), "latin1");
  } catch {
    return undefined;
  }
}
