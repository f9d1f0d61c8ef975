/**
 * What a parsed model file is, whatever its container: named tensors, each of a type, placed in a
 * part. Nothing here holds weights; they stay where they are until somebody reads them.
 */
import type { Refused } from "./core.ts";
import type { Reader } from "./reader.ts";

/**
 * One value at a time. Sub-byte values are packed low bits first. F4 is E2M1 and F8_E8M0 the scale
 * of OCP MX v1.0; F8_E4M3 is the "FN" form without infinities. C64 and C128 are pairs of F32, F64.
 */
export type ElementType =
  | ("F64" | "F32" | "F16" | "BF16")
  | ("F8_E4M3" | "F8_E5M2" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" | "F8_E8M0")
  | ("F6_E2M3" | "F6_E3M2" | "F4")
  | ("I64" | "I32" | "I16" | "I8" | "I4" | "I2")
  | ("U64" | "U32" | "U16" | "U8" | "U4" | "U2")
  | ("BOOL" | "C64" | "C128");

/** Block types of ggml (ggml.h `ggml_type`), named as there. */
export type BlockType =
  | ("Q1_0" | "Q2_0" | "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0" | "Q8_1")
  | ("Q2_K" | "Q3_K" | "Q4_K" | "Q5_K" | "Q6_K" | "Q8_K")
  | ("IQ1_S" | "IQ1_M" | "IQ2_XXS" | "IQ2_XS" | "IQ2_S" | "IQ3_XXS" | "IQ3_S")
  | ("IQ4_NL" | "IQ4_XS" | "TQ1_0" | "TQ2_0" | "MXFP4" | "NVFP4");

/**
 * OPAQUE: bytes of a tensor whose type is known to exist but not to us (strings, structures).
 * TREE: one decision tree as a row of F64 (see `formats/trees/tree.ts`).
 */
export type TensorType = ElementType | BlockType | "OPAQUE" | "TREE";

/** Bits of one element. */
export const elementBits: { readonly [type in ElementType]: number } = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F8_E8M0: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  I4: 4,
  I2: 2,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  U4: 4,
  U2: 2,
  BOOL: 8,
  C64: 64,
  C128: 128,
};

/** Values and bytes of one block (gguf-py `GGML_QUANT_SIZES`; ggml-common.h for the last two). */
export const blockSizes: {
  readonly [type in BlockType]: { readonly values: number; readonly bytes: number };
} = {
  Q4_0: { values: 32, bytes: 18 },
  Q4_1: { values: 32, bytes: 20 },
  Q5_0: { values: 32, bytes: 22 },
  Q5_1: { values: 32, bytes: 24 },
  Q8_0: { values: 32, bytes: 34 },
  Q8_1: { values: 32, bytes: 36 },
  Q2_K: { values: 256, bytes: 84 },
  Q3_K: { values: 256, bytes: 110 },
  Q4_K: { values: 256, bytes: 144 },
  Q5_K: { values: 256, bytes: 176 },
  Q6_K: { values: 256, bytes: 210 },
  Q8_K: { values: 256, bytes: 292 },
  IQ1_S: { values: 256, bytes: 50 },
  IQ1_M: { values: 256, bytes: 56 },
  IQ2_XXS: { values: 256, bytes: 66 },
  IQ2_XS: { values: 256, bytes: 74 },
  IQ2_S: { values: 256, bytes: 82 },
  IQ3_XXS: { values: 256, bytes: 98 },
  IQ3_S: { values: 256, bytes: 110 },
  IQ4_NL: { values: 32, bytes: 18 },
  IQ4_XS: { values: 256, bytes: 136 },
  TQ1_0: { values: 256, bytes: 54 },
  TQ2_0: { values: 256, bytes: 66 },
  MXFP4: { values: 32, bytes: 17 },
  NVFP4: { values: 64, bytes: 36 },
  Q1_0: { values: 128, bytes: 18 },
  Q2_0: { values: 64, bytes: 18 },
};

/** True for a type whose values come in blocks. */
export function isBlockType(type: TensorType): type is BlockType {
  return Object.hasOwn(blockSizes, type);
}

/**
 * Bytes of `count` contiguous values of a type, or `undefined`: OPAQUE, a count that does not fill
 * whole blocks, or a size that is not a safe integer. Sub-byte values round up to a whole byte.
 */
export function bytesOf(type: TensorType, count: number): number | undefined {
  let bytes: number;
  if (type === "OPAQUE") return undefined;
  if (type === "TREE") {
    bytes = count * 8;
  } else if (isBlockType(type)) {
    const block = blockSizes[type];
    if (count % block.values !== 0) return undefined;
    bytes = (count / block.values) * block.bytes;
  } else {
    const bits = elementBits[type];
    bytes = bits % 8 === 0 ? count * (bits / 8) : Math.ceil((count * bits) / 8);
  }
  return Number.isSafeInteger(bytes) && Number.isSafeInteger(count) ? bytes : undefined;
}

