/** Small documents of an engine's own, read from its folder. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { gapOf, type Ledger } from "../coverage.ts";
import { jsonIn } from "../endpoints/outside-json.ts";
import { type Place, placeBuffer, within } from "../files/place.ts";

/** The list of layers of ten thousand images takes a third of this. */
const documentBytesMax = 64 * 1024 * 1024;
/** Names in one folder of an engine. */
const namesMax = 100_000;

/** What a document says as JSON; `undefined` and, unless it is just not there, a gap. */
export function readDocument(place: Place, ledger: Ledger): unknown {
  const text = readSmall(place, ledger);
  return text === undefined ? undefined : jsonIn(text);
}

/** The text of a small regular file, no link followed; `undefined` if it is not there. */
export function readSmall(
  place: Place,
  ledger: Ledger,
  bytesMax: number = documentBytesMax,
): string | undefined {
  let file: number | undefined;
  try {
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    file = openSync(placeBuffer(place), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    if (stat.size > bytesMax) {
      ledger.gap(place, "limit");
      return undefined;
    }
    const bytes = Buffer.alloc(stat.size);
    const count = readSync(file, bytes, 0, stat.size, 0);
    ledger.bytes += count;
    return bytes.toString("utf8", 0, count);
  } catch (error) {
    const why = gapOf(error);
    if (why !== "vanished-while-read") ledger.gap(place, why);
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The names in a folder, in order; none if it is not there. */
export function namesIn(place: Place, ledger: Ledger): readonly string[] {
  try {
    const names = readdirSync(placeBuffer(place), "latin1").sort();
    if (names.length > namesMax) ledger.gap(place, "limit");
    return names.slice(0, namesMax);
  } catch (error) {
    const why = gapOf(error);
    if (why !== "vanished-while-read") ledger.gap(place, why);
    return [];
  }
}

/** A place some names below a folder. */
export function below(folder: Place, ...names: readonly string[]): Place {
  return names.reduce<Place>(within, folder);
}
