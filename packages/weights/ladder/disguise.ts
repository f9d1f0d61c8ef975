/**
 * Second looks, for what the first one left unexplained: Q and K as llama.cpp reorders their rows,
 * hidden units and heads in another order, a rotated residual stream. They read more, and only
 * then.
 */
import type { Weight } from "../values/weight.ts";
import { alignViews, type Pair } from "./alignment.ts";
import type { Comparison, Registered } from "./compare.ts";
import { compareGeometry, type Geometry, geometriesOf } from "./geometry.ts";
import { placesOf } from "./places.ts";
import { similarityMin } from "./relation.ts";
import { findRows, type RowsFound, type RowTable } from "./rows.ts";
import { type Sketch, type SketchedView, tallWeights } from "./sketch.ts";
import { keyOf, type RotaryLayout, type View, wholeView } from "./view.ts";

/** Sizes of an attention head in published models. */
const headSizes = [128, 64, 256, 96, 80, 192, 160, 112, 72, 32, 16, 48, 512];
/** Weights that are looked at again in one way, and rows' tables that each is tried on. */
const secondLooksMax = 16;

/** The row of a file in one rotary layout that holds a row of the other. */
export function rotaryRow(row: number, head: number, toInterleaved: boolean): number {
  const within = row % head;
  const half = head / 2;
  const moved = toInterleaved
    ? 2 * (within % half) + Math.floor(within / half)
    : (within % 2) * half + Math.floor(within / 2);
  return row - within + moved;
}

/** Pairs among unmatched weights whose rows are in the other rotary order. */
export async function rotaryPairs(
  weights: readonly Weight[],
  comparison: Comparison & { readonly looked: Sketch },
  registered: Registered,
  key: Uint8Array,
): Promise<readonly Pair[]> {
  const { free, rivals } = unmatched(weights, comparison, registered);
  let known: RotaryLayout | undefined;
  const pairs: Pair[] = [];
  const used = new Set<SketchedView>();
  for (const index of free) {
    const shape = weights[index]!.shape;
    const same = rivals.filter((view) => view.key === keyOf(shape) && !used.has(view));
    if (shape.length !== 2 || same.length === 0) continue;
    const runs = Math.min(...same.map((view) => view.places.starts.length));
    const places = placesOf(key, shape, runs);
    if (places.step !== 1) continue;
    let best: { readonly pair: Pair; readonly layout: NonNullable<typeof known> } | undefined;
    for (const layout of known === undefined ? rotaryLayouts(shape[0]!) : [known]) {
      if (shape[0]! % layout.head !== 0) continue;
      const view = await readRotary(weights[index]!, index, layout, places);
      const pair = alignViews([view], same)[0];
      if (pair === undefined || likenessOf(pair) < similarityMin) continue;
      // A wrong head size agrees on some rows: only the best can be right.
      if (best === undefined || likenessOf(pair) > likenessOf(best.pair)) best = { pair, layout };
    }
    if (best !== undefined) {
      known = best.layout;
      pairs.push(best.pair);
      used.add(best.pair.registered);
    }
    // Without any success the rest would fail too: the file was not reordered in this way.
    if (known === undefined && free.indexOf(index) >= secondLooksMax) break;
  }
  return pairs;
}

/** How alike a pair is, by the order of its values or, for coarse levels, by the values. */
function likenessOf({ similarity, chosenBy }: Pair): number {
  return Math.max(similarity, chosenBy);
}

function rotaryLayouts(rows: number) {
  return headSizes
    .filter((head) => rows % head === 0)
    .flatMap((head) => [
      { head, toInterleaved: true },
      { head, toInterleaved: false },
    ]);
}

async function readRotary(
  weight: Weight,
  index: number,
  layout: RotaryLayout,
  places: ReturnType<typeof placesOf>,
): Promise<SketchedView> {
  const columns = weight.shape[1]!;
  const values = new Float32Array(places.starts.length * places.length);
  const slack = weight.quantised ? new Float32Array(values.length) : undefined;
  for (const [run, start] of places.starts.entries()) {
    for (let k = 0; k < places.length; ) {
      const row = Math.floor((start + k) / columns);
      const column = (start + k) % columns;
      const count = Math.min(places.length - k, columns - column);
      const at = rotaryRow(row, layout.head, layout.toInterleaved) * columns + column;
      const read = await weight.read(at, count);
      values.set(read.values, run * places.length + k);
      if (read.slack !== undefined) slack?.set(read.slack, run * places.length + k);
      k += count;
    }
  }
  const view: View = {
    ...wholeView(weight, index),
    how: `rotary rows, heads of ${layout.head}`,
    rotary: layout,
  };
  return { view, key: keyOf(view.shape), places, values, slack };
}

/** Whole weights of either side that no match explains. */
function unmatched(
  weights: readonly Weight[],
  comparison: Comparison & { readonly looked: Sketch },
  registered: Registered,
) {
  const { standsFor } = comparison.looked;
  const ours = new Set(comparison.matches.map((match) => match.pair.candidate.view.weight));
  const theirs = new Set(comparison.matches.map((match) => match.pair.registered.view.weight));
  return {
    free: [...weights.keys()].filter((index) => standsFor[index]! > 0 && !ours.has(index)),
    rivals: registered.views.filter(({ view }) => view.how === "" && !theirs.has(view.weight)),
  };
}

/** Rows of unmatched weights that are found, in whatever order, in registered ones. */
export async function movedRows(
  weights: readonly Weight[],
  matched: ReadonlySet<number>,
  tables: readonly RowTable[],
  key: Uint8Array,
): Promise<readonly RowsFound[]> {
  const found: RowsFound[] = [];
  for (const table of tables) {
    const same = [...weights.keys()].filter(
      (index) => !matched.has(index) && keyOf(weights[index]!.shape) === keyOf(table.shape),
    );
    // Files keep their weights in a like order, so the like place is tried first.
    const place = (index: number) =>
      Math.abs(index / weights.length - table.weight / weights.length);
    same.sort((a, b) => place(a) - place(b));
    for (const index of same.slice(0, secondLooksMax)) {
      const rows = await findRows(weights[index]!, index, table, key);
      if (rows.moves.length * 2 < rows.lookedUp) continue;
      found.push(rows);
      break;
    }
  }
  return found;
}

/** How well the geometry of the candidate's tables agrees with the registered ones. */
export async function tableGeometry(
  weights: readonly Weight[],
  registered: readonly Geometry[],
  key: Uint8Array,
): Promise<ReturnType<typeof compareGeometry>> {
  const ours: Geometry[] = [];
  for (const index of tallWeights(weights)) {
    ours.push(...(await geometriesOf(weights[index]!, index, key)));
  }
  return compareGeometry(ours, registered);
}
