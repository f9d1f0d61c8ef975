/**
 * The thread that reads a census: parsing one of a hundred thousand masses takes seconds, in which
 * a server that did it itself would answer nobody. It hands over what it read in portions, each
 * when it is asked for, since taking one over costs time on the other side too.
 */
import { parentPort } from "node:worker_threads";
import {
  type Census,
  censusShape,
  isRefused,
  parseCanonicalObject,
  type Refused,
  shape,
} from "@writ/core";

/** Lists of a census that may be long. */
export const longLists = ["masses", "processes", "links", "controls", "stored"] as const;
type LongList = (typeof longLists)[number];

/** Rows of one portion: about two milliseconds to take over. */
const rowsPerPortion = 500;

export type Portion =
  | { readonly is: "refused"; readonly refused: Refused }
  /** The census with its long lists empty, as far as it has them. */
  | { readonly is: "head"; readonly census: Census }
  | { readonly is: "rows"; readonly of: LongList; readonly rows: readonly unknown[] }
  | { readonly is: "end" };

export type Asked = { readonly ask: "read"; readonly bytes: Uint8Array } | { readonly ask: "next" };

function* portionsOf(bytes: Uint8Array): Generator<Portion> {
  const json = parseCanonicalObject(bytes);
  const census = isRefused(json) ? json : shape.read(censusShape, json, "census");
  if (isRefused(census)) {
    yield { is: "refused", refused: census };
    return;
  }
  const head: Record<string, unknown> = { ...census };
  for (const of of longLists) if (census[of] !== undefined) head[of] = [];
  yield { is: "head", census: head as Census };
  for (const of of longLists) {
    const rows: readonly unknown[] = census[of] ?? [];
    for (let at = 0; at < rows.length; at += rowsPerPortion) {
      yield { is: "rows", of, rows: rows.slice(at, at + rowsPerPortion) };
    }
  }
  yield { is: "end" };
}

let portions: Generator<Portion> | undefined;

parentPort?.on("message", (asked: Asked) => {
  if (asked.ask === "read") portions = portionsOf(asked.bytes);
  const portion = portions?.next().value ?? { is: "end" };
  if (portion.is === "end" || portion.is === "refused") portions = undefined;
  parentPort?.postMessage(portion);
});
