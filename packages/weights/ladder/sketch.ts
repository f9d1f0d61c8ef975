/**
 * The sketch of a model: runs of values at keyed places of every view. It costs a bounded number of
 * small reads, whatever the model's size, and it is the same for one key, one shape and one
 * content.
 */
import { BeyondEnd } from "../reader.ts";
import type { Run, Weight } from "../values/weight.ts";
import { type Places, placesOf } from "./places.ts";
import { distinctDraws, drawsOf } from "./position.ts";
import {
  elementAt,
  isFlat,
  keyOf,
  layoutViews,
  partViews,
  turnedViews,
  type View,
  wholeView,
} from "./view.ts";

export type SketchedView = {
  readonly view: View;
  readonly key: string;
  readonly places: Places;
  /** Runs one after another. */
  readonly values: Float32Array;
  /** How far an honest quantiser may have been, at each value; absent for exact storage. */
  readonly slack: Float32Array | undefined;
};

/** What is told of a weight besides its values. */
export type WeightFacts = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly type: string;
  readonly quantised: boolean;
};

export type Sketch = {
  readonly weights: readonly WeightFacts[];
  /** How many weights of its shape each stands for: 0 if it was not looked at. */
  readonly standsFor: readonly number[];
  readonly views: readonly SketchedView[];
};

/** Values in fewer than this cannot tell anything. */
export const sketchedElementsMin = 8;
/** Runs of one view: fewer when there are many weights, so that the whole stays bounded. */
const runsTotal = 512;
/** Small nets have few weights of few values: they are looked at in more places, for little. */
const smallModelMax = 2 ** 23;
const smallRunsTotal = 4_096;
const runsMin = 4;
const runsMax = 64;
/** Tables (embeddings) get more: when all else is disguised they are what is left. */
const tallRunsFactor = 4;
/** Weights of one shape (experts) that are looked at. */
export const classMax = 512;
/** Weights up to this size are read whole where their values are wanted in another order. */
const heldElementsMax = 2 ** 20;
/** All that is held at once: 32 MB of values. */
const heldTotalMax = 2 ** 23;

/** A view to be looked at, and how often. */
type Look = { readonly view: View; readonly runs: number };

export type SketchOptions = {
  readonly key: Uint8Array;
  /** Enrolment looks at every order of the axes; a look at a file needs only its own. */
  readonly turned: boolean;
  /** Only views whose key is among these. */
  readonly wanted?: ReadonlySet<string>;
  /** `whole` weights first, `parts` only of what they leave open; absent: both. */
  readonly only?: "whole" | "parts";
  /** Weights of one shape that are looked at; absent: {@link classMax}. */
  readonly ofClass?: number;
  /** Weights that need no further look. */
  readonly without?: ReadonlySet<number>;
};

/** Looks through the weights. */
export async function sketch(weights: readonly Weight[], options: SketchOptions): Promise<Sketch> {
  const views: SketchedView[] = [];
  const places = new Map<string, Places>();
  const standsFor = chosenWeights(weights, options.key, options.ofClass ?? classMax);
  const held = new Held(weights);
  for (const { view, runs } of looks(weights, standsFor, options)) {
    const key = keyOf(view.shape);
    const label = `${key}/${runs}`;
    const known = places.get(label) ?? placesOf(options.key, view.shape, runs);
    places.set(label, known);
    const together = isFlat(view) && known.step === 1;
    const weight = together ? weights[view.weight]! : await held.weight(view.weight);
    const seen = await readable(weight, view, known);
    if (seen !== undefined) views.push({ view, key, places: known, ...seen });
  }
  return { weights: weights.map(factsOf), standsFor, views };
}

/** Weights that are read again and again in an order of their own, kept in memory if small. */
class Held {
  readonly #weights: readonly Weight[];
  readonly #kept = new Map<number, Weight>();
  #elements = 0;

  constructor(weights: readonly Weight[]) {
    this.#weights = weights;
  }

