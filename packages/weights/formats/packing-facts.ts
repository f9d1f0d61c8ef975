/** The few small tensors and the one file that must be read to know how weights are packed. */
import type { Model } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { asObject, asSizes, type JsonObject, readJson } from "./json.ts";
import { atTheDoor } from "./stop.ts";

/** States and shapes are some hundred bytes. */
const factBytesMax = 65_536;

/** A model's config.json. */
const configBytesMax = 4_000_000;

async function jsonOf(
  bytes: () => Promise<Uint8Array> | Uint8Array,
): Promise<JsonObject | undefined> {
  const read = await atTheDoor(async () => readJson(await bytes()).value);
  return asObject(read as Parameters<typeof asObject>[0]);
}

async function smallBytes(
  model: Model,
  index: number | undefined,
): Promise<Uint8Array | undefined> {
  const tensor = index === undefined ? undefined : model.tensors[index];
  if (tensor === undefined || tensor.data.length > factBytesMax) return undefined;
  const { part, offset, length } = tensor.data;
  return (await model.parts[part]!.reader.read(offset, length)).slice();
}

/** Values of a small tensor of int64 or int32, as numbers. */
export async function smallIntegers(
  model: Model,
  index: number | undefined,
): Promise<readonly number[] | undefined> {
  const bytes = await smallBytes(model, index);
  const type = index === undefined ? undefined : model.tensors[index]!.type;
  if (bytes === undefined || (type !== "I64" && type !== "I32")) return undefined;
  const view = new DataView(bytes.buffer);
  const width = type === "I64" ? 8 : 4;
  return Array.from({ length: bytes.length / width }, (_, at) =>
    type === "I64" ? Number(view.getBigInt64(8 * at, true)) : view.getInt32(4 * at, true),
  );
}

/** What bitsandbytes writes of a 4-bit weight: its shape, and values that share a scale. */
export async function bnbState(
  model: Model,
  index: number | undefined,
): Promise<{ readonly shape: readonly number[]; readonly blockSize: number } | undefined> {
  const bytes = await smallBytes(model, index);
  const state = bytes === undefined ? undefined : await jsonOf(() => bytes);
  const shape = asSizes(state?.get("shape"));
  const blockSize = state?.get("blocksize");
  if (shape === undefined || typeof blockSize !== "number" || !(blockSize > 0)) return undefined;
  return { shape, blockSize };
}

/** `quantization: {group_size, bits}` of the config.json beside an MLX model. */
export async function mlxBits(
  options: OpenOptions,
): Promise<{ readonly bits: number; readonly groupSize: number } | undefined> {
  const config = await options.siblings?.("config.json");
  if (config === undefined || config.size > configBytesMax) return undefined;
  const quantization = asObject(
    (await jsonOf(() => config.read(0, config.size)))?.get("quantization"),
  );
  const bits = quantization?.get("bits");
  const groupSize = quantization?.get("group_size");
  const known = typeof bits === "number" && typeof groupSize === "number";
  return known ? { bits, groupSize } : undefined;
}
