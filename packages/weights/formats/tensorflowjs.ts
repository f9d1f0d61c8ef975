/**
 * TensorFlow.js: a JSON with a weights manifest (tfjs-core io/types.ts) and binary shards beside
 * it. Weights of a group lie one after the other across its shards. face-api.js writes the manifest
 * alone.
 */
import { inert, nameCharactersMax } from "../inert.ts";
import { joinReaders, type Reader } from "../reader.ts";
import { type Affine, bytesOf, type ElementType, type Model } from "../tensor.ts";
import { type OpenOptions, safeSiblingName } from "./context.ts";
import { openCursor } from "./cursor.ts";
import {
  addPart,
  addTensor,
  countOf,
  type Draft,
  explain,
  finish,
  newDraft,
  note,
  warn,
} from "./draft.ts";
import { asArray, asObject, asSizes, type Json, type JsonObject, readJson } from "./json.ts";
import { must, stop } from "./stop.ts";

/** The topology of a large graph is some megabytes of JSON. */
export const jsonBytesMax = 64_000_000;

/** Strings of one tensor: the largest are vocabularies. */
const stringsMax = 1_000_000;

const types: ReadonlyMap<string, ElementType> = new Map([
  ["float32", "F32"],
  ["float16", "F16"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["uint16", "U16"],
  ["bool", "BOOL"],
  ["complex64", "C64"],
] as const);

/** The groups of a weights manifest in a parsed JSON, if it has one. */
export function manifestOf(value: Json): readonly Json[] | undefined {
  const groups = asArray(asObject(value)?.get("weightsManifest")) ?? asArray(value);
  const first = asObject(groups?.[0]);
  return first?.has("weights") && first.has("paths") ? groups : undefined;
}

/** Reads the JSON and the shards it names. */
export async function readTensorflowjs(reader: Reader, options: OpenOptions): Promise<Model> {
  if (reader.size > jsonBytesMax) stop("oversized", `a JSON of ${reader.size} bytes`);
  const { value } = readJson(await reader.read(0, reader.size));
  const groups = manifestOf(value);
  must(groups !== undefined, "no weights manifest");
  const draft = newDraft("tensorflowjs", "told");
  explain(draft, addPart(draft, "", reader), 0, reader.size);
  for (const key of ["format", "generatedBy", "convertedBy"]) {
    const text = asObject(value)?.get(key);
    if (typeof text === "string") note(draft, key, text);
  }
  for (const group of groups) {
    const facts = asObject(group);
    if (facts !== undefined) await addGroup(draft, facts, options);
  }
  return finish(draft);
}

async function addGroup(draft: Draft, group: JsonObject, options: OpenOptions): Promise<void> {
  const shards: { name: string; reader: Reader }[] = [];
  let missing = false;
  for (const path of asArray(group.get("paths")) ?? []) {
    const name = typeof path === "string" ? path.replace(/^\.\//, "") : "";
    const shown = inert(name, nameCharactersMax);
    const safe = safeSiblingName(name);
    const reader = safe === undefined ? undefined : await options.siblings?.(safe);
    if (safe === undefined) warn(draft, "path-refused", shown);
    else if (reader === undefined) warn(draft, "missing-part", shown);
    // What follows a missing shard has no place: its length is unknown.
    if (reader === undefined) missing = true;
    else if (!missing) shards.push({ name, reader });
  }
  const place = placeGroup(draft, shards);
  let at = 0;
  for (const entry of asArray(group.get("weights")) ?? []) {
    const facts = asObject(entry);
    const length =
      facts?.get("dtype") === "string"
        ? await stringsLength(joinReaders(shards.map(({ reader }) => reader)), at, facts)
        : addWeight(draft, { place, at }, facts);
    if (length === undefined) return;
    at += length;
  }
}

type Place = (at: number, length: number) => { part: number; offset: number } | undefined;

/** Shards as parts, and one joined part for the weights that lie across two of them. */
function placeGroup(draft: Draft, shards: readonly { name: string; reader: Reader }[]): Place {
  const starts: { part: number; start: number; size: number }[] = [];
  let size = 0;
  for (const { name, reader } of shards) {
    starts.push({ part: addPart(draft, name, reader), start: size, size: reader.size });
    size += reader.size;
  }
  let joined = -1;
  return (at, length) => {
    if (at + length > size) return undefined;
    const whole = starts.find(({ start, size }) => at >= start && at + length <= start + size);
    if (whole !== undefined) return { part: whole.part, offset: at - whole.start };
    for (const { part, start, size } of starts) {
      const from = Math.max(at, start);
      const to = Math.min(at + length, start + size);
      if (to > from) explain(draft, part, from - start, to - from);
    }
    if (joined < 0) {
      const readers = shards.map(({ reader }) => reader);
      joined = addPart(draft, "joined", joinReaders(readers), true);
    }
    return { part: joined, offset: at };
  };
}

/** Bytes of a string tensor: each string behind its length in four bytes. No weights. */
async function stringsLength(
  shards: Reader,
  at: number,
  facts: JsonObject,
): Promise<number | undefined> {
  const count = countOf(asSizes(facts.get("shape")) ?? [-1]);
  if (count === undefined || count > stringsMax) return undefined;
  const cursor = openCursor(shards, { at, byteOrder: "little" });
  for (let index = 0; index < count; index += 1) cursor.skip(await cursor.u32());
  return cursor.at - at;
}

/** Adds one weight; tells its length, or `undefined` if that cannot be known. */
function addWeight(
  draft: Draft,
  { place, at }: { readonly place: Place; readonly at: number },
  entry: JsonObject | undefined,
): number | undefined {
  const name = entry?.get("name");
  const shape = asSizes(entry?.get("shape"));
  const quantization = asObject(entry?.get("quantization"));
  const stored = quantization?.get("dtype") ?? entry?.get("dtype");
  const type = typeof stored === "string" ? types.get(stored) : undefined;
  const count = shape === undefined ? undefined : countOf(shape);
  const length = type === undefined || count === undefined ? undefined : bytesOf(type, count);
  if (
    typeof name !== "string" ||
    shape === undefined ||
    type === undefined ||
    length === undefined
  ) {
    warn(
      draft,
      "unknown-type",
      `a weight of type ${inert(String(stored), 64)}; the rest is left out`,
    );
    return undefined;
  }
  const placed = place(at, length);
  if (placed === undefined) {
    warn(draft, "wrong-length", `${inert(name, nameCharactersMax)}: past the shards there are`);
    return length;
  }
  addTensor(draft, { name, shape, type, ...placed, length, affine: affineOf(quantization) });
  return length;
}

function affineOf(quantization: JsonObject | undefined): Affine | undefined {
  const scale = quantization?.get("scale");
  const minimum = quantization?.get("min");
  if (typeof scale !== "number" || typeof minimum !== "number") return undefined;
  return { kind: "minimum", scales: [scale], offsets: [minimum], axis: 0 };
}