  /** The weight: from memory if it is small enough. */
  async weight(index: number): Promise<Weight> {
    const weight = this.#weights[index]!;
    const kept = this.#kept.get(index);
    if (kept !== undefined || weight.elements > heldElementsMax) return kept ?? weight;
    if (this.#elements + weight.elements > heldTotalMax) {
      this.#kept.clear();
      this.#elements = 0;
    }
    try {
      const { values, slack } = await weight.read(0, weight.elements);
      const read = (from: number, count: number): Run => ({
        values: values.subarray(from, from + count),
        ...(slack === undefined ? {} : { slack: slack.subarray(from, from + count) }),
      });
      this.#kept.set(index, { ...weight, read });
      this.#elements += weight.elements;
    } catch (error) {
      if (!(error instanceof BeyondEnd)) throw error;
      this.#kept.set(index, weight);
    }
    return this.#kept.get(index)!;
  }
}

/** A view whose bytes are not there (a hostile shape or stride) is passed over, not the model. */
async function readable(weight: Weight, view: View, places: Places) {
  try {
    const read = readView(weight, view, places);
    return read instanceof Promise ? await read : read;
  } catch (error) {
    if (error instanceof BeyondEnd) return undefined;
    throw error;
  }
}

/** The facts of a weight, without its reader. */
export function factsOf(weight: Weight): WeightFacts {
  const { name, shape, elements, type, quantised } = weight;
  return { name, shape, elements, type, quantised };
}

function looks(
  weights: readonly Weight[],
  standsFor: readonly number[],
  options: SketchOptions,
): readonly Look[] {
  const chosen = [...weights.keys()].filter((index) => standsFor[index]! > 0);
  const tall = tallWeights(weights);
  const matrices = chosen.filter((index) => weights[index]!.shape.length > 1).length;
  const values = weights.reduce((sum, { elements }) => sum + elements, 0);
  const total = values <= smallModelMax ? smallRunsTotal : runsTotal;
  const share = 2 * Math.floor(total / Math.max(1, matrices) / 2);
  const runs = Math.min(runsMax, Math.max(runsMin, share));
  const result: Look[] = [];
  const layouts = options.only === "whole" ? new Map() : shapesBySize(options.wanted ?? new Set());
  for (const index of chosen) {
    if (options.without?.has(index)) continue;
    const whole = wholeView(weights[index]!, index);
    const isSmall = weights[index]!.elements <= heldElementsMax;
    const isTall = tall.has(index);
    const views = [
      ...(options.only === "parts" ? [] : [whole]),
      ...(options.only === "whole" ? [] : partViews(whole, isTall)),
      ...(isSmall ? layoutViews(whole, layouts.get(weights[index]!.elements) ?? []) : []),
      // Small weights are turned when a file is looked at: the register need not hold them so.
      ...(options.turned && !isSmall ? turnedViews(whole) : []),
    ];
    for (const view of views) {
      if (options.wanted !== undefined && !options.wanted.has(keyOf(view.shape))) continue;
      result.push({ view, runs: isTall ? Math.min(runsMax, runs * tallRunsFactor) : runs });
    }
  }
  return result;
}

/** The shapes that some keys name, by the number of their values. */
function shapesBySize(keys: ReadonlySet<string>): ReadonlyMap<number, readonly number[][]> {
  const bySize = new Map<number, number[][]>();
  for (const key of keys) {
    const shape = key.split("x").map(Number);
    const size = shape.reduce((product, length) => product * length, 1);
    const same = bySize.get(size);
    if (same === undefined) bySize.set(size, [shape]);
    else same.push(shape);
  }
  return bySize;
}

/** Choices made before: files of one shape come by the hundred. */
const picksKnown = new WeakMap<Uint8Array, Map<string, readonly number[]>>();
/** Choices that are kept for a key. */
const picksKept = 256;

