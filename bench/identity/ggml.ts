/**
 * ggml itself, as node-llama-cpp ships it ready-made: the reference for our quantised types, called
 * through an FFI. Both packages are optional: where they are not, there is a reason instead.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** ggml's own quantiser and dequantiser. Types by their number in ggml.h. */
export type Ggml = {
  typeName(type: number): string;
  requiresImportance(type: number): boolean;
  /** Rows of `columns` values as blocks, with the importance of each column where given. */
  quantise(
    type: number,
    values: Float32Array,
    parts: { readonly columns: number; readonly bytes: number; readonly importance?: Float32Array },
  ): Uint8Array;
  /** What `dequantize_row_<name>` makes of some blocks. */
  dequantise(name: string, blocks: Uint8Array, count: number): Float32Array;
};

/** Opens the library; a reason if it or the FFI is not installed here. */
export function openGgml(): Ggml | string {
  const path = libraryPath();
  if (path === undefined) return `no @node-llama-cpp for ${process.platform} ${process.arch}`;
  const koffi = load("koffi");
  if (koffi === undefined) return "koffi is not installed";
  const library = koffi.load(path);
  const typeName = library.func("const char *ggml_type_name(int type)");
  const requires = library.func("bool ggml_quantize_requires_imatrix(int type)");
  const quantise = library.func(
    "size_t ggml_quantize_chunk(int type, const float *from, void *to, int64_t start, " +
      "int64_t rows, int64_t columns, const float *importance)",
  );
  return {
    typeName: (type) => String(typeName(type)),
    requiresImportance: (type) => requires(type) === true,
    quantise(type, values, { columns, bytes, importance = null }) {
      const blocks = new Uint8Array(bytes);
      quantise(type, values, blocks, 0, values.length / columns, columns, importance);
      return blocks;
    },
    dequantise(name, blocks, count) {
      const row = library.func(`void dequantize_row_${name}(const void *x, float *y, int64_t k)`);
      const values = new Float32Array(count);
      row(blocks, values, count);
      return values;
    },
  };
}

/** As much of koffi as is used here. */
type Koffi = {
  load(path: string): { func(prototype: string): (...parts: readonly unknown[]) => unknown };
};

function load(name: string): Koffi | undefined {
  try {
    return createRequire(import.meta.url)(name) as Koffi;
  } catch {
    return undefined;
  }
}

function libraryPath(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  try {
    const main = createRequire(import.meta.url).resolve("@node-llama-cpp/linux-x64");
    const path = join(dirname(main), "..", "bins", "linux-x64", "libggml-base.so");
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
