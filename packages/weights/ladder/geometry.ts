/**
 * The shape of a table that no rotation, permutation or scaling of the hidden axis can change: the
 * cosines between its rows. An embedding whose residual stream was rotated keeps them.
 *
 * Two independent models of one tokeniser place their words alike to some degree, so the null
 * hypothesis here is not "no correlation" but a correlation of up to {@link assumedCorrelation}.
 */
import type { Weight } from "../values/weight.ts";
import { correlationTail } from "./chance.ts";
import { pearson } from "./correlation.ts";
import { distinctDraws, drawsOf } from "./position.ts";
import { keyOf } from "./view.ts";

/** Rows whose cosines are taken: 48 rows make 1,128 of them. */
export const geometryRows = 48;
/** Tables narrower or shorter than this have too little geometry. */
const columnsMin = 16;
/** Row lengths past any known hidden size are not read. */
const columnsMax = 65_536;

/**
 * Correlation that unrelated tables of one vocabulary are allowed: published embeddings of
 * independent models correlate at 0.3 to 0.7 in their cosines. One row is one independent datum.
 */
const assumedCorrelation = 0.9;

export type Geometry = {
  /** Index of the weight. */
  readonly weight: number;
  /** Rows that the draw was from: the first so many. */
  readonly among: number;
  /** Cosines of all pairs of drawn rows. */
  readonly cosines: Float32Array;
};

/** The geometries of one table, over the first 2^k rows and over half of those. */
export async function geometriesOf(
  weight: Weight,
  index: number,
  key: Uint8Array,
): Promise<readonly Geometry[]> {
  const [rows, columns] = weight.shape as [number, number];
  if (columns < columnsMin || columns > columnsMax) return [];
  const highest = 2 ** Math.floor(Math.log2(rows));
  const result: Geometry[] = [];
  for (const among of [highest, highest / 2]) {
    if (among < geometryRows) continue;
    const draws = drawsOf(key, `rows among ${keyOf([among])}`);
    const vectors: Float32Array[] = [];
    for (const row of distinctDraws(draws, among, geometryRows)) {
      const run = await weight.read(row * columns, columns);
      vectors.push(unit(Float32Array.from(run.values)));
    }
    result.push({ weight: index, among, cosines: cosinesOf(vectors) });
  }
  return result;
}

function unit(vector: Float32Array): Float32Array {
  let square = 0;
  for (const value of vector) square += value * value;
  const size = Math.sqrt(square);
  if (size > 0) for (let i = 0; i < vector.length; i += 1) vector[i]! /= size;
  return vector;
}

function cosinesOf(vectors: readonly Float32Array[]): Float32Array {
  const cosines = new Float32Array((vectors.length * (vectors.length - 1)) / 2);
  let at = 0;
  for (let i = 0; i < vectors.length; i += 1) {
    for (let k = 0; k < i; k += 1) {
      const a = vectors[i]!;
      const b = vectors[k]!;
      let sum = 0;
      for (let j = 0; j < a.length; j += 1) sum += a[j]! * b[j]!;
      cosines[at++] = sum;
    }
  }
  return cosines;
}

/** The best agreement of two models' tables: its correlation and ln of a bound on its p-value. */
export function compareGeometry(
  candidates: readonly Geometry[],
  registered: readonly Geometry[],
): { readonly correlation: number; readonly logP: number; readonly weight: number } {
  let best = { correlation: 0, logP: 0, weight: -1 };
  let tried = 0;
  for (const a of candidates) {
    for (const b of registered) {
      if (a.among !== b.among || a.cosines.length !== b.cosines.length) continue;
      tried += 1;
      const correlation = pearson(a.cosines, b.cosines, 0, a.cosines.length);
      const logP = correlationTail(correlation, assumedCorrelation, geometryRows);
      if (correlation > best.correlation) best = { correlation, logP, weight: b.weight };
    }
  }
  return { ...best, logP: Math.min(0, best.logP + Math.log(Math.max(1, tried))) };
}
