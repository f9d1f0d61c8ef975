/** Datatype, dataspace, layout and filter messages. */
import type { ElementType } from "../../tensor.ts";
import { dimensionsMax } from "../draft.ts";
import { must } from "../stop.ts";
import { Fields, type HdfFile } from "./file.ts";

export type HdfType = {
  readonly type: ElementType | "OPAQUE";
  readonly byteOrder: "little" | "big";
  /** In bytes. */
  readonly width: number;
};

/** What an element of a dataset is. Strings, references and structures are OPAQUE. */
export function typeOf(file: HdfFile, data: Uint8Array): HdfType {
  const fields = new Fields(file, data, 0);
  const head = fields.u8();
  const bits = fields.u8();
  fields.take(2);
  const width = fields.u32();
  const byteOrder = (bits & 1) === 0 ? "little" : "big";
  const kind = head & 15;
  // An enumeration of one byte is how h5py writes booleans.
  if (kind === 8 && width === 1) return { type: "BOOL", byteOrder, width };
  if (kind === 0) {
    const name = `${(bits & 8) === 0 ? "U" : "I"}${8 * width}`;
    return { type: integerTypes.get(name) ?? "OPAQUE", byteOrder, width };
  }
  if (kind === 1) {
    fields.take(5);
    const exponentBits = fields.u8();
    return { type: floatTypes.get(`${width}/${exponentBits}`) ?? "OPAQUE", byteOrder, width };
  }
  return { type: "OPAQUE", byteOrder, width };
}

const integerTypes: ReadonlyMap<string, ElementType> = new Map(
  (["U8", "U16", "U32", "U64", "I8", "I16", "I32", "I64"] as const).map((type) => [type, type]),
);

/** By width in bytes and bits of the exponent. */
const floatTypes: ReadonlyMap<string, ElementType> = new Map([
  ["8/11", "F64"],
  ["4/8", "F32"],
  ["2/5", "F16"],
  ["2/8", "BF16"],
  ["1/4", "F8_E4M3"],
  ["1/5", "F8_E5M2"],
] as const);

/** Sizes of a dataspace, and the most they may grow to (infinite for unlimited). */
export type Space = { readonly shape: readonly number[]; readonly most: readonly number[] };

/** A dataspace; `undefined` for the null one, which holds nothing. */
export function spaceOf(file: HdfFile, data: Uint8Array): Space | undefined {
  const fields = new Fields(file, data, 0);
  const version = fields.u8();
  must(version === 1 || version === 2, "a dataspace of unknown version");
  const rank = fields.u8();
  must(rank <= dimensionsMax, "too many dimensions");
  const flags = fields.u8();
  const kind = fields.u8();
  if (version === 1) fields.take(4);
  else if (kind === 2) return undefined;
  const shape = Array.from({ length: rank }, () => fields.length());
  // An unlimited size is all ones, as an undefined address is.
  const most = (size: number): number =>
    (flags & 1) === 0 ? size : (fields.lengthOrUnlimited() ?? Number.POSITIVE_INFINITY);
  return { shape, most: shape.map(most) };
}

export type ChunkIndex =
  | { readonly kind: "tree"; readonly address: number | undefined }
  | { readonly kind: "single"; readonly address: number | undefined; readonly size: number }
  | { readonly kind: "implicit"; readonly address: number | undefined }
  | { readonly kind: "fixed"; readonly address: number | undefined }
  | { readonly kind: "extensible"; readonly address: number | undefined }
  | { readonly kind: "tree2"; readonly address: number | undefined };

export type Layout =
  | { readonly kind: "compact"; readonly at: number; readonly length: number }
  | { readonly kind: "contiguous"; readonly address: number | undefined; readonly length: number }
  | { readonly kind: "chunked"; readonly chunk: readonly number[]; readonly index: ChunkIndex }
  | { readonly kind: "unsupported" };

/** Where a dataset's values are. `at` of a compact one: offset within the message. */
export function layoutOf(file: HdfFile, data: Uint8Array): Layout {
  const fields = new Fields(file, data, 0);
  const version = fields.u8();
  // Versions 1 and 2 ended with HDF5 1.6; version 5 (HDF5 2.0) only widens a field of 4.
  if (version < 3 || version > 5) return { kind: "unsupported" };
  const kind = fields.u8();
  if (kind === 0) {
    const length = fields.u16();
    return { kind: "compact", at: fields.at, length };
  }
  if (kind === 1) return { kind: "contiguous", address: fields.address(), length: fields.length() };
  if (kind !== 2) return { kind: "unsupported" };
  return version === 3 ? chunkedVersion3(fields) : chunkedVersion4(fields);
}

function chunkedVersion3(fields: Fields): Layout {
  const rank = fields.u8() - 1;
  const address = fields.address();
  const chunk = Array.from({ length: Math.max(rank, 0) }, () => fields.u32());
  return { kind: "chunked", chunk, index: { kind: "tree", address } };
}

function chunkedVersion4(fields: Fields): Layout {
  const flags = fields.u8();
  const rank = fields.u8() - 1;
  const width = fields.u8();
  const chunk = Array.from({ length: Math.max(rank, 0) }, () => fields.uint(width));
  fields.uint(width);
  const kind = fields.u8();
  if (kind === 1) {
    const filtered = (flags & 2) !== 0;
    const size = filtered ? fields.length() : 0;
    if (filtered) fields.take(4);
    return { kind: "chunked", chunk, index: { kind: "single", address: fields.address(), size } };
  }
  const kinds = new Map([
    [2, { skip: 0, kind: "implicit" as const }],
    [3, { skip: 1, kind: "fixed" as const }],
    [4, { skip: 5, kind: "extensible" as const }],
    [5, { skip: 6, kind: "tree2" as const }],
  ]);
  const known = kinds.get(kind);
  if (known === undefined) return { kind: "unsupported" };
  fields.take(known.skip);
  return { kind: "chunked", chunk, index: { kind: known.kind, address: fields.address() } };
}

/** A filter of a pipeline, by its registered number, with its client data. */
export type Filter = { readonly id: number; readonly values: readonly number[] };

/** Filters in the order in which they were applied on writing. */
export function filtersOf(file: HdfFile, data: Uint8Array): readonly Filter[] {
  const fields = new Fields(file, data, 0);
  const version = fields.u8();
  must(version === 1 || version === 2, "a filter pipeline of unknown version");
  const count = fields.u8();
  must(count <= 32, "more than 32 filters");
  if (version === 1) fields.take(6);
  const filters: Filter[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = fields.u16();
    const nameLength = version === 1 || id >= 256 ? fields.u16() : 0;
    fields.take(2);
    const valueCount = fields.u16();
    fields.take(version === 1 ? Math.ceil(nameLength / 8) * 8 : nameLength);
    filters.push({ id, values: Array.from({ length: valueCount }, () => fields.u32()) });
    if (version === 1 && valueCount % 2 === 1) fields.take(4);
  }
  return filters;
}
