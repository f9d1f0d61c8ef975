/**
 * Rows known wherever they went: a short signature of every row of a few matrices, so that hidden
 * units or heads in another order, and Q and K as llama.cpp reorders them, are still recognised.
 */
import type { Weight } from "../values/weight.ts";
import { directionTail } from "./chance.ts";
import { distinctDraws, drawsOf } from "./position.ts";
import { keyOf } from "./view.ts";

/** Numbers in a signature, each a byte. */
export const signatureLength = 16;
/** Rows of a matrix that have a signature: the first so many. */
const rowsMax = 16_384;
/** Rows signed in one model in all: what a fingerprint has room for. */
export const signedRowsTotal = 40_960;
/** Matrices that are signed. */
const tablesMax = 8;
const columnsMin = 16;
const columnsMax = 65_536;
const rowsMin = 16;
/** Rows of a candidate that are looked up. */
const lookedUp = 12;
/** A row is found when the cosine of the signatures is at least this. */
const foundMin = 0.95;
/**
 * Dimensions in which an unrelated signature is taken to be free; two less than it has, for the
 * mean that was taken out and for rounding to bytes.
 */
const freeDimensions = signatureLength - 2;

export type RowTable = {
  readonly weight: number;
  /** `rows × columns` of the weight. */
  readonly shape: readonly [number, number];
  /** {@link signatureLength} bytes for each signed row. */
  readonly signatures: Int8Array;
};

export type RowsFound = {
  readonly candidate: number;
  readonly registered: number;
  /** For each row looked up and found: its place in the candidate and in the registered weight. */
  readonly moves: readonly { readonly from: number; readonly to: number }[];
  readonly lookedUp: number;
  /** ln of a bound on the p-value. */
  readonly logP: number;
};

/** Columns' buckets and signs for one row length. */
function projectionOf(key: Uint8Array, columns: number): Uint8Array {
  const draws = drawsOf(key, `columns ${columns}`);
  return Uint8Array.from({ length: columns }, () => draws.below(2 * signatureLength));
}

function signRow(
  values: ArrayLike<number>,
  from: number,
  projection: Uint8Array,
  out: Float32Array,
): void {
  out.fill(0);
  for (let j = 0; j < projection.length; j += 1) {
    const bucket = projection[j]!;
    const value = values[from + j]!;
    out[bucket >> 1]! += (bucket & 1) === 1 ? value : -value;
  }
  let square = 0;
  for (const part of out) square += part * part;
  const size = Math.sqrt(square);
  if (size > 0) for (let k = 0; k < out.length; k += 1) out[k]! /= size;
}

/** The matrices worth signing: two of each shape, the largest shapes first. */
export function weightsToSign(weights: readonly Weight[]): readonly number[] {
  const classes = new Map<string, number[]>();
  for (const [index, { shape }] of weights.entries()) {
    const [rows, columns] = shape as [number, number];
    if (shape.length !== 2 || rows < rowsMin || rows > rowsMax) continue;
    if (columns < columnsMin || columns > columnsMax) continue;
    const members = classes.get(keyOf(shape)) ?? [];
    classes.set(keyOf(shape), [...members, index]);
  }
  const chosen: number[] = [];
  let total = 0;
  for (const turn of [0, 1]) {
    for (const members of classes.values()) {
      const index = turn === 0 ? members[0] : members[members.length >> 1];
      if (index === undefined || chosen.includes(index) || chosen.length >= tablesMax) continue;
      const rows = weights[index]!.shape[0]!;
      if (total + rows > signedRowsTotal) continue;
      chosen.push(index);
      total += rows;
    }
  }
  return chosen;
}

/** Rows read at once while signing. */
const batchValues = 1 << 18;

/** Signs every row of one matrix. Reads all of it: for enrolment only. */
export async function signRows(weight: Weight, index: number, key: Uint8Array): Promise<RowTable> {
  const [rows, columns] = weight.shape as [number, number];
  const projection = projectionOf(key, columns);
  const signatures = new Int8Array(rows * signatureLength);
  const one = new Float32Array(signatureLength);
  const batch = Math.max(1, Math.floor(batchValues / columns));
  for (let row = 0; row < rows; row += batch) {
    const count = Math.min(batch, rows - row);
    const { values } = await weight.read(row * columns, count * columns);
    for (let i = 0; i < count; i += 1) {
      signRow(values, i * columns, projection, one);
      for (let k = 0; k < signatureLength; k += 1) {
        signatures[(row + i) * signatureLength + k] = Math.round(127 * one[k]!);
      }
    }
  }
  return { weight: index, shape: [rows, columns], signatures };
}

/** Looks some rows of a candidate up in a registered table. */
export async function findRows(
  weight: Weight,
  index: number,
  table: RowTable,
  key: Uint8Array,
): Promise<RowsFound> {
  const [rows, columns] = weight.shape as [number, number];
  const projection = projectionOf(key, columns);
  const mean = meanOf(table.signatures);
  const centred = centre(table.signatures, mean);
  const one = new Float32Array(signatureLength);
  const moves: { from: number; to: number }[] = [];
  const drawn = distinctDraws(drawsOf(key, `look up ${keyOf([rows])}`), rows, lookedUp);
  let logP = 0;
  for (const from of drawn) {
    const { values } = await weight.read(from * columns, columns);
    signRow(values, 0, projection, one);
    const { row: to, cosine } = nearest(centred, one, mean);
    if (cosine < foundMin || moves.some((move) => move.to === to)) continue;
    moves.push({ from, to });
    logP += Math.min(0, directionTail(cosine, freeDimensions) + Math.log(rows));
  }
  const choices = Math.log(2) * drawn.length;
  return {
    candidate: index,
    registered: table.weight,
    moves,
    lookedUp: drawn.length,
    logP: Math.min(0, logP + choices),
  };
}

function meanOf(signatures: Int8Array): Float32Array {
  const mean = new Float32Array(signatureLength);
  const rows = signatures.length / signatureLength;
  for (let i = 0; i < signatures.length; i += 1) {
    mean[i % signatureLength]! += signatures[i]! / (127 * rows);
  }
  return mean;
}

/** Signatures less their mean, each of unit length. */
function centre(signatures: Int8Array, mean: Float32Array): Float32Array {
  const out = new Float32Array(signatures.length);
  for (let at = 0; at < out.length; at += signatureLength) {
    let square = 0;
    for (let k = 0; k < signatureLength; k += 1) {
      const part = signatures[at + k]! / 127 - mean[k]!;
      out[at + k] = part;
      square += part * part;
    }
    const size = Math.sqrt(square);
    if (size > 0) for (let k = 0; k < signatureLength; k += 1) out[at + k]! /= size;
  }
  return out;
}

function nearest(
  table: Float32Array,
  signature: Float32Array,
  mean: Float32Array,
): { readonly row: number; readonly cosine: number } {
  const wanted = signature.map((part, k) => part - mean[k]!);
  let square = 0;
  for (const part of wanted) square += part * part;
  const size = Math.sqrt(square) || 1;
  let best = -1;
  let row = -1;
  for (let at = 0; at < table.length; at += signatureLength) {
    let sum = 0;
    for (let k = 0; k < signatureLength; k += 1) sum += table[at + k]! * wanted[k]!;
    if (sum > best) {
      best = sum;
      row = at / signatureLength;
    }
  }
  return { row, cosine: best / size };
}