/** A keyed choice of `most` of so many weights of one shape. */
function picksOf(key: Uint8Array, label: string, members: number, most: number) {
  const kept = picksKnown.get(key) ?? new Map<string, readonly number[]>();
  const choice = `${label} ${members} ${most}`;
  const picks =
    kept.get(choice) ?? distinctDraws(drawsOf(key, `members of ${label}`), members, most);
  if (kept.size < picksKept) picksKnown.set(key, kept.set(choice, picks));
  return picks;
}

/** How many weights of its shape each stands for: one, but of a large class only a keyed choice. */
function chosenWeights(weights: readonly Weight[], key: Uint8Array, most: number): number[] {
  const classes = new Map<string, number[]>();
  for (const [index, weight] of weights.entries()) {
    // Trees are compared exactly: their order is the data's, so ranks say nothing of them.
    if (weight.elements < sketchedElementsMin || weight.type === "TREE") continue;
    const label = keyOf(weight.shape);
    const members = classes.get(label);
    if (members === undefined) classes.set(label, [index]);
    else members.push(index);
  }
  const standsFor = new Array<number>(weights.length).fill(0);
  for (const [label, members] of classes) {
    const picks = members.length <= most ? undefined : picksOf(key, label, members.length, most);
    if (picks === undefined) for (const member of members) standsFor[member] = 1;
    else for (const pick of picks) standsFor[members[pick]!] = members.length / picks.length;
  }
  return standsFor;
}

/** Tables: the matrices with the most rows, when they are few (embedding and output head). */
export function tallWeights(
  weights: readonly { readonly shape: readonly number[] }[],
): Set<number> {
  const rows = (index: number) => weights[index]!.shape[0]!;
  const matrices = [...weights.keys()].filter((index) => weights[index]!.shape.length === 2);
  const most = Math.max(0, ...matrices.map(rows));
  const tall = matrices.filter((index) => rows(index) === most && most >= 64);
  return new Set(tall.length <= 4 ? tall : []);
}

/** The runs of one view. */
export function readView(
  weight: Weight,
  view: View,
  places: Places,
): Promise<{ values: Float32Array; slack: Float32Array | undefined }> | ReturnType<typeof empty> {
  const out = empty(weight, places);
  for (let i = 0; i < places.starts.length; i += 1) {
    const start = places.starts[i]!;
    const size = liesTogether(view, places, start) ? places.length : 1;
    for (let k = 0; k < places.length; k += size) {
      const read = weight.read(elementAt(view, start + k * places.step), size);
      if (read instanceof Promise) return readLater(weight, view, places);
      put(out, read, i * places.length + k);
    }
  }
  return out;
}

/** True if the values of a run are neighbours in the weight. */
function liesTogether(view: View, places: Places, start: number): boolean {
  if (places.step !== 1) return false;
  const last = view.shape[view.shape.length - 1]!;
  const contiguous = view.strides[view.strides.length - 1] === 1;
  return isFlat(view) || (contiguous && (start % last) + places.length <= last);
}

function empty(weight: Weight, places: Places) {
  const count = places.starts.length * places.length;
  const slack = weight.quantised ? new Float32Array(count) : undefined;
  return { values: new Float32Array(count), slack };
}

function put(out: ReturnType<typeof empty>, run: Run, at: number): void {
  for (let i = 0; i < run.values.length; i += 1) {
    const value = run.values[i]!;
    // What is not a number carries no evidence, and would spoil every mean it enters.
    out.values[at + i] = Number.isFinite(value) ? value : 0;
  }
  if (run.slack !== undefined) out.slack?.set(run.slack, at);
  else out.slack?.fill(Number.NaN, at, at + run.values.length);
}

/** The same over a reader that answers later. */
async function readLater(weight: Weight, view: View, places: Places) {
  const out = empty(weight, places);
  for (const [i, start] of places.starts.entries()) {
    const size = liesTogether(view, places, start) ? places.length : 1;
    for (let k = 0; k < places.length; k += size) {
      const at = elementAt(view, start + k * places.step);
      put(out, await weight.read(at, size), i * places.length + k);
    }
  }
  return out;
}
