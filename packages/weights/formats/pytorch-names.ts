/** The names that torch checkpoints may hold, and what they mean. A name is all they ever are. */
import type { ElementType } from "../tensor.ts";

/** Storage classes of torch; untyped ones hold bytes. */
export const storageTypes: ReadonlyMap<string, ElementType> = new Map([
  ["DoubleStorage", "F64"],
  ["FloatStorage", "F32"],
  ["HalfStorage", "F16"],
  ["BFloat16Storage", "BF16"],
  ["LongStorage", "I64"],
  ["IntStorage", "I32"],
  ["ShortStorage", "I16"],
  ["CharStorage", "I8"],
  ["ByteStorage", "U8"],
  ["BoolStorage", "BOOL"],
  ["ComplexFloatStorage", "C64"],
  ["ComplexDoubleStorage", "C128"],
  ["QInt8Storage", "I8"],
  ["QUInt8Storage", "U8"],
  ["QInt32Storage", "I32"],
  ["QUInt4x2Storage", "U8"],
  ["QUInt2x4Storage", "U8"],
  ["Float8_e4m3fnStorage", "F8_E4M3"],
  ["Float8_e5m2Storage", "F8_E5M2"],
  ["UntypedStorage", "U8"],
] as const);

/** `torch.<dtype>` globals, for tensors over untyped storages. */
export const dtypes: ReadonlyMap<string, ElementType> = new Map([
  ["float64", "F64"],
  ["float32", "F32"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["float8_e4m3fn", "F8_E4M3"],
  ["float8_e5m2", "F8_E5M2"],
  ["float8_e4m3fnuz", "F8_E4M3FNUZ"],
  ["float8_e5m2fnuz", "F8_E5M2FNUZ"],
  ["float8_e8m0fnu", "F8_E8M0"],
  ["float4_e2m1fn_x2", "U8"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint64", "U64"],
  ["uint32", "U32"],
  ["uint16", "U16"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
  ["complex64", "C64"],
  ["complex128", "C128"],
] as const);

/** Globals that honest checkpoints name and that only make data. None is ever called here. */
const knownGlobals = new Set([
  "collections.OrderedDict",
  "collections.defaultdict",
  "collections.Counter",
  "torch.Size",
  "torch.device",
  "torch.Tensor",
  "torch.nn.parameter.Parameter",
  "torch.serialization._get_layout",
  "torch.per_tensor_affine",
  "torch.per_channel_affine",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_tensor_v3",
  "torch._utils._rebuild_parameter",
  "torch._utils._rebuild_parameter_with_state",
  "torch._utils._rebuild_qtensor",
  "torch._utils._rebuild_sparse_tensor",
  "torch._tensor._rebuild_from_type_v2",
  "numpy.core.multiarray._reconstruct",
  "numpy._core.multiarray._reconstruct",
  "numpy.core.multiarray.scalar",
  "numpy._core.multiarray.scalar",
  "numpy.ndarray",
  "numpy.dtype",
  "_codecs.encode",
  ...["__builtin__", "builtins"].flatMap((module) =>
    ["set", "frozenset", "dict", "list", "tuple", "int", "float", "bool", "str", "bytes"].map(
      (name) => `${module}.${name}`,
    ),
  ),
]);

/** True for a global that only makes data; any other is told as unsafe. */
export function isKnownGlobal(name: string): boolean {
  if (knownGlobals.has(name)) return true;
  if (!name.startsWith("torch.")) return false;
  const last = name.slice(name.lastIndexOf(".") + 1);
  const direct = name === `torch.${last}` || name === `torch.storage.${last}`;
  return direct && (storageTypes.has(last) || dtypes.has(last));
}
