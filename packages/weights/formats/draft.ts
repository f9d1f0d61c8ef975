/** A model being put together by a format reader, with the checks that all formats share. */
import { inert, metadataCharactersMax, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";
import {
  type Affine,
  bytesOf,
  type Format,
  type Model,
  type PackedWeight,
  type Part,
  type Placement,
  type Tensor,
  type TensorType,
  type Warning,
  type WarningCode,
} from "../tensor.ts";
import { coverageOf, type Overlaps } from "./coverage.ts";
import { stop } from "./stop.ts";

/** The largest unfused mixtures of experts have about 150,000 tensors with their scales. */
export const tensorsMax = 262_144;

/** NumPy 2 allows 64 dimensions, everybody else fewer. */
export const dimensionsMax = 64;

/** Warnings past this are counted, not kept: a hostile file may have one for each tensor. */
export const warningsMax = 256;

/** GGUF files have about 60 keys, ONNX up to some hundreds. */
export const metadataEntriesMax = 1_024;

/** A sharded model has at most some hundreds of files. */
export const partsMax = 4_096;

export type Draft = {
  readonly format: Format;
  readonly overlaps: Overlaps;
  readonly parts: Part[];
  readonly tensors: Tensor[];
  readonly packed: PackedWeight[];
  readonly names: Map<string, number>;
  readonly metadata: Map<string, string>;
  readonly warnings: Warning[];
  warningsLeftOut: number;
  /** Headers and directories: runs that are explained without being tensors. */
  readonly structure: Placement[];
};

/** An empty draft. `overlaps`: whether two tensors may share some of their bytes in this format. */
export function newDraft(format: Format, overlaps: Overlaps): Draft {
  return {
    format,
    overlaps,
    parts: [],
    tensors: [],
    packed: [],
    names: new Map(),
    metadata: new Map(),
    warnings: [],
    warningsLeftOut: 0,
    structure: [],
  };
}

/** Adds a part and tells its index. */
export function addPart(draft: Draft, name: string, reader: Reader, derived = false): number {
  if (draft.parts.length >= partsMax) stop("oversized", `more than ${partsMax} parts`);
  draft.parts.push({ name: inert(name, nameCharactersMax), reader, derived });
  return draft.parts.length - 1;
}

/** Notes something wrong that does not stop the reading. */
export function warn(draft: Draft, code: WarningCode, detail: string): void {
  if (draft.warnings.length < warningsMax) draft.warnings.push({ code, detail });
  else draft.warningsLeftOut += 1;
}

/** Keeps a text of the file's metadata, inert and cut. The first of a key wins. */
export function note(draft: Draft, key: string, value: string): void {
  const name = inert(key, nameCharactersMax);
  if (draft.metadata.size >= metadataEntriesMax || draft.metadata.has(name)) return;
  draft.metadata.set(name, inert(value, metadataCharactersMax));
}

/** A run of bytes that belongs to the format's own structure. */
export function explain(draft: Draft, part: number, offset: number, length: number): void {
  if (length > 0) draft.structure.push({ part, offset, length });
}

/** A run of bytes, somewhere in a part. */
export type Run = { readonly offset: number; readonly length: number };

/** Texts and blobs inside a structure that are longer than this may hide something. */
export const blobBytesMin = 4_096;

/**
 * Explains a stretch of structure but not the blobs in it: a text of 60 MB in a pickle, an
 * attribute of a graph that holds a file. Runs need no order.
 */
export function explainAround(
  draft: Draft,
  { part, offset, length }: Placement,
  blobs: readonly Run[],
): void {
  let at = offset;
  const sorted = [...blobs].sort((a, b) => a.offset - b.offset);
  for (const blob of [...sorted, { offset: offset + length, length: 0 }]) {
    explain(draft, part, at, blob.offset - at);
    at = Math.max(at, blob.offset + blob.length);
  }
}

/** What a format reader knows of a tensor; `length` absent: as the type and shape say. */
export type TensorFacts = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly part: number;
  readonly offset: number;
  readonly length?: number;
  readonly byteOrder?: "little" | "big";
  readonly strides?: readonly number[];
  readonly affine?: Affine | undefined;
};

/** Values of a shape, or `undefined` if a dimension is no size or the product no safe integer. */
export function countOf(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/**
 * Adds a tensor if its bytes are there and as many as its type and shape need; else warns and
 * leaves it out (its bytes then show as a hole). Tells its index.
 */
export function addTensor(draft: Draft, facts: TensorFacts): number | undefined {
  if (draft.tensors.length >= tensorsMax) stop("oversized", `more than ${tensorsMax} tensors`);
  const name = inert(facts.name, nameCharactersMax);
  const length = lengthOf(facts);
  const size = draft.parts[facts.part]!.reader.size;
  const placed = Number.isSafeInteger(facts.offset) && facts.offset >= 0;
  if (length === undefined || !placed || length > size - facts.offset) {
    const shape = facts.shape.slice(0, 8).join("×");
    warn(draft, "wrong-length", `${name}: ${facts.type} ${shape} does not fit its bytes`);
    return undefined;
  }
  if (facts.length !== undefined && facts.length > length) {
    warn(draft, "wrong-length", `${name}: ${facts.length - length} bytes more than it needs`);
  }
  if (draft.names.has(name)) warn(draft, "duplicate-name", name);
  const index = draft.tensors.length;
  draft.names.set(name, index);
  draft.tensors.push({
    name,
    shape: [...facts.shape],
    type: facts.type,
    data: { part: facts.part, offset: facts.offset, length },
    byteOrder: facts.byteOrder ?? "little",
    ...(facts.strides === undefined ? {} : { strides: [...facts.strides] }),
    ...(facts.affine === undefined ? {} : { affine: facts.affine }),
  });
  return index;
}

function lengthOf(facts: TensorFacts): number | undefined {
  const count = facts.shape.length > dimensionsMax ? undefined : countOf(facts.shape);
  if (count === undefined) return undefined;
  if (facts.type === "OPAQUE") return facts.length;
  if (facts.strides !== undefined) return stridedLength(facts, count);
  const needed = bytesOf(facts.type, count);
  const short = needed !== undefined && facts.length !== undefined && facts.length < needed;
  return short ? undefined : needed;
}

/** Bytes from the first to past the last element of a strided view. */
function stridedLength(facts: TensorFacts, count: number): number | undefined {
  const strides = facts.strides!;
  if (strides.length !== facts.shape.length) return undefined;
  let last = 0;
  for (const [axis, stride] of strides.entries()) {
    if (!Number.isSafeInteger(stride) || stride < 0) return undefined;
    if (facts.shape[axis]! > 1) last += (facts.shape[axis]! - 1) * stride;
  }
  return count === 0 ? 0 : bytesOf(facts.type, last + 1);
}

/** The finished model. */
export function finish(draft: Draft): Model {
  const { coverage, overlapping } = coverageOf(draft);
  for (const pair of overlapping) warn(draft, "overlap", pair);
  for (const hole of coverage.holes.slice(0, 4)) {
    warn(draft, "hole", `${hole.length} bytes at ${hole.offset} of part ${hole.part} unexplained`);
  }
  const { format, tensors, packed, metadata, parts, warnings } = draft;
  if (draft.warningsLeftOut > 0) {
    const detail = `${draft.warningsLeftOut} more warnings`;
    warnings.push({ code: "limit-reached", detail });
  }
  return { format, tensors, packed, metadata, parts, warnings, coverage };
}
