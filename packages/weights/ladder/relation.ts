/** What became of the values of one registered view in one candidate view. */
import type { Pair } from "./alignment.ts";
import type { SketchedView, WeightFacts } from "./sketch.ts";

/** From closest to farthest. */
export const relationKinds = [
  "equal",
  "cast",
  "quantised",
  "scaled",
  "pruned",
  "changed",
  "unlike",
] as const;
export type RelationKind = (typeof relationKinds)[number];

export type Relation = {
  readonly kind: RelationKind;
  /** Norm of the difference over the norm of the registered values, after undoing `scale`. */
  readonly change: number;
  /** Candidate over registered, by least squares; 1 but for scaled tensors. */
  readonly scale: number;
  /** Part of the values that are zero in the candidate alone. */
  readonly zeroed: number;
  /** Index (in the view's runs) of the first value outside the type's own bound; −1 if none. */
  readonly outside: number;
  /** Part of the values that lie outside the type's own bound. */
  readonly outsidePart: number;
};

type FloatType = { readonly bits: number; readonly least: number; readonly most: number };

/** Mantissa bits, smallest and largest positive value of the float types that casts go through. */
const floatTypes: { readonly [type: string]: FloatType } = {
  F64: { bits: 52, least: 0, most: Number.MAX_VALUE },
  F32: { bits: 23, least: 2 ** -149, most: 3.5e38 },
  F16: { bits: 10, least: 2 ** -24, most: 65_504 },
  BF16: { bits: 7, least: 2 ** -133, most: 3.4e38 },
  F8_E4M3: { bits: 3, least: 2 ** -9, most: 448 },
  F8_E5M2: { bits: 2, least: 2 ** -16, most: 57_344 },
  F8_E4M3FNUZ: { bits: 3, least: 2 ** -10, most: 240 },
  F8_E5M2FNUZ: { bits: 2, least: 2 ** -17, most: 57_344 },
  F6_E2M3: { bits: 3, least: 0.125, most: 7.5 },
  F6_E3M2: { bits: 2, least: 0.0625, most: 28 },
  F4: { bits: 1, least: 0.5, most: 6 },
};

/**
 * What casts on the way to a quantiser may do besides (F32 to BF16 or F16 first, F32 arithmetic):
 * relative, and near zero.
 */
export const castPart = 2 ** -8;
export const castLeast = 2 ** -24;

/** A tensor below this rank correlation is not the registered one. */
export const similarityMin = 0.4;
/**
 * Coarse levels have little order, yet point where the original points: so that the bound of their
 * type is not met by being wide.
 */
const cosineMin = 0.4;
/**
 * Values this near to the registered ones are the registered ones, in whatever order their
 * differences are: a vector of ones that was trained a little has no order to keep.
 */
export const nearChangeMax = 0.3;
/** More of the values zero than chance or training would make. */
const prunedMin = 0.1;
/** What pruning keeps, it keeps as it was, or trains a little; rounding to levels moves it more. */
const prunedChangeMax = 0.05;
/**
 * What is kept moves less than this part of what is set to zero: rounding to levels moves both by
 * half a step at most.
 */
const movedMax = 0.5;
/** A scale that differs from one by more than any cast or small training step would make it. */
const scaledMin = 0.02;
/** Differences of this size after undoing the scale are rounding. */
const scaledChangeMax = 0.01;
/** Values that say in what type they fit. */
const narrowedMin = 256;
/** Levels that a run of 32 values shows at most when they were rounded to 4 bits. */
const levelsMax = 16;

/**
 * Judges a pair. `candidate` and `registered` are the facts of the weights that the views are of.
 */
export function relate(pair: Pair, candidate: WeightFacts, registered: WeightFacts): Relation {
  const runs = Math.min(pair.candidate.places.starts.length, pair.registered.places.starts.length);
  const count = runs * pair.candidate.places.length;
  const a = pair.candidate.values.subarray(0, count);
  const b = pair.registered.values.subarray(0, count);
  const sums = sumsOf(a, b);
  if (sums.equal) {
    const exact = { change: sums.change, scale: 1, zeroed: sums.zeroed / count };
    return { ...exact, kind: "equal", outside: -1, outsidePart: 0 };
  }
  const bound = boundsOf(pair.candidate, pair.registered, candidate, registered);
  const relation = {
    change: sums.change,
    scale: 1,
    zeroed: sums.zeroed / count,
    outside: bound.outside,
    outsidePart: bound.outsideCount / count,
  };
  const isLike =
    pair.similarity >= similarityMin ||
    (bound.known && a.length > 0 && sums.cosine >= cosineMin && bound.outsideCount === 0);
  if (!isLike && sums.change > nearChangeMax) {
    return { ...relation, kind: "unlike" };
  }
  if (isShiftedByOne(a, b)) return { ...relation, kind: "cast" };
  const quantised = candidate.quantised || registered.quantised;
  if (bound.outsideCount === 0 && bound.known) {
    return { ...relation, kind: quantised ? "quantised" : "cast" };
  }
  // A few blocks outside are not a quantiser's doing: the verdict names them.
  if (quantised && bound.known && relation.outsidePart < 0.02) {
    return { ...relation, kind: "quantised" };
  }
  if (Math.abs(sums.slope - 1) > scaledMin && sums.changeScaled < scaledChangeMax) {
    return { ...relation, kind: "scaled", scale: sums.slope, change: sums.changeScaled };
  }
  const isKept = sums.changeKept < prunedChangeMax && sums.moved < movedMax;
  if (relation.zeroed > prunedMin && isKept) {
    return { ...relation, kind: "pruned" };
  }
  if (quantised && !bound.known && sums.change < 0.5) return { ...relation, kind: "quantised" };
  if (isRounded(a, b, pair.candidate.places.length)) {
    return { ...relation, kind: "quantised", outside: -1, outsidePart: 0 };
  }
  return { ...relation, kind: "changed" };
}

