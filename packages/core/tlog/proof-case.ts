/**
 * Judges one proof case: a JSON document with the members that the vectors of
 * transparency-dev/merkle have, so that anyone's vectors can be put to this verifier. The members
 * tell which of four claims it makes. `wantErr` and `desc` are for people, and are not looked at.
 */
import { fromBase64, fromUtf8 } from "../encoding/bytes.ts";
import { isRefused, type Refused, refused } from "../encoding/refusal.ts";
import { verifyConsistency, verifySubtreeConsistency } from "./consistency.ts";
import { verifyInclusion, verifySubtreeInclusion } from "./inclusion.ts";

/** A proof of 65 hashes takes 3 KB as JSON; descriptions are short. */
export const proofCaseBytesMax = 1 << 20;

type Member = bigint | Uint8Array | readonly Uint8Array[];
type Claims = {
  readonly integers: readonly string[];
  readonly hashes: readonly string[];
  readonly verify: (read: Reader) => undefined | Refused;
};
type Reader = {
  readonly integer: (name: string) => bigint;
  readonly hash: (name: string) => Uint8Array;
  readonly proof: readonly Uint8Array[];
};

const kinds: readonly Claims[] = [
  {
    integers: ["leafIdx", "treeSize"],
    hashes: ["leafHash", "root"],
    verify: ({ integer, hash, proof }) =>
      verifyInclusion({
        index: integer("leafIdx"),
        size: integer("treeSize"),
        leafHash: hash("leafHash"),
        proof,
        root: hash("root"),
      }),
  },
  {
    integers: ["leafIdx", "start", "end"],
    hashes: ["leafHash", "root"],
    verify: ({ integer, hash, proof }) =>
      verifySubtreeInclusion({
        index: integer("leafIdx"),
        start: integer("start"),
        end: integer("end"),
        leafHash: hash("leafHash"),
        proof,
        root: hash("root"),
      }),
  },
  {
    integers: ["size1", "size2"],
    hashes: ["root1", "root2"],
    verify: ({ integer, hash, proof }) =>
      verifyConsistency({
        size1: integer("size1"),
        size2: integer("size2"),
        root1: hash("root1"),
        root2: hash("root2"),
        proof,
      }),
  },
  {
    integers: ["start", "end", "size"],
    hashes: ["root1", "root2"],
    verify: ({ integer, hash, proof }) =>
      verifySubtreeConsistency({
        start: integer("start"),
        end: integer("end"),
        size: integer("size"),
        subtreeRoot: hash("root1"),
        root: hash("root2"),
        proof,
      }),
  },
];

const integerNames = new Set(kinds.flatMap((kind) => kind.integers));
const hashNames = new Set(kinds.flatMap((kind) => kind.hashes));

/**
 * A refusal if the claim is false, or if the document makes none: what it is not sure of is false.
 */
export function judgeProofCase(document: Uint8Array): { readonly accepted: boolean } & {
  readonly refusal?: Refused;
} {
  const refusal = refusalOf(document);
  return refusal === undefined ? { accepted: true } : { accepted: false, refusal };
}

function refusalOf(document: Uint8Array): undefined | Refused {
  if (document.length > proofCaseBytesMax) return refused("oversized", "over a megabyte");
  const value = parseWithIntegers(document);
  if (isRefused(value)) return value;
  const claimed = Object.keys(value).filter(
    (name) => integerNames.has(name) || hashNames.has(name),
  );
  const kind = kinds.find(({ integers, hashes }) => {
    const names = [...integers, ...hashes];
    return names.length === claimed.length && names.every((name) => claimed.includes(name));
  });
  if (kind === undefined) return refused("malformed", "its members make none of the four claims");
  const members = new Map<string, Member>();
  for (const name of kind.integers) {
    const member = value[name];
    if (typeof member !== "bigint") return refused("malformed", `${name} is not an integer`);
    members.set(name, member);
  }
  for (const name of kind.hashes) {
    const member = bytesOf(value[name]);
    if (member === undefined) return refused("malformed", `${name} is not base64`);
    members.set(name, member);
  }
  const proof = proofOf(value.proof);
  if (proof === undefined) return refused("malformed", "proof is not a list of base64 texts");
  return kind.verify({
    integer: (name) => members.get(name) as bigint,
    hash: (name) => members.get(name) as Uint8Array,
    proof,
  });
}

/** Parses JSON with each integer as a bigint: sizes go up to 2^64, where a double has gaps. */
function parseWithIntegers(document: Uint8Array): { [name: string]: unknown } | Refused {
  const text = fromUtf8(document);
  if (text === undefined) return refused("malformed", "not UTF-8");
  const integers = (_name: string, value: unknown, context?: { readonly source?: string }) => {
    if (typeof value !== "number") return value;
    // Only the text of the number tells 2^64 - 1 from 2^64, and 1 from 1.0 or 1e0.
    return /^(0|[1-9][0-9]{0,19})$/.test(context?.source ?? "") ? BigInt(context!.source!) : value;
  };
  try {
    const value: unknown = JSON.parse(text, integers);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as { [name: string]: unknown };
    }
    return refused("malformed", "not a JSON object");
  } catch {
    return refused("malformed", "not JSON");
  }
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return typeof value === "string" ? fromBase64(value) : undefined;
}

/** An empty proof is written `null` by some; an absent one is no proof at all. */
function proofOf(value: unknown): Uint8Array[] | undefined {
  if (value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const hashes = value.map(bytesOf);
  return hashes.every((hash) => hash !== undefined) ? hashes : undefined;
}