/** A run of bytes in a part of the model. Always inside the part: the format reader checked. */
export type Placement = {
  /** Index into {@link Model.parts}. */
  readonly part: number;
  readonly offset: number;
  /** In bytes. For a strided view: from its first to past its last element. */
  readonly length: number;
};

/**
 * How stored numbers become weights where the container says so for one tensor alone.
 * `zero`: scale × (stored − zero) (TFLite, ONNX). `minimum`: stored × scale + minimum (tfjs).
 * One scale for all, or one for each index of `axis`.
 */
export type Affine = {
  readonly kind: "zero" | "minimum";
  readonly scales: readonly number[];
  /** As many as scales. */
  readonly offsets: readonly number[];
  readonly axis: number;
};

/** One tensor as stored. Shape is outermost first (row-major): the last dimension is contiguous. */
export type Tensor = {
  /** Inert (see `inert.ts`): printable, at most 1,024 characters, distinct names stay distinct. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly data: Placement;
  /** Byte order of elements wider than a byte. Block types too (GGUF big endian). */
  readonly byteOrder: "little" | "big";
  /**
   * In elements, one for each dimension, none negative; the first element lies at `data.offset`.
   * Absent: contiguous row-major. Column-major (Fortran) arrays come as strides.
   */
  readonly strides?: readonly number[];
  readonly affine?: Affine;
};

/**
 * Ways to pack one logical weight matrix into several tensors. The two of NVFP4 differ in the
 * global scale: ModelOpt's multiplies, compressed-tensors' divides.
 */
export type PackingScheme =
  | "gptq"
  | "awq"
  | "bnb-4bit"
  | "bnb-int8"
  | "compressed-tensors-int"
  | "compressed-tensors-float"
  | "fp8-block"
  | "mxfp4"
  | "nvfp4"
  | "compressed-tensors-nvfp4"
  | "mlx-affine"
  | "onnx-qdq";

/** What a tensor is to a packed weight. */
export type PackingRole =
  | ("weight" | "scales" | "zeros" | "biases" | "groupIndex" | "shape")
  | ("codebook" | "nestedScales" | "nestedCodebook" | "state" | "globalScale" | "inputScale");

/** A weight whose values are packed in several tensors of {@link Model.tensors}. */
export type PackedWeight = {
  /** Name the unpacked weight has in the original model, e.g. `layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  readonly scheme: PackingScheme;
  /** Logical, outermost first (output × input for a linear layer), where it could be told. */
  readonly shape: readonly number[];
  /** Bits of a stored value. */
  readonly bits: number;
  /** Values that share a scale along the input; 0 when one scale serves a whole row or tensor. */
  readonly groupSize: number;
  /** Indices into {@link Model.tensors}. `weight` is always there. */
  readonly roles: { readonly [role in PackingRole]?: number };
};

/** A run of bytes that tensors lie in: the file itself, a shard, or a decoded stretch of it. */
export type Part = {
  /** Inert. The file itself is "". A shard has its file name, an archive member its path. */
  readonly name: string;
  readonly reader: Reader;
  /** True if these bytes are not in a file as they are, but decoded (deflate, varints, chunks). */
  readonly derived: boolean;
};

/** What was found wrong or left out, short of refusing. Closed. */
export type WarningCode =
  | "hole"
  | "overlap"
  | "duplicate-name"
  | "unknown-type"
  | "unsafe-global"
  | "missing-part"
  | "path-refused"
  | "wrong-length"
  | "unsupported"
  | "limit-reached"
  | "trailing-bytes";

export type Warning = { readonly code: WarningCode; readonly detail: string };

/** Containers. `keras` is the zip, `hdf5` the file. MLX is safetensors or npz, packed. */
export type Format =
  | ("safetensors" | "gguf" | "pytorch-zip" | "pytorch-legacy" | "onnx" | "tflite")
  | ("hdf5" | "keras" | "npy" | "npz" | "tensorflowjs")
  | ("lightgbm" | "xgboost" | "catboost");

/** How much of the bytes the parsed structure accounts for. */
export type Coverage = {
  /** Bytes of all parts that are not derived. */
  readonly total: number;
  /** Bytes of headers and tensors, each counted once. */
  readonly explained: number;
  /** Longest unexplained runs, longest first, at most 16. Weights may hide there. */
  readonly holes: readonly Placement[];
};

/** A parsed model file, or the shards of one model together. */
export type Model = {
  readonly format: Format;
  /** In file order of their data where the format has one. */
  readonly tensors: readonly Tensor[];
  readonly packed: readonly PackedWeight[];
  /** Inert text, bounded in number and length. Keys are the format's own. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
  readonly warnings: readonly Warning[];
  readonly coverage: Coverage;
};

/** What opening yields. */
export type Opened = Model | Refused;
