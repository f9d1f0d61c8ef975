/** The trees of an ensemble as the tensors of a model. */
import { joinReaders, memoryReader } from "../../reader.ts";
import { addPart, addTensor, type Draft } from "../draft.ts";
import { stop } from "../stop.ts";
import { constantTree, numbersMax } from "./tree.ts";

/** Boosters have some thousands of trees; more than this were made to be many. */
const treesMax = 200_000;

export type Ensemble = {
  /** Each as its canonical numbers, in the order of the file. */
  readonly trees: Float64Array[];
  /** What is added to the sum of the trees, for each output. */
  base: readonly number[];
  /** Where it is one of several in a file. */
  readonly name: string;
  numbers: number;
};

export function newEnsemble(name: string): Ensemble {
  return { trees: [], base: [], name, numbers: 0 };
}

/** Adds a tree, within the limits. */
export function addTree(ensemble: Ensemble, numbers: Float64Array): void {
  ensemble.numbers += numbers.length;
  if (ensemble.numbers > numbersMax) stop("oversized", `trees of more than ${numbersMax} numbers`);
  if (ensemble.trees.length >= treesMax) stop("oversized", `more than ${treesMax} trees`);
  ensemble.trees.push(numbers);
}

/** Adds the trees, and the constant if there is one, as tensors in a decoded part of their own. */
export function addEnsemble(draft: Draft, ensemble: Ensemble): void {
  const named = ensemble.trees.map((numbers, index) => ({ name: `tree ${index}`, numbers }));
  const { base } = ensemble;
  if (base.some((value) => value !== 0)) named.push({ name: "base", numbers: constantTree(base) });
  if (named.length === 0) return;
  const readers = named.map(({ numbers }) => memoryReader(new Uint8Array(numbers.buffer)));
  const prefix = ensemble.name === "" ? "" : `${ensemble.name} `;
  const part = addPart(draft, `${prefix}trees`, joinReaders(readers), true);
  let offset = 0;
  for (const { name, numbers } of named) {
    addTensor(draft, {
      name: `${prefix}${name}`,
      shape: [numbers.length],
      type: "TREE",
      part,
      offset,
    });
    offset += numbers.byteLength;
  }
}
