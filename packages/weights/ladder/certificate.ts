/**
 * The certificate of a quantised copy: block by block, is every value within what its type's honest
 * quantiser leaves of the registered original? One altered block is named. Reads both models whole.
 */
import { blockSizes, isBlockType, type TensorType } from "../tensor.ts";
import type { Weight } from "../values/weight.ts";
import { compareSketches } from "./compare.ts";
import { rotaryPairs, rotaryRow } from "./disguise.ts";
import { castLeast, castPart } from "./relation.ts";
import { sketch } from "./sketch.ts";

/** A block that no honest quantiser of its type would have made from the original. */
export type OutsideBlock = {
  readonly tensor: string;
  /** Index of the block in the tensor. */
  readonly block: number;
  /** Largest |w − ŵ| over its bound in the block. */
  readonly excess: number;
};

export type Certificate = {
  /** True if every block of every tensor is inside, and every tensor was paired. */
  readonly honest: boolean;
  readonly blocks: number;
  readonly outside: number;
  /** At most {@link namedMax} of them, worst first. */
  readonly named: readonly OutsideBlock[];
  /** Tensors of the candidate that no registered tensor corresponds to. */
  readonly unpaired: readonly string[];
};

/** Which registered weight a candidate weight is a copy of, and where its rows went. */
export type Correspondence = {
  readonly candidate: Weight;
  readonly registered: Weight;
  /** Candidate row that holds a registered row; absent if rows are in order. */
  readonly rowOf?: (row: number) => number;
};

const namedMax = 64;
/** Values compared at once: whole blocks of every type, 2 MB of memory. */
const batchValues = 1 << 16;

/** Pairs the weights of a copy with those of the original by their values, at keyed places. */
export async function correspondences(
  candidate: readonly Weight[],
  registered: readonly Weight[],
  key: Uint8Array,
): Promise<{ readonly pairs: readonly Correspondence[]; readonly unpaired: readonly string[] }> {
  const ours = await sketch(candidate, { key, turned: false });
  const theirs = await sketch(registered, { key, turned: false });
  const comparison = compareSketches(ours, theirs);
  const pairs: Correspondence[] = [];
  const used = new Set<number>();
  for (const { pair } of comparison.matches) {
    if (pair.candidate.view.how !== "" || pair.registered.view.how !== "") continue;
    const index = pair.candidate.view.weight;
    used.add(index);
    pairs.push({
      candidate: candidate[index]!,
      registered: registered[pair.registered.view.weight]!,
    });
  }
  for (const pair of await rotaryPairs(candidate, { ...comparison, looked: ours }, theirs, key)) {
    const index = pair.candidate.view.weight;
    const layout = pair.candidate.view.rotary;
    if (layout === undefined) continue;
    used.add(index);
    pairs.push({
      candidate: candidate[index]!,
      registered: registered[pair.registered.view.weight]!,
      rowOf: (row) => rotaryRow(row, layout.head, layout.toInterleaved),
    });
  }
  const unpaired = candidate.filter((_, index) => !used.has(index)).map(({ name }) => name);
  return { pairs, unpaired };
}

/** Certifies a copy against its original, given which weight is which. */
export async function certify(
  pairs: readonly Correspondence[],
  unpaired: readonly string[] = [],
): Promise<Certificate> {
  const outside: OutsideBlock[] = [];
  let blocks = 0;
  let total = 0;
  for (const pair of pairs) {
    const seen = await certifyWeight(pair);
    blocks += seen.blocks;
    total += seen.outside.length;
    outside.push(...seen.outside);
    outside.sort((a, b) => b.excess - a.excess);
    outside.length = Math.min(outside.length, namedMax);
  }
  const honest = total === 0 && unpaired.length === 0;
  return { honest, blocks, outside: total, named: outside, unpaired };
}

/** Values that share a block; a row's worth of 32 for types without blocks. */
function blockValues(type: string): number {
  return isBlockType(type as TensorType) ? blockSizes[type as keyof typeof blockSizes].values : 32;
}

/** Types whose levels leave no place near zero, or only two of them. */
const coarse = /^(Q1_0|IQ1_|IQ2_)/;

/**
 * The most that an honest quantiser leaves of a block, as a part of the block's largest value. A
 * bound alone is taken from the copy's own scale: who writes a huge one could hide anything in it.
 */
function slackPart(type: string): number {
  if (!isBlockType(type as TensorType)) return Number.POSITIVE_INFINITY;
  return coarse.test(type) ? 1 : 0.51;
}

/** Largest size of a value in each block of so many values. */
function largestOf(original: ArrayLike<number>, values: number): Float32Array {
  const largest = new Float32Array(Math.ceil(original.length / values));
  for (let i = 0; i < original.length; i += 1) {
    const block = Math.floor(i / values);
    largest[block] = Math.max(largest[block]!, Math.abs(original[i]!));
  }
  return largest;
}

async function certifyWeight(pair: Correspondence) {
  const { candidate, registered, rowOf } = pair;
  const values = blockValues(candidate.type);
  const part = slackPart(candidate.type);
  const worst = new Map<number, number>();
  const columns = candidate.shape[candidate.shape.length - 1]!;
  const step = rowOf === undefined ? batchValues : columns;
  for (let from = 0; from < candidate.elements; from += step) {
    const count = Math.min(step, candidate.elements - from);
    const at = rowOf === undefined ? from : rowOf(from / columns) * columns;
    const run = await candidate.read(at, count);
    const original = (await registered.read(from, count)).values;
    const most = largestOf(original, values);
    for (let i = 0; i < count; i += 1) {
      const w = original[i]!;
      const slack = Math.min(run.slack?.[i] ?? 0, part * most[Math.floor(i / values)]!);
      const bound = slack + Math.abs(w) * castPart + castLeast;
      const error = Math.abs(w - run.values[i]!);
      // Written so that a value that is not a number counts as outside.
      if (error <= bound) continue;
      const block = Math.floor((at + i) / values);
      const excess = Number.isFinite(error) ? error / bound : Number.POSITIVE_INFINITY;
      if (!(worst.get(block)! >= excess)) worst.set(block, excess);
    }
  }
  const outside = [...worst].map(([block, excess]) => ({ tensor: candidate.name, block, excess }));
  return { blocks: Math.ceil(candidate.elements / values), outside };
}
