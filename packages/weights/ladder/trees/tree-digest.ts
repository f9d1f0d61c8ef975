/**
 * What is kept of a tree so that it is known again. Trees are compared exactly, never by sketch:
 * their leaves and branches come in an order that the data dictates, so two ensembles trained apart
 * on alike data rank alike, and a correlation between them proves nothing. Each tree is kept as
 * digests of ever less of it, so that what changed can be told.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { walkNumbers } from "../../formats/trees/tree.ts";
import type { Weight } from "../../values/weight.ts";

/** Of each digest: with 64 bits a chance coincidence in a register of millions is negligible. */
export const digestBytes = 16;

/** What of a tree a digest is over. */
export const facets = [
  /** All of it, in double precision. */
  "exact",
  /** All of it, in single precision: a converter's cast. */
  "single",
  /** The values at its leaves, in single precision. */
  "leaves",
  /** Which feature is held against what, in single precision. */
  "splits",
  /** Which feature is asked about where. */
  "shape",
] as const;
export type Facet = (typeof facets)[number];

export type TreeDigest = {
  readonly [facet in Facet]: string;
} & {
  /** How many splits, distinct thresholds and distinct leaf values it has, up to 255 of each. */
  readonly splitCount: number;
  readonly thresholdCount: number;
  readonly leafCount: number;
  /** Whether all its numbers are single precision as they are. */
  readonly isSingle: boolean;
};

export type EnsembleDigest = {
  readonly trees: readonly TreeDigest[];
  /** Trees in all; more than are kept if there are very many. */
  readonly treeCount: number;
  /** What is added to every answer, summed over trees that ask nothing; by output. */
  readonly constants: readonly number[];
  /** Digest over all other weights of the model (scalers, linear parts); empty if it has none. */
  readonly rest: string;
};

/** Trees that are kept: their digests take 1.4 MB. Ensembles of more are told by these. */
export const keptTreesMax = 16_384;

const countMax = 255;
/** Outputs of an ensemble whose constants are kept. */
export const constantsMax = 4_096;

/** True for a weight that is a tree. */
export function isTree({ type }: { readonly type: string }): boolean {
  return type === "TREE";
}

/** Values beside the trees that are still digested. More, and the model is no ensemble. */
const restMax = 4_000_000;

/**
 * The digests of the trees among some weights; `undefined` if most of the values are not in trees.
 */
export async function digestTrees(weights: readonly Weight[]): Promise<EnsembleDigest | undefined> {
  const others = weights.filter((weight) => !isTree(weight));
  const rest = others.reduce((sum, { elements }) => sum + elements, 0);
  const all = weights.reduce((sum, { elements }) => sum + elements, 0);
  if (rest > Math.min(restMax, all / 2)) return undefined;
  const trees: TreeDigest[] = [];
  const constants: number[] = [];
  let treeCount = 0;
  for (const weight of weights.filter(isTree)) {
    const { values } = await weight.read(0, weight.elements);
    const numbers = values instanceof Float64Array ? values : Float64Array.from(values);
    const constant = constantOf(numbers);
    if (constant !== undefined) {
      const from = Math.max(0, numbers[0]!);
      for (const [at, value] of constant.entries()) {
        if (from + at < constantsMax) constants[from + at] = (constants[from + at] ?? 0) + value;
      }
      continue;
    }
    treeCount += 1;
    if (trees.length < keptTreesMax) trees.push(digestOfTree(numbers));
  }
  if (treeCount === 0) return undefined;
  const digests: string[] = [];
  for (const weight of others) {
    const { values } = await weight.read(0, weight.elements);
    digests.push(digestOf(Float32Array.from(values)));
  }
  return {
    ...{ trees, treeCount, constants: Array.from(constants, (value) => value ?? 0) },
    rest: digests.length === 0 ? "" : textDigest(digests.sort().join("")),
  };
}

/** The values of a tree that is one leaf. */
function constantOf(numbers: Float64Array): Float64Array | undefined {
  const [first] = walkNumbers(numbers);
  return first !== undefined && "values" in first ? first.values : undefined;
}

/** The digests of one tree from its canonical numbers. */
export function digestOfTree(numbers: Float64Array): TreeDigest {
  const leaves: number[] = [];
  const splits: number[] = [];
  const shape: number[] = [];
  const thresholds = new Set<number>();
  const values = new Set<number>();
  let splitCount = 0;
  for (const node of walkNumbers(numbers)) {
    shape.push(node.rule);
    splits.push(node.rule);
    if ("values" in node) {
      for (const value of node.values) {
        leaves.push(value);
        if (value !== 0) values.add(value);
      }
      continue;
    }
    splitCount += 1;
    shape.push(node.feature);
    splits.push(node.feature, node.missing);
    for (const operand of node.operands) {
      splits.push(operand);
      thresholds.add(operand);
    }
  }
  return {
    exact: digestOf(numbers),
    single: digestOf(Float32Array.from(numbers)),
    leaves: digestOf(Float32Array.from(leaves)),
    splits: digestOf(Float32Array.from(splits)),
    shape: digestOf(Float32Array.from(shape)),
    splitCount: Math.min(countMax, splitCount),
    thresholdCount: Math.min(countMax, thresholds.size),
    leafCount: Math.min(countMax, values.size),
    isSingle: numbers.every((number) => Object.is(Math.fround(number), number)),
  };
}

/** Of numbers whose zeros and numbers that are none come in one form each. */
function digestOf(numbers: Float64Array | Float32Array): string {
  const plain = numbers.map((number) => (number === 0 ? 0 : number));
  return blake3Text(new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength));
}

function textDigest(text: string): string {
  return blake3Text(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
}

/** One character a byte: a key for maps. */
function blake3Text(bytes: Uint8Array): string {
  return String.fromCharCode(...blake3(bytes, { dkLen: digestBytes }));
}
