/** Real model files for tests: made models, what is done to them, and what hides them. */
import {
  ggufOf,
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

/** As GGUF. */
export function asGguf(model: MadeModel): Uint8Array {
  return ggufOf(model);
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
