/**
 * Model files of any size that cost little disk: safetensors of a Llama shape, sparse, with real
 * values only where they will be read. What is not read would only be skipped in a real file too.
 */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import type { Reader } from "@writ/weights";
import { noiseOf } from "@writ/weights/testing";

const hidden = 4096;
const inner = 11_008;
const vocabulary = 32_000;

/** Names and shapes of a model of so many layers, in file order. */
function tensorsOf(layers: number): readonly (readonly [string, readonly number[]])[] {
  const tensors: (readonly [string, readonly number[]])[] = [];
  tensors.push(["model.embed_tokens.weight", [vocabulary, hidden]]);
  for (let layer = 0; layer < layers; layer += 1) {
    const at = `model.layers.${layer}`;
    for (const part of ["q", "k", "v", "o"]) {
      tensors.push([`${at}.self_attn.${part}_proj.weight`, [hidden, hidden]]);
    }
    tensors.push([`${at}.mlp.gate_proj.weight`, [inner, hidden]]);
    tensors.push([`${at}.mlp.up_proj.weight`, [inner, hidden]]);
    tensors.push([`${at}.mlp.down_proj.weight`, [hidden, inner]]);
    tensors.push([`${at}.input_layernorm.weight`, [hidden]]);
    tensors.push([`${at}.post_attention_layernorm.weight`, [hidden]]);
  }
  tensors.push(["model.norm.weight", [hidden]], ["lm_head.weight", [vocabulary, hidden]]);
  return tensors;
}

/** Layers of Llama 7B: 6.7 billion values, 13.5 GB in BF16. */
export const llama7bLayers = 32;

/** Layers of a model of the shape in a file of about `gigabytes`. */
export function layersFor(gigabytes: number): number {
  const layerBytes = 2 * (4 * hidden * hidden + 3 * hidden * inner);
  return Math.max(1, Math.round((gigabytes * 1e9 - 4 * vocabulary * hidden) / layerBytes));
}

/** Writes a sparse file of so many layers; its data are zeros until they are read. */
export function writeSparseModel(path: string, layers: number): number {
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of tensorsOf(layers)) {
    const length = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: "BF16", shape, data_offsets: [offset, offset + length] };
    offset += length;
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(8 * 8192));
  const lead = Buffer.alloc(8);
  lead.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([lead, text]));
  ftruncateSync(file, 8 + text.length + offset);
  closeSync(file);
  return 8 + text.length + offset;
}

/** A synchronous reader over an open file. */
export function fileReader(file: number, size: number): Reader {
  return {
    size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      readSync(file, bytes, 0, length, offset);
      return bytes;
    },
    readInto(offset, into) {
      for (let done = 0; done < into.length; ) {
        done += readSync(file, into, done, into.length - done, offset + done);
      }
    },
  };
}

/**
 * Values that are written, again and again from other places: making each anew would take hours.
 */
const stockValues = 1 << 20;

/** A reader that writes noise wherever the file holds only zeros, before it is read. */
export function fillingReader(file: number, size: number): Reader {
  const noise = noiseOf(size % 65_521);
  const wide = new Uint32Array(
    Float32Array.from({ length: stockValues }, () => 0.02 * noise.normal()).buffer,
  );
  const stock = new Uint8Array(Uint16Array.from(wide, (word) => word >>> 16).buffer);
  const plain = fileReader(file, size);
  return {
    size,
    read(offset, length) {
      const bytes = plain.read(offset, length) as Uint8Array;
      if (bytes.some((byte) => byte !== 0)) return bytes;
      const filled = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const from = 2 * Math.floor(noise.uniform() * (stockValues - 1));
        const count = Math.min(length - at, 8192, stock.length - from);
        filled.set(stock.subarray(from, from + count), at);
        at += count;
      }
      writeSync(file, filled, 0, filled.length, offset);
      return filled;
    },
  };
}
