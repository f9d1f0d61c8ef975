/**
 * torch.save before 1.6 (and with `_use_new_zipfile_serialization=False`): five pickles (a magic
 * number, a protocol version, facts of the machine, the value, the storage keys), then each storage
 * as an element count and its bytes. torch/serialization.py `_legacy_load`.
 */
import type { Reader } from "../reader.ts";
import { bytesOf, type Model } from "../tensor.ts";
import { u64Of } from "./cursor.ts";
import { addPart, explain, explainAround, finish, newDraft, warn } from "./draft.ts";
import { unpickle } from "./pickle.ts";
import { isKind, type PickleValue } from "./pickle-value.ts";
import { addTensors, type Storage, type StorageId, storageIdOf, walk } from "./pytorch.ts";
import { pickleBytesMax } from "./pytorch-zip.ts";
import { must } from "./stop.ts";

/** 0x1950a86a20f9469cfc6c, as LONG1 of ten bytes. */
const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** True for a pickle (of any protocol) of the magic number. */
export function looksLikePytorchLegacy(head: Uint8Array): boolean {
  const start = head[0] === 0x80 ? 2 : 0;
  // Protocol 4 and 5 put a frame before it.
  const framed = head[start] === 0x95 ? start + 9 : start;
  return magic.every((byte, index) => head[framed + index] === byte);
}

/** Reads a legacy checkpoint. */
export async function readPytorchLegacy(reader: Reader): Promise<Model> {
  const draft = newDraft("pytorch-legacy", "allowed");
  const part = addPart(draft, "", reader);
  const bytes = await reader.read(0, Math.min(reader.size, pickleBytesMax));
  let end = unpickle(bytes, 0).end;
  end = unpickle(bytes, end).end;
  const system = unpickle(bytes, end);
  const big = littleEndianOf(system.value) === false;
  const { value, end: valueEnd, blobs } = unpickle(bytes, system.end);
  const keys = unpickle(bytes, valueEnd);
  must(isKind(keys.value, "list"), "the storage keys are not a list");
  explainAround(draft, { part, offset: 0, length: keys.end }, blobs);
  const ids = storageIds(value);
  const storages = new Map<string, Storage>();
  let at = keys.end;
  for (const key of keys.value.items) {
    const id = ids.get(String(key));
    // Without its type the length of a storage is unknown, and so is where the next one starts.
    must(id !== undefined, "a storage that no tensor names");
    const elements = u64Of(await reader.read(at, 8), 0, !big);
    const length = bytesOf(id.type, elements);
    must(length !== undefined && length <= reader.size - at - 8, "a storage past the end");
    explain(draft, part, at, 8);
    storages.set(String(key), { part, offset: at + 8, length });
    at += 8 + length;
  }
  if (at < reader.size) warn(draft, "trailing-bytes", `${reader.size - at} bytes after the end`);
  const pickle: Storage = { part, offset: 0, length: keys.end };
  addTensors({ draft, byteOrder: big ? "big" : "little", pickle, storages }, value);
  return finish(draft);
}

function littleEndianOf(value: PickleValue): boolean | undefined {
  if (!isKind(value, "dict")) return undefined;
  const entry = value.entries.find(([key]) => key === "little_endian");
  return typeof entry?.[1] === "boolean" ? entry[1] : undefined;
}

function storageIds(value: PickleValue): Map<string, StorageId> {
  const ids = new Map<string, StorageId>();
  for (const { value: found } of walk(value)) {
    const id = isKind(found, "persistent") ? storageIdOf(found.id) : undefined;
    if (id !== undefined && !ids.has(id.key)) ids.set(id.key, id);
  }
  return ids;
}
