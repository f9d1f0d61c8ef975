/** What proofs of inclusion and of consistency have in common: limits, positions, equality. */
import { equalBytes } from "../encoding/bytes.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import { hashBytes } from "./merkle.ts";

/** A tree of 2^64 leaves has 64 levels; a proof holds one hash a level, and one more to start. */
export const proofHashesMax = 65;

/** A place or a size in a tree. Up to 2^64 - 1 as bigint; our own logs stay within 53 bits. */
export type TreeInteger = number | bigint;

const treeIntegerMax = 2n ** 64n - 1n;

/** As bigint; `undefined` for what is no integer of 64 bits. */
export function treeInteger(value: TreeInteger): bigint | undefined {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return undefined;
  const integer = BigInt(value);
  return integer >= 0n && integer <= treeIntegerMax ? integer : undefined;
}

/** Refuses a proof that cannot be one: too long, or with something in it that is no hash. */
export function checkProofHashes(proof: readonly Uint8Array[]): undefined | Refused {
  if (proof.length > proofHashesMax) return refused("bad-proof", "the proof has too many hashes");
  const odd = proof.findIndex((hash) => hash.length !== hashBytes);
  if (odd < 0) return undefined;
  return refused("bad-proof", `proof[${odd}] has ${proof[odd]!.length} bytes instead of 32`);
}

/** Refuses a computed root other than the one that was to be proven. */
export function checkRoot(
  computed: Uint8Array,
  expected: Uint8Array,
  name: string,
): undefined | Refused {
  if (equalBytes(computed, expected)) return undefined;
  return refused("bad-proof", `the proof leads to another ${name}`);
}
