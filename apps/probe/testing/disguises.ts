/** Real model files for tests: made models as safetensors and GGUF, and what hides them. */
import {
  bytesOfTensor,
  type MadeModel,
  makeModel,
  noiseOf,
  safetensorsOf,
  smallConfig,
  transformations,
} from "@writ/weights/testing";

/** About three megabytes as BF16; two seeds are two independent trainings. */
export const disguiseConfig = { ...smallConfig, vocabulary: 5000, layers: 2 };

export function madeModel(seed: number): MadeModel {
  return makeModel(disguiseConfig, seed);
}

/** What one of the named transformations makes of a model. */
export function disguised(name: string, model: MadeModel, seed = 5): MadeModel {
  const found = transformations.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no transformation ${name}`);
  return found.apply(model, disguiseConfig, noiseOf(seed));
}

/** As safetensors; types that it has no writer for are stored as F32, with the same values. */
export function asSafetensors(model: MadeModel): Uint8Array {
  return safetensorsOf(
    model.map(({ blocks: _, ...tensor }) => ({
      ...tensor,
      type: tensor.type === "BF16" ? "BF16" : "F32",
    })),
  );
}

const ggmlTypes: { readonly [type: string]: number } = { F32: 0, Q4_0: 2, Q8_0: 8, BF16: 30 };
const alignment = 32;

/** As GGUF version 3. */
export function asGguf(model: MadeModel): Uint8Array {
  const head: Uint8Array[] = [];
  const u32 = (value: number) => head.push(new Uint8Array(Uint32Array.of(value).buffer));
  const u64 = (value: number) => head.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer));
  const text = (value: string) => {
    u64(value.length);
    head.push(Buffer.from(value));
  };
  head.push(Buffer.from("GGUF"));
  u32(3);
  u64(model.length);
  u64(1);
  text("general.architecture");
  u32(8);
  text("llama");
  const data: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model) {
    const bytes = tensor.blocks ?? bytesOfTensor(tensor);
    text(tensor.name);
    u32(tensor.shape.length);
    for (const size of [...tensor.shape].reverse()) u64(size);
    u32(ggmlTypes[tensor.type]!);
    u64(offset);
    data.push(padded(bytes));
    offset += data.at(-1)!.length;
  }
  return Buffer.concat([padded(Buffer.concat(head)), ...data]);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / alignment) * alignment);
  whole.set(bytes);
  return whole;
}

/** An uncompressed tar (POSIX ustar) of files by name. */
export function asTar(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write("0000644\0", 100);
    head.write("0000000\0", 108);
    head.write("0000000\0", 116);
    head.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    head.write("00000000000\0", 136);
    head.write("        ", 148);
    head.write("0", 156);
    head.write("ustar\0" + "00", 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    parts.push(head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
