/** Tells what a file is by its content and reads it. Names and extensions decide nothing. */

import { looksLikeZip, readZip, type Zip } from "../archives/zip.ts";
import { isRefused, refused } from "../core.ts";
import type { Reader } from "../reader.ts";
import type { Model, Opened } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { looksLikeGguf, readGguf } from "./gguf.ts";
import { findSuperblock, readHdf5 } from "./hdf5/hdf5.ts";
import { asObject, readJson } from "./json.ts";
import { isKeras, readKeras } from "./keras.ts";
import { isNpz, looksLikeNpy, readNpy, readNpz } from "./numpy.ts";
import { looksLikeOnnx, readOnnx } from "./onnx.ts";
import { packedWeights } from "./packings.ts";
import { looksLikePytorchLegacy, readPytorchLegacy } from "./pytorch-legacy.ts";
import { checkpointFolder, readPytorchZip } from "./pytorch-zip.ts";
import { looksLikeSafetensors, readSafetensors } from "./safetensors.ts";
import { readIndex, withSiblings } from "./shards.ts";
import { atTheDoor } from "./stop.ts";
import { jsonBytesMax, manifestOf, readTensorflowjs } from "./tensorflowjs.ts";
import { looksLikeTflite, readTflite } from "./tflite.ts";
import { boostedKey, readBoosted } from "./trees/boosted.ts";
import { looksLikeLightgbmText, readLightgbmText } from "./trees/lightgbm-text.ts";

/** Enough for every magic number below; HDF5 user blocks and such are looked for further on. */
const headBytes = 4_096;

type FormatReader = (reader: Reader, options: OpenOptions) => Promise<Model>;

/**
 * Reads the structure of a model file: which tensors it holds, of which types, where. Weights stay
 * unread. Everything wrong with the bytes is a {@link Refused} value or a warning in the model;
 * only a failing reader throws.
 */
export async function openModel(reader: Reader, options: OpenOptions): Promise<Opened> {
  return atTheDoor(async () => {
    const opened = await openOne(reader, options);
    if (isRefused(opened)) return opened;
    const model = await withSiblings(opened, options, (shard) => openShard(shard, options));
    return { ...model, packed: [...model.packed, ...(await packedWeights(model, options))] };
  });
}

async function openOne(reader: Reader, options: OpenOptions): Promise<Opened> {
  const head = await reader.read(0, Math.min(headBytes, reader.size));
  const read = await readerFor(head, reader);
  if (read === undefined) return refused("unknown-kind", "no known model format");
  return read(reader, options);
}

/** A shard that is itself an index leads nowhere: it might lead back. */
async function openShard(reader: Reader, options: OpenOptions): Promise<Opened> {
  return atTheDoor(async () => {
    const head = await reader.read(0, Math.min(1, reader.size));
    if (head[0] === 0x7b) return refused("unknown-kind", "a shard that is an index");
    return openOne(reader, options);
  });
}

async function readerFor(head: Uint8Array, reader: Reader): Promise<FormatReader | undefined> {
  if (looksLikeGguf(head)) return readGguf;
  if (looksLikeNpy(head)) return readNpy;
  if (looksLikePytorchLegacy(head)) return readPytorchLegacy;
  if (looksLikeZip(head)) return zipReaderFor(await readZip(reader));
  if (looksLikeSafetensors(head, reader.size)) return readSafetensors;
  if (looksLikeTflite(head)) return readTflite;
  if (looksLikeLightgbmText(head)) return readLightgbmText;
  if (head[0] === 0x7b || head[0] === 0x5b) return jsonReaderFor(reader);
  if ((await findSuperblock(reader)) !== undefined) return readHdf5;
  const onnx = await atTheDoor(() => looksLikeOnnx(reader));
  return onnx === true ? readOnnx : undefined;
}

/**
 * Tree ensembles in JSON or UBJSON, and the two JSON files that name weights beside them. Others
 * are not models.
 */
async function jsonReaderFor(reader: Reader): Promise<FormatReader | undefined> {
  const head = await reader.read(0, 1);
  const key = head[0] === 0x7b ? await atTheDoor(() => boostedKey(reader)) : undefined;
  if (typeof key === "string") return (ensemble) => readBoosted(ensemble, key);
  if (reader.size > jsonBytesMax) return undefined;
  const read = await atTheDoor(async () => readJson(await reader.read(0, reader.size)));
  if (isRefused(read)) return undefined;
  if (manifestOf(read.value) !== undefined) return readTensorflowjs;
  if (!asObject(read.value)?.has("weight_map")) return undefined;
  return (index, options) => readIndex(index, options, (shard) => openShard(shard, options));
}

/** True for a zip that is itself a model, not an archive with models in it. */
export function holdsModel(zip: Zip): boolean {
  return zipReaderFor(zip) !== undefined;
}

function zipReaderFor(zip: Zip): FormatReader | undefined {
  if (checkpointFolder(zip) !== undefined) return readPytorchZip;
  if (isKeras(zip)) return readKeras;
  return isNpz(zip) ? readNpz : undefined;
}
