/** Correlations of short runs of values. All answer 0 where a side does not vary. */

/** Pearson correlation of `a` and `b` between two indices. */
export function pearson(a: Float32Array, b: Float32Array, from: number, to: number): number {
  const count = to - from;
  let sumA = 0;
  let sumB = 0;
  for (let i = from; i < to; i += 1) {
    sumA += a[i]!;
    sumB += b[i]!;
  }
  const meanA = sumA / count;
  const meanB = sumB / count;
  let both = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = from; i < to; i += 1) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  const size = Math.sqrt(squareA * squareB);
  return size > 0 && Number.isFinite(size) ? both / size : 0;
}

/**
 * Ranks within each run of `length` values, ties shared, centred, as one array. Outliers then weigh
 * no more than any value: two unrelated runs with one outlier each would else correlate.
 */
export function rankRuns(values: Float32Array, length: number): Float32Array {
  const ranks = new Float32Array(values.length);
  const order = new Uint16Array(length);
  for (let from = 0; from + length <= values.length; from += length) {
    // Insertion: runs are short, and a comparator's call would cost more than the moves.
    for (let i = 0; i < length; i += 1) {
      const value = values[from + i]!;
      let at = i;
      for (; at > 0 && values[from + order[at - 1]!]! > value; at -= 1) order[at] = order[at - 1]!;
      order[at] = i;
    }
    const centre = (length - 1) / 2;
    for (let i = 0; i < length; ) {
      let end = i + 1;
      while (end < length && values[from + order[end]!] === values[from + order[i]!]) end += 1;
      for (let k = i; k < end; k += 1) ranks[from + order[k]!] = (i + end - 1) / 2 - centre;
      i = end;
    }
  }
  return ranks;
}

/** Values after which two views that are plainly far apart are not measured further. */
const firstLook = 64;

/**
 * Norm of the difference over the norm of the second, over the values that both have; infinite
 * where the first of them are farther apart than the second is large.
 */
export function changeBetween(a: Float32Array, b: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! * b[i]!;
    if (i === firstLook && difference > size) return Number.POSITIVE_INFINITY;
  }
  return size > 0 ? Math.sqrt(difference / size) : Number.POSITIVE_INFINITY;
}
