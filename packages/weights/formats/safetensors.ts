/**
 * safetensors: u64 header length, JSON header, data. Format and limits as in the reference
 * implementation (safetensors/src/tensor.rs), but a bad tensor is told and left out instead of
 * refusing all others: an adversary must not be able to hide a model by damaging one entry.
 */

import { inert, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";
import type { Model, TensorType } from "../tensor.ts";
import { u64Of } from "./cursor.ts";
import {
  addPart,
  addTensor,
  type Draft,
  explain,
  finish,
  newDraft,
  note,
  tensorsMax,
  warn,
} from "./draft.ts";
import { asObject, asSizes, type Json, readJsonMembers } from "./json.ts";
import { readPlainHeader } from "./safetensors-header.ts";
import { must, stop } from "./stop.ts";

/** The reference implementation's own cap (MAX_HEADER_SIZE). */
export const headerBytesMax = 100_000_000;

const types: ReadonlyMap<string, TensorType> = new Map([
  ["F64", "F64"],
  ["F32", "F32"],
  ["F16", "F16"],
  ["BF16", "BF16"],
  ["F8_E4M3", "F8_E4M3"],
  ["F8_E5M2", "F8_E5M2"],
  ["F8_E4M3FNUZ", "F8_E4M3FNUZ"],
  ["F8_E5M2FNUZ", "F8_E5M2FNUZ"],
  ["F8_E8M0", "F8_E8M0"],
  ["F6_E2M3", "F6_E2M3"],
  ["F6_E3M2", "F6_E3M2"],
  ["F4", "F4"],
  ["I64", "I64"],
  ["I32", "I32"],
  ["I16", "I16"],
  ["I8", "I8"],
  ["U64", "U64"],
  ["U32", "U32"],
  ["U16", "U16"],
  ["U8", "U8"],
  ["BOOL", "BOOL"],
  ["C64", "C64"],
] as const);

/** True if the first bytes can only be those of a safetensors file: a length, then `{"`. */
export function looksLikeSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10 || head[8] !== 0x7b) return false;
  if (head[6] !== 0 || head[7] !== 0) return false;
  const length = u64Of(head, 0, true);
  if (length < 2 || length > headerBytesMax || length > size - 8) return false;
  return head[9] === 0x22 || head[9] === 0x7d || head[9] === 0x20 || head[9] === 0x0a;
}

/** Reads one file. */
export async function readSafetensors(reader: Reader): Promise<Model> {
  const draft = newDraft("safetensors", "told");
  await addFile(draft, reader);
  return finish(draft);
}

async function addFile(draft: Draft, reader: Reader): Promise<void> {
  const prefix = await reader.read(0, 8);
  const length = u64Of(prefix, 0, true);
  if (length > headerBytesMax) stop("oversized", `a header of ${length} bytes`);
  must(length <= reader.size - 8, "the header is longer than the file");
  const part = addPart(draft, "", reader);
  explain(draft, part, 0, 8 + length);
  const entries: Entry[] = [];
  const bytes = await reader.read(8, length);
  if (!addPlain(draft, entries, bytes)) addJson(draft, entries, bytes);
  // Writers sort by alignment and name; who reads wants the order of the data.
  entries.sort((a, b) => a.begin - b.begin);
  for (const { key, shape, type, begin, end } of entries) {
    const offset = 8 + length + begin;
    addTensor(draft, { name: key, shape, type, part, offset, length: end - begin });
  }
}

/** A header as writers write it; false, and nothing added, if it is another, or a name is twice. */
function addPlain(draft: Draft, entries: Entry[], bytes: Uint8Array): boolean {
  const header = readPlainHeader(bytes);
  if (header === undefined || header.entries.length > tensorsMax) return false;
  if (header.entries.some(({ type, begin, end }) => !types.has(type) || end < begin)) return false;
  const keys = new Set(header.entries.map(({ key }) => key));
  for (const [key] of header.metadata) keys.add(`\n${key}`);
  if (keys.size < header.entries.length + header.metadata.length) return false;
  for (const [key, text] of header.metadata) note(draft, key, text);
  for (const { key, shape, type, begin, end } of header.entries) {
    entries.push({ key, shape, begin, end, type: types.get(type)! });
  }
  return true;
}

/** Any other header, and what is wrong with it. */
function addJson(draft: Draft, entries: Entry[], bytes: Uint8Array): void {
  const keys = new Set<string>();
  readJsonMembers(bytes, (key, value) => {
    if (keys.has(key)) warn(draft, "duplicate-name", inert(key, nameCharactersMax));
    keys.add(key);
    if (key === "__metadata__") noteAll(draft, value);
    else addEntry(draft, entries, key, value);
    if (entries.length > tensorsMax) stop("oversized", `more than ${tensorsMax} tensors`);
  });
}

type Entry = {
  readonly key: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly begin: number;
  readonly end: number;
};

function noteAll(draft: Draft, metadata: Json): void {
  for (const [key, text] of asObject(metadata) ?? []) {
    if (typeof text === "string") note(draft, key, text);
  }
}

function addEntry(draft: Draft, entries: Entry[], key: string, entry: Json): void {
  const facts = asObject(entry);
  const shape = asSizes(facts?.get("shape"));
  const [begin, end] = asSizes(facts?.get("data_offsets")) ?? [];
  if (shape === undefined || begin === undefined || end === undefined || end < begin) {
    const name = inert(key, nameCharactersMax);
    warn(draft, "wrong-length", `${name}: no shape or no data_offsets`);
    return;
  }
  const named = facts?.get("dtype");
  const type = typeof named === "string" ? types.get(named) : undefined;
  if (type === undefined) {
    const name = inert(key, nameCharactersMax);
    warn(draft, "unknown-type", `${name}: ${inert(String(named), 64)}`);
  }
  entries.push({ key, shape, type: type ?? "OPAQUE", begin, end });
}
