/** Vectors of model files, and the canonical bytes of a tensor, for tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenOptions } from "../formats/context.ts";
import { memoryReader } from "../reader.ts";
import { elementBits, isBlockType, type Model, type Tensor } from "../tensor.ts";

const folder = join(import.meta.dirname, "../../../vectors/weights");

/** Names of the vectors that are files of their own (not shards or data of others). */
export function vectorNames(): readonly string[] {
  const kinds = /\.(?:safetensors|gguf|pt|onnx|tflite|h5|keras|npy|npz)$|model\.json$|index\.json$/;
  return readdirSync(folder).filter((name) => kinds.test(name));
}

/** Names of the vectors that are ensembles of decision trees. */
export function treeVectorNames(): readonly string[] {
  return readdirSync(folder).filter((name) => /\.(?:lightgbm|xgboost)\./.test(name));
}

export function vectorBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

/** Options with which a vector finds what lies beside it. */
export function vectorOptions(name: string): OpenOptions {
  const siblings = (other: string) =>
    existsSync(join(folder, other)) ? memoryReader(vectorBytes(other)) : undefined;
  return { name, siblings };
}

/** Values as stored, row-major and little endian. */
export async function canonicalBytes(model: Model, tensor: Tensor): Promise<Uint8Array> {
  const { part, offset, length } = tensor.data;
  const raw = (await model.parts[part]!.reader.read(offset, length)).slice();
  const { type } = tensor;
  if (type === "OPAQUE" || type === "TREE" || isBlockType(type) || elementBits[type] < 8)
    return raw;
  const width = elementBits[type] / 8;
  const plain = tensor.strides === undefined ? raw : gathered(raw, tensor, width);
  const number = type === "C64" || type === "C128" ? width / 2 : width;
  if (tensor.byteOrder === "big") {
    for (let at = 0; at < plain.length; at += number) plain.subarray(at, at + number).reverse();
  }
  return plain;
}

function gathered(raw: Uint8Array, tensor: Tensor, width: number): Uint8Array {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  const plain = new Uint8Array(count * width);
  for (let index = 0; index < count; index += 1) {
    let left = index;
    let from = 0;
    for (let axis = tensor.shape.length - 1; axis >= 0; axis -= 1) {
      from += (left % tensor.shape[axis]!) * tensor.strides![axis]!;
      left = Math.floor(left / tensor.shape[axis]!);
    }
    plain.set(raw.subarray(from * width, (from + 1) * width), index * width);
  }
  return plain;
}