/** Some converters store a norm's weight as w, some as 1 + w (Gemma): the same norm. */
function isShiftedByOne(a: Float32Array, b: Float32Array): boolean {
  const shift = Math.sign(a[0]! - b[0]!);
  return a.every((value, i) => Math.abs(value - b[i]! - shift) <= 2 ** -8 * (1 + Math.abs(value)));
}

function sumsOf(a: Float32Array, b: Float32Array) {
  let equal = true;
  let zeroed = 0;
  let squareA = 0;
  let squareB = 0;
  let both = 0;
  let difference = 0;
  let kept = 0;
  let keptSquare = 0;
  let keptCount = 0;
  let zeroedSquare = 0;
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i]!;
    const y = b[i]!;
    if (x !== y) equal = false;
    if (x === 0 && y !== 0) {
      zeroed += 1;
      zeroedSquare += y * y;
    }
    squareA += x * x;
    squareB += y * y;
    both += x * y;
    difference += (x - y) * (x - y);
    if (x !== 0) {
      kept += (x - y) * (x - y);
      keptSquare += y * y;
      keptCount += 1;
    }
  }
  const slope = squareB > 0 ? both / squareB : 1;
  let scaled = 0;
  for (let i = 0; i < a.length; i += 1) scaled += (a[i]! - slope * b[i]!) ** 2;
  const size = Math.sqrt(squareB);
  return {
    equal,
    cosine: squareA > 0 && squareB > 0 ? both / Math.sqrt(squareA * squareB) : 0,
    zeroed,
    slope,
    moved:
      zeroedSquare > 0 ? Math.sqrt(kept / Math.max(1, keptCount) / (zeroedSquare / zeroed)) : 1,
    changeKept: keptSquare > 0 ? Math.sqrt(kept / keptSquare) : 0,
    change: size > 0 ? Math.sqrt(difference) / size : 0,
    changeScaled: size > 0 ? Math.sqrt(scaled) / (size * Math.max(1e-30, Math.abs(slope))) : 0,
  };
}

/** How many values differ by more than rounding by either side's type explains. */
function boundsOf(
  a: SketchedView,
  b: SketchedView,
  candidate: WeightFacts,
  registered: WeightFacts,
): { readonly known: boolean; readonly outside: number; readonly outsideCount: number } {
  const count = Math.min(a.values.length, b.values.length);
  const roundings = [
    narrowed(floatTypes[candidate.type], a.values),
    narrowed(floatTypes[registered.type], b.values),
  ];
  const floats = roundings.filter((rounding) => rounding !== undefined);
  const known =
    (a.slack !== undefined || roundings[0] !== undefined) &&
    (b.slack !== undefined || roundings[1] !== undefined) &&
    !Number.isNaN(a.slack?.[0] ?? 0) &&
    !Number.isNaN(b.slack?.[0] ?? 0);
  const stepped = a.slack !== undefined || b.slack !== undefined;
  let outside = -1;
  let outsideCount = 0;
  for (let i = 0; i < count; i += 1) {
    const x = a.values[i]!;
    const y = b.values[i]!;
    let bound = (a.slack?.[i] ?? 0) + (b.slack?.[i] ?? 0);
    if (stepped) bound += Math.abs(y) * castPart + castLeast;
    // One unit, not half: casts that truncate are casts too, and both sides may have rounded.
    for (const { bits, least } of floats) bound += Math.abs(y) * 2 ** -bits + least;
    if (Math.abs(x - y) <= bound) continue;
    // Casts clip what is too large for them.
    if (x * y > 0 && floats.some(({ most }) => Math.abs(x) === most && Math.abs(y) > most))
      continue;
    if (outside < 0) outside = i;
    outsideCount += 1;
  }
  return { known, outside, outsideCount };
}

const bitsOf = new DataView(new ArrayBuffer(4));

/**
 * The type that values were cast to before they were written in a wider one: what all of them fit
 * in. Fewer than some hundred values fit in a narrow type by chance.
 */
function narrowed(type: FloatType | undefined, values: Float32Array): FloatType | undefined {
  if (type === undefined || values.length < narrowedMin) return type;
  let used = 0;
  for (const value of values) {
    bitsOf.setFloat32(0, value);
    used |= bitsOf.getUint32(0) & 0x7f_ffff;
  }
  if (used === 0) return type;
  const bits = 23 - (31 - Math.clz32(used & -used));
  return bits === 3 && type.bits > bits ? { ...type, bits, least: 2 ** -9, most: 448 } : type;
}

/** True if each run of 32 looks rounded to few levels, or to 8 bits, where the original was not. */
function isRounded(a: Float32Array, b: Float32Array, length: number): boolean {
  if (length < 32) return false;
  let fewer = 0;
  let stepped = 0;
  const runs = a.length / length;
  for (let from = 0; from < a.length; from += length) {
    const levels = new Set(a.subarray(from, from + length)).size;
    if (levels <= levelsMax + 1 && new Set(b.subarray(from, from + length)).size > levels + 4) {
      fewer += 1;
    }
    if (isStepped(a.subarray(from, from + length)) && !isStepped(b.subarray(from, from + length))) {
      stepped += 1;
    }
  }
  return fewer > runs * 0.9 || stepped > runs * 0.9;
}

/** True if all values are whole multiples of the largest over 127 (absmax rounding to 8 bits). */
function isStepped(run: Float32Array): boolean {
  const most = run.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  if (!(most > 0)) return false;
  const step = most / 127;
  return run.every((value) => Math.abs(value / step - Math.round(value / step)) < 0.1);
}
