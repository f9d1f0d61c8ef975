/** Where a view is looked at: runs of values at keyed places, the same for all of a shape. */
import { distinctDraws, drawsOf } from "./position.ts";
import { keyOf } from "./view.ts";

/** Where the runs of a view lie, and how long they are. */
export type Places = {
  /** Values in a run. */
  readonly length: number;
  /** Row-major index in the view of each run's first value, in drawn order. */
  readonly starts: readonly number[];
  /** Distance in the view from one value of a run to the next. */
  readonly step: number;
  /** Size of the axis that the runs lie along. */
  readonly along: number;
  /** Which stretch of that axis each run lies on. */
  readonly blocks: readonly number[];
};

/** A run shorter than this says too little, a longer one no more than two of its half. */
const lengths = [32, 16] as const;
const lengthMin = 8;

/**
 * Places of the runs of a view under a key: the first `count` of one sequence for each shape. Runs
 * lie along the last axis, where one read finds them; if it is short (pixels of a kernel), along
 * the longest axis, which holds units, and units come in no common order.
 */
export function placesOf(key: Uint8Array, shape: readonly number[], count: number): Places {
  const elements = shape.reduce((product, size) => product * size, 1);
  const axis = axisOf(shape);
  const along = shape[axis]!;
  const length = lengths.find((one) => one <= along) ?? lengthMin;
  const step = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const draws = drawsOf(key, `runs of ${keyOf(shape)}`);
  // Runs over the end of a short axis, or of the last one, go on with the next values.
  const isFlat = step === 1 || along < length;
  const blocksAlong = Math.floor(along / length);
  const slots = Math.floor(isFlat ? elements / length : (elements / along) * blocksAlong);
  const drawn = distinctDraws(draws, slots, Math.min(count, slots));
  if (isFlat) {
    const starts = drawn.map((slot) => slot * length);
    const last = shape[shape.length - 1]!;
    const blocks = starts.map((start) => Math.floor((start % last) / length));
    return { length, starts, step: 1, along: last, blocks };
  }
  const blocks = drawn.map((slot) => slot % blocksAlong);
  const starts = drawn.map((slot, i) => {
    const line = Math.floor(slot / blocksAlong);
    const before = Math.floor(line / step) * step * along + (line % step);
    return before + blocks[i]! * length * step;
  });
  return { length, starts, step, along, blocks };
}

/** The last axis if it holds a whole run, else the longest. */
function axisOf(shape: readonly number[]): number {
  const last = shape.length - 1;
  if (shape[last]! >= lengths[0]) return last;
  const longest = Math.max(...shape);
  return shape[last] === longest ? last : shape.indexOf(longest);
}
