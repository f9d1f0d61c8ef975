/** The digests of an ensemble in the text of a fingerprint. */
import { fromBase64, integer, type Json, object, type Shaped, text, toBase64 } from "../../core.ts";
import {
  constantsMax,
  digestBytes,
  type EnsembleDigest,
  facets,
  keptTreesMax,
  type TreeDigest,
} from "./tree-digest.ts";

/** Five digests, three counts, a flag. */
const recordBytes = facets.length * digestBytes + 4;

export const treesShape = object({
  count: integer(1, Number.MAX_SAFE_INTEGER),
  digests: text(Math.ceil((keptTreesMax * recordBytes) / 3) * 4, 0),
  constants: text(Math.ceil((constantsMax * 8) / 3) * 4, 0),
  rest: text(24, 0),
});

/** As JSON. */
export function treesText({ trees, treeCount, constants, rest }: EnsembleDigest): Json {
  const bytes = new Uint8Array(trees.length * recordBytes);
  for (const [index, tree] of trees.entries()) {
    let at = index * recordBytes;
    for (const facet of facets) {
      for (let i = 0; i < digestBytes; i += 1) bytes[at + i] = tree[facet].charCodeAt(i);
      at += digestBytes;
    }
    const { splitCount, thresholdCount, leafCount, isSingle } = tree;
    bytes.set([splitCount, thresholdCount, leafCount, Number(isSingle)], at);
  }
  return {
    count: treeCount,
    digests: toBase64(bytes),
    constants: toBase64(new Uint8Array(Float64Array.from(constants).buffer)),
    rest: toBase64(Uint8Array.from(rest, (letter) => letter.charCodeAt(0))),
  };
}

/** Back from JSON; `undefined` if it is none of ours. */
export function parseTrees(read: Shaped<typeof treesShape>): EnsembleDigest | undefined {
  const bytes = fromBase64(read.digests);
  const constants = fromBase64(read.constants);
  const rest = fromBase64(read.rest);
  if (rest === undefined || (rest.length !== 0 && rest.length !== digestBytes)) return undefined;
  if (bytes === undefined || bytes.length === 0 || bytes.length % recordBytes !== 0)
    return undefined;
  if (constants === undefined || constants.length % 8 !== 0) return undefined;
  const count = bytes.length / recordBytes;
  if (count > read.count) return undefined;
  const trees = Array.from({ length: count }, (_, index) => recordAt(bytes, index * recordBytes));
  const numbers = new Float64Array(constants.slice().buffer);
  return {
    ...{ trees, treeCount: read.count, constants: [...numbers] },
    rest: String.fromCharCode(...rest),
  };
}

function recordAt(bytes: Uint8Array, start: number): TreeDigest {
  const digest = (index: number) => {
    const at = start + index * digestBytes;
    return String.fromCharCode(...bytes.subarray(at, at + digestBytes));
  };
  const counts = start + facets.length * digestBytes;
  return {
    ...{ exact: digest(0), single: digest(1), leaves: digest(2), splits: digest(3) },
    shape: digest(4),
    splitCount: bytes[counts]!,
    thresholdCount: bytes[counts + 1]!,
    leafCount: bytes[counts + 2]!,
    isSingle: bytes[counts + 3] === 1,
  };
}
