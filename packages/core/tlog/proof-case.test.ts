import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toBase64, toUtf8 } from "../encoding/bytes.ts";
import { hashLeaf } from "./merkle.ts";
import { judgeProofCase } from "./proof-case.ts";
import {
  consistencyPath,
  inclusionPath,
  subtreeConsistencyPath,
  testEntries,
  treeHash,
} from "./testing/reference-tree.ts";

const folder = join(import.meta.dirname, "../../../vectors/merkle");
const entries = testEntries(13);
const text = (bytes: Uint8Array) => toBase64(bytes);
const root = (size: number) => text(treeHash(entries.slice(0, size)));

/** A good case of each kind, from the slow tree. */
const inclusion = {
  leafIdx: 5,
  treeSize: 13,
  root: root(13),
  leafHash: text(hashLeaf(entries[5]!)),
  proof: inclusionPath(5, entries).map(text),
};
const consistency = {
  size1: 6,
  size2: 13,
  root1: root(6),
  root2: root(13),
  proof: consistencyPath(6, entries).map(text),
};
const subtreeInclusion = {
  leafIdx: 9,
  start: 8,
  end: 11,
  root: text(treeHash(entries.slice(8, 11))),
  leafHash: text(hashLeaf(entries[9]!)),
  proof: inclusionPath(1, entries.slice(8, 11)).map(text),
};
const subtreeConsistency = {
  start: 8,
  end: 11,
  size: 13,
  root1: text(treeHash(entries.slice(8, 11))),
  root2: root(13),
  proof: subtreeConsistencyPath(8, 11, entries).map(text),
};
const rest = consistency.proof.slice(1);

type Case = { readonly accepted: boolean; readonly comment: string } & { [name: string]: unknown };
const good = (comment: string, body: object): Case => ({ ...body, accepted: true, comment });
const bad = (comment: string, body: object): Case => ({ ...body, accepted: false, comment });

