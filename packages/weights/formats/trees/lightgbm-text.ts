/** LightGBM's text model, line by line: a header, a block for each tree, then parameters. */
import { lenientText } from "../../inert.ts";
import type { Reader } from "../../reader.ts";
import type { Model } from "../../tensor.ts";
import {
  addPart,
  blobBytesMin,
  explainAround,
  finish,
  newDraft,
  note,
  type Run,
  warn,
} from "../draft.ts";
import { must, stop } from "../stop.ts";
import { addEnsemble, addTree, newEnsemble } from "./ensemble.ts";
import { groupOf, treeOfText } from "./lightgbm.ts";

/** A line holds a number of each leaf: some million leaves of 25 characters. */
const lineBytesMax = 67_108_864;
const windowBytes = 1_048_576;

/** True for the first two lines of a model. */
export function looksLikeLightgbmText(head: Uint8Array): boolean {
  return /^tree\r?\nversion=v\d/.test(lenientText(head.subarray(0, 64)));
}

/** Lines of a tree that decide its answers. The others are counts and gains. */
const kept = new Set([
  ...["split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value"],
  ...["cat_boundaries", "cat_threshold", "is_linear", "leaf_const", "num_features"],
  ...["leaf_features", "leaf_coeff"],
]);

/** Long lines that belong to the format: all others of that length may hide something. */
const long = new Set([
  ...[...kept, "split_gain", "leaf_weight", "leaf_count", "internal_value", "internal_weight"],
  ...["internal_count", "feature_names", "feature_infos", "tree_sizes", "monotone_constraints"],
  ...["num_leaves", "num_cat", "shrinkage", "objective", "label_index"],
]);

/** Reads the model. */
export async function readLightgbmText(reader: Reader): Promise<Model> {
  const draft = newDraft("lightgbm", "told");
  const part = addPart(draft, "", reader);
  const ensemble = newEnsemble("");
  const blobs: Run[] = [];
  let treesPerRound = 1;
  let tree: Map<string, string> | undefined;
  let ended = false;
  const finishTree = () => {
    if (tree === undefined) return;
    addTree(ensemble, treeOfText(tree, groupOf(ensemble.trees.length, treesPerRound)));
    tree = undefined;
  };
  for await (const { text, offset } of linesOf(reader)) {
    const cut = text.indexOf("=");
    const key = cut < 0 ? text : text.slice(0, cut);
    if (text.length >= blobBytesMin && (ended || !long.has(key))) {
      blobs.push({ offset, length: text.length });
    }
    if (ended) continue;
    if (text === "end of trees") ended = true;
    if (key === "Tree" || ended) {
      finishTree();
      if (!ended) tree = new Map();
    } else if (tree !== undefined && cut >= 0) {
      if (!kept.has(key)) continue;
      if (tree.has(key)) warn(draft, "duplicate-name", `${key} of tree ${ensemble.trees.length}`);
      else tree.set(key, text.slice(cut + 1));
    } else if (cut >= 0) {
      if (key === "num_tree_per_iteration") treesPerRound = sizeOf(text.slice(cut + 1));
      note(draft, key, text.slice(cut + 1));
    }
  }
  finishTree();
  must(ensemble.trees.length > 0, "a LightGBM model without trees");
  if (!ended) warn(draft, "wrong-length", "the model ends before its end of trees");
  explainAround(draft, { part, offset: 0, length: reader.size }, blobs);
  addEnsemble(draft, ensemble);
  return finish(draft);
}

function sizeOf(text: string): number {
  const size = Number(text);
  must(Number.isSafeInteger(size) && size >= 1, "a number of classes that is none");
  return size;
}

type Line = { readonly text: string; readonly offset: number };

/** The lines of a text, without their ends, one window of it in memory at a time. */
async function* linesOf(reader: Reader): AsyncGenerator<Line> {
  for (let at = 0, wanted = windowBytes; at < reader.size; ) {
    const window = await reader.read(at, Math.min(wanted, reader.size - at));
    const last = at + window.length === reader.size;
    let from = 0;
    for (;;) {
      const end = window.indexOf(0x0a, from);
      if (end < 0) break;
      yield { text: lineText(window.subarray(from, end)), offset: at + from };
      from = end + 1;
    }
    if (last) {
      if (from < window.length) {
        yield { text: lineText(window.subarray(from)), offset: at + from };
      }
      return;
    }
    wanted = from === 0 ? wanted * 2 : windowBytes;
    if (wanted > lineBytesMax) stop("oversized", "a line too long");
    at += from;
  }
}

function lineText(bytes: Uint8Array): string {
  return lenientText(bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes);
}
