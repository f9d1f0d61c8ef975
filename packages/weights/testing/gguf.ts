/** A made model as the bytes of a GGUF file (version 3). */
import { concatBytes, toUtf8 } from "../core.ts";
import { ggmlTypes } from "../formats/gguf.ts";
import type { MadeModel } from "./model.ts";
import { bytesOfTensor } from "./safetensors.ts";

const typeNumbers = new Map<string, number>([...ggmlTypes].map(([number, type]) => [type, number]));
const alignment = 32;

/** The file. Tensors of F32 and BF16, and of block types that bring their blocks. */
export function ggufOf(model: MadeModel): Uint8Array {
  const head: Uint8Array[] = [];
  const u32 = (value: number) => head.push(new Uint8Array(Uint32Array.of(value).buffer));
  const u64 = (value: number) => head.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const text = (value: string) => {
    u64(value.length);
    head.push(toUtf8(value));
  };
  head.push(toUtf8("GGUF"));
  u32(3);
  u64(model.length);
  u64(1);
  text("general.architecture");
  u32(8);
  text("llama");
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model) {
    text(tensor.name);
    u32(tensor.shape.length);
    for (const size of [...tensor.shape].reverse()) u64(size);
    u32(typeNumbers.get(tensor.type)!);
    u64(offset);
    data.push(padded(tensor.blocks ?? bytesOfTensor(tensor)));
    offset += data.at(-1)!.length;
  }
  return concatBytes(padded(concatBytes(...head)), ...data);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / alignment) * alignment);
  whole.set(bytes);
  return whole;
}