/** One failure each. The file name is the name of the case. */
const cases: { readonly [name: string]: Case } = {
  "inclusion-good": good("leaf 5 of 13", inclusion),
  "inclusion-only-leaf": good("the root of a tree of one leaf is the leaf's hash; no proof", {
    ...inclusion,
    leafIdx: 0,
    treeSize: 1,
    root: root(1),
    leafHash: root(1),
    proof: null,
  }),
  "inclusion-last-leaf": good("the last leaf has no right sibling for two levels", {
    ...inclusion,
    leafIdx: 12,
    leafHash: text(hashLeaf(entries[12]!)),
    proof: inclusionPath(12, entries).map(text),
  }),
  "inclusion-other-index": bad("the proof is of leaf 5, not 4", { ...inclusion, leafIdx: 4 }),
  "inclusion-index-is-size": bad("indexes start at 0", { ...inclusion, leafIdx: 13 }),
  "inclusion-second-of-one": bad("a tree of one leaf has no second, though no proof is needed", {
    ...inclusion,
    leafIdx: 1,
    treeSize: 1,
    root: root(1),
    leafHash: root(1),
    proof: [],
  }),
  "inclusion-tree-twice-as-large": bad("the proof ends below that tree's root", {
    ...inclusion,
    treeSize: 26,
  }),
  "inclusion-index-2-64-less-1": bad("does not wrap round to -1", {
    ...inclusion,
    leafIdx: 18446744073709551615n,
  }),
  "inclusion-index-2-64": bad("no integer of 64 bits", {
    ...inclusion,
    leafIdx: 18446744073709551616n,
  }),
  "inclusion-index-fraction": bad("an index is an integer", { ...inclusion, leafIdx: 5.5 }),
  "inclusion-index-text": bad("an index is a number, not text", { ...inclusion, leafIdx: "5" }),
  "inclusion-empty-tree": bad("nothing is in an empty tree", {
    ...inclusion,
    leafIdx: 0,
    treeSize: 0,
    root: root(0),
    proof: [],
  }),
  "inclusion-hash-missing": bad("the topmost hash is cut off", {
    ...inclusion,
    proof: inclusion.proof.slice(0, -1),
  }),
  "inclusion-hash-added": bad("the root stands behind the proof", {
    ...inclusion,
    proof: [...inclusion.proof, root(13)],
  }),
  "inclusion-hash-short": bad("a hash of 31 bytes", {
    ...inclusion,
    proof: inclusion.proof.with(0, text(new Uint8Array(31))),
  }),
  "inclusion-hashes-swapped": bad("the order tells the level", {
    ...inclusion,
    proof: inclusion.proof.toReversed(),
  }),
  "inclusion-node-as-leaf": bad("an inner node shown as a leaf of a smaller tree", {
    ...inclusion,
    leafIdx: 0,
    treeSize: 2,
    root: root(4),
    leafHash: text(treeHash(entries.slice(0, 2))),
    proof: [text(hashLeaf(entries[2]!))],
  }),
  "inclusion-proof-absent": bad("a proof may be empty or null, never absent", {
    ...inclusion,
    proof: undefined,
  }),
  "inclusion-root-absent": bad("no root, no claim", { ...inclusion, root: undefined }),
  "inclusion-base64-loose": bad("bits that padding leaves over are not zero", {
    ...inclusion,
    root: `${inclusion.root.slice(0, -2)}${inclusion.root.at(-2) === "9" ? "8" : "9"}=`,
  }),
  "consistency-good": good("13 extends 6", consistency),
  "consistency-equal": good("a tree is consistent with itself", {
    ...consistency,
    size1: 13,
    root1: root(13),
    proof: [],
  }),
  "consistency-of-power-of-two": good("the first root is left out of the proof", {
    ...consistency,
    size1: 8,
    root1: root(8),
    proof: consistencyPath(8, entries).map(text),
  }),
  "consistency-from-empty": bad("nothing can be proven from an empty tree", {
    ...consistency,
    size1: 0,
    root1: root(0),
    proof: [],
  }),
  "consistency-backwards": bad("a log does not shrink", {
    ...consistency,
    size1: 13,
    size2: 6,
    root1: root(13),
    root2: root(6),
  }),
  "consistency-equal-sizes-other-roots": bad("a fork", {
    ...consistency,
    size1: 13,
    root1: root(12),
    proof: [],
  }),
  "consistency-equal-sizes-with-proof": bad("equal sizes need no proof", {
    ...consistency,
    size1: 13,
    root1: root(13),
  }),
  "consistency-proof-empty": bad("sizes differ and there is no proof", {
    ...consistency,
    proof: null,
  }),
  "consistency-first-hash-missing": bad("the seed is cut off", { ...consistency, proof: rest }),
  "consistency-other-first-root": bad("the earlier root is another tree's", {
    ...consistency,
    root1: root(5),
  }),
  "consistency-other-second-root": bad("the later root is another tree's", {
    ...consistency,
    root2: root(12),
  }),
  "consistency-roots-swapped": bad("the roots stand the wrong way round", {
    ...consistency,
    root1: root(13),
    root2: root(6),
  }),
  "subtree-inclusion-good": good("leaf 9 in [8, 11)", subtreeInclusion),
  "subtree-inclusion-left-of-it": bad("leaf 7 is not in [8, 11)", {
    ...subtreeInclusion,
    leafIdx: 7,
  }),
  "subtree-inclusion-no-subtree": bad("[9, 12) starts at no multiple of 4", {
    ...subtreeInclusion,
    start: 9,
    end: 12,
  }),
  "subtree-inclusion-huge": bad("[1, 2^63 + 2) starts at no multiple of 2^64", {
    ...subtreeInclusion,
    start: 1,
    end: 9223372036854775810n,
  }),
  "subtree-consistency-good": good("[8, 11) is part of 13", subtreeConsistency),
  "subtree-consistency-empty": good("an empty subtree is part of any tree", {
    ...subtreeConsistency,
    start: 8,
    end: 8,
    root1: root(0),
    proof: [],
  }),
  "subtree-consistency-beyond": bad("the subtree ends past the tree", {
    ...subtreeConsistency,
    size: 10,
  }),
  "subtree-consistency-moved": bad("the hash is that of [8, 11), not of [0, 3)", {
    ...subtreeConsistency,
    start: 0,
    end: 3,
  }),
  "two-claims-at-once": bad("members of two kinds of claim make neither", {
    ...inclusion,
    ...consistency,
  }),
  "no-claim": bad("no members at all", {}),
};

/** JSON with bigints as plain numbers. */
function document(value: Case): string {
  const named = JSON.stringify(
    value,
    (_, member) => (typeof member === "bigint" ? `bigint:${member}` : member),
    2,
  );
  return `${named.replaceAll(/"bigint:(\d+)"/g, "$1")}\n`;
}

if (process.env.UPDATE !== undefined) {
  mkdirSync(folder, { recursive: true });
  for (const [name, value] of Object.entries(cases)) {
    writeFileSync(join(folder, `${name}.json`), document(value));
  }
}

const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("the vectors on disk are the cases here", () => {
  assert.deepEqual(
    names.toSorted(),
    Object.keys(cases)
      .map((name) => `${name}.json`)
      .toSorted(),
  );
  for (const [name, value] of Object.entries(cases)) {
    assert.equal(readFileSync(join(folder, `${name}.json`), "utf8"), document(value), name);
  }
});

for (const name of names) {
  test(`vectors/merkle/${name}`, () => {
    const bytes = readFileSync(join(folder, name));
    const { accepted, comment } = JSON.parse(bytes.toString()) as Case;
    assert.equal(judgeProofCase(bytes).accepted, accepted, comment);
  });
}

test("what is no JSON object is no claim", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  for (const body of ["", "null", "[]", "7", "{", '{"leafIdx":', deep, `{"proof":${deep}}`]) {
    assert.equal(judgeProofCase(toUtf8(body)).accepted, false);
  }
  assert.equal(judgeProofCase(new Uint8Array([0xff])).accepted, false);
  assert.equal(judgeProofCase(toUtf8(" ".repeat(1 << 21))).accepted, false);
});
