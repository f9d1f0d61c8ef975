/**
 * Models in several files: `stem-00001-of-00003.ext`, or an index with a `weight_map` (as
 * transformers writes for safetensors and PyTorch alike). Shards may be of different formats.
 */
import { isRefused, type Refused } from "../core.ts";
import { inert, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";
import type { Model, Placement, Warning, WarningCode } from "../tensor.ts";
import { type OpenOptions, safeSiblingName, shardNames } from "./context.ts";
import { partsMax, tensorsMax, warningsMax } from "./draft.ts";
import { asObject, readJson } from "./json.ts";
import { must, stop } from "./stop.ts";

/** An index names each tensor once: of the same order as a header. */
const indexBytesMax = 64_000_000;

/** Reads one file as a model, without looking for others. */
export type OpenOne = (reader: Reader) => Promise<Model | Refused>;

/** A model made of several, in order: parts and tensors one after the other. */
export function mergeModels(models: readonly Model[], warnings: readonly Warning[]): Model {
  const [first] = models;
  must(first !== undefined, "none of the shards could be read");
  const parts = models.flatMap((model) => model.parts);
  const tensors = models.flatMap((model, at) => {
    const before = partsBefore(models, at);
    return model.tensors.map((tensor) => ({ ...tensor, data: moved(tensor.data, before) }));
  });
  if (parts.length > partsMax) stop("oversized", `more than ${partsMax} parts`);
  if (tensors.length > tensorsMax) stop("oversized", `more than ${tensorsMax} tensors`);
  const told = [...warnings, ...models.flatMap((model) => model.warnings)];
  const holes = models.flatMap(({ coverage }, at) =>
    coverage.holes.map((hole) => moved(hole, partsBefore(models, at))),
  );
  const sum = (of: (model: Model) => number): number =>
    models.reduce((total, model) => total + of(model), 0);
  return {
    format: first.format,
    parts,
    tensors,
    // Packed weights are recognised once all shards are together.
    packed: models.length === 1 ? first.packed : [],
    metadata: first.metadata,
    warnings: [...told, ...twice(models)].slice(0, warningsMax),
    coverage: {
      total: sum(({ coverage }) => coverage.total),
      explained: sum(({ coverage }) => coverage.explained),
      holes: holes.sort((a, b) => b.length - a.length).slice(0, 16),
    },
  };
}

function partsBefore(models: readonly Model[], at: number): number {
  return models.slice(0, at).reduce((total, { parts }) => total + parts.length, 0);
}

function moved(placement: Placement, by: number): Placement {
  return { ...placement, part: placement.part + by };
}

/** Names that two shards both hold. */
function twice(models: readonly Model[]): readonly Warning[] {
  const seen = new Set<string>();
  const warnings: Warning[] = [];
  for (const { tensors } of models) {
    const own = new Set(tensors.map(({ name }) => name));
    for (const name of own) {
      if (seen.has(name)) warnings.push({ code: "duplicate-name", detail: name });
      seen.add(name);
    }
  }
  return warnings;
}

/** The shards beside one that its name says is one of several; itself if it is not. */
export async function withSiblings(
  own: Model,
  options: OpenOptions,
  openOne: OpenOne,
): Promise<Model> {
  const names = options.name === undefined ? undefined : shardNames(options.name, partsMax);
  if (names === undefined || names.length === 1) return own;
  const models: Model[] = [];
  const warnings: Warning[] = [];
  for (const name of names) {
    if (name === options.name) models.push(own);
    else await addShard({ models, warnings, options, openOne }, name);
  }
  return mergeModels(models, warnings);
}

/** The shards that an index names, and the index itself as a part that is explained. */
export async function readIndex(
  reader: Reader,
  options: OpenOptions,
  openOne: OpenOne,
): Promise<Model> {
  if (reader.size > indexBytesMax) stop("oversized", `an index of ${reader.size} bytes`);
  const { value, duplicates } = readJson(await reader.read(0, reader.size));
  const weights = asObject(asObject(value)?.get("weight_map"));
  must(weights !== undefined, "the index has no weight_map");
  const warnings: Warning[] = duplicates.map((key) => warning("duplicate-name", key));
  const names = new Set<string>();
  for (const file of weights.values()) if (typeof file === "string") names.add(file);
  if (names.size > partsMax) stop("oversized", `an index of ${names.size} shards`);
  const models: Model[] = [];
  for (const name of names) {
    const safe = safeSiblingName(name);
    if (safe === undefined) warnings.push(warning("path-refused", name));
    else await addShard({ models, warnings, options, openOne }, safe);
  }
  const found = new Set(models.flatMap(({ tensors }) => tensors.map((tensor) => tensor.name)));
  for (const name of weights.keys()) {
    const shown = inert(name, nameCharactersMax);
    if (found.has(shown) || warnings.length >= warningsMax) continue;
    warnings.push(warning("missing-part", `tensor ${name}`));
  }
  return models.length === 0 ? nothing(reader, warnings) : mergeModels(models, warnings);
}

function warning(code: WarningCode, name: string): Warning {
  return { code, detail: inert(name, nameCharactersMax) };
}

type Shards = {
  readonly models: Model[];
  readonly warnings: Warning[];
  readonly options: OpenOptions;
  readonly openOne: OpenOne;
};

async function addShard(shards: Shards, name: string): Promise<void> {
  const reader = await shards.options.siblings?.(name);
  const opened = reader === undefined ? undefined : await shards.openOne(reader);
  if (opened === undefined) {
    shards.warnings.push(warning("missing-part", name));
  } else if (isRefused(opened)) {
    shards.warnings.push(warning("missing-part", `${name}: ${opened.detail}`));
  } else {
    const parts = opened.parts.map((part) =>
      part.name === "" ? { ...part, name: inert(name, nameCharactersMax) } : part,
    );
    shards.models.push({ ...opened, parts });
  }
}

/** An index whose shards are all gone: a model of which nothing is left but its names. */
function nothing(reader: Reader, warnings: readonly Warning[]): Model {
  const { size } = reader;
  return {
    format: "safetensors",
    parts: [{ name: "", reader, derived: false }],
    tensors: [],
    packed: [],
    metadata: new Map(),
    warnings,
    coverage: { total: size, explained: size, holes: [] },
  };
}
