/** A made model as the bytes of a safetensors file. */
import { concatBytes, toUtf8 } from "../core.ts";
import type { MadeModel, MadeTensor } from "./model.ts";

/** Little-endian bytes of a tensor of type F32 or BF16. */
export function bytesOfTensor(tensor: MadeTensor): Uint8Array {
  const wide = Float32Array.from(tensor.values);
  if (tensor.type === "F32") return new Uint8Array(wide.buffer);
  const narrow = Uint16Array.from(new Uint32Array(wide.buffer), (word) => word >>> 16);
  return new Uint8Array(narrow.buffer);
}

/** The file. Only F32 and BF16 tensors. */
export function safetensorsOf(model: MadeModel): Uint8Array {
  const header: { [name: string]: unknown } = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model) {
    const bytes = bytesOfTensor(tensor);
    const end = offset + bytes.length;
    header[tensor.name] = { dtype: tensor.type, shape: tensor.shape, data_offsets: [offset, end] };
    parts.push(bytes);
    offset = end;
  }
  const text = JSON.stringify(header);
  const json = toUtf8(text.padEnd(Math.ceil(text.length / 8) * 8));
  const lead = new Uint8Array(8);
  new DataView(lead.buffer).setUint32(0, json.length, true);
  return concatBytes(lead, json, ...parts);
}
