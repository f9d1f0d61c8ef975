/** NumPy's type strings (`<f4`, `|u1`) as element types. */
import type { ElementType } from "../tensor.ts";

const kinds: ReadonlyMap<string, ElementType> = new Map([
  ["f8", "F64"],
  ["f4", "F32"],
  ["f2", "F16"],
  ["i8", "I64"],
  ["i4", "I32"],
  ["i2", "I16"],
  ["i1", "I8"],
  ["u8", "U64"],
  ["u4", "U32"],
  ["u2", "U16"],
  ["u1", "U8"],
  ["b1", "BOOL"],
  ["c8", "C64"],
  ["c16", "C128"],
] as const);

/** Type and byte order of a type string; `undefined` for structures, strings, objects and dates. */
export function numpyType(
  text: string,
): { readonly type: ElementType; readonly byteOrder: "little" | "big" } | undefined {
  const match = /^([<>|=]?)([a-z]\d{1,2})$/.exec(text);
  const type = match === null ? undefined : kinds.get(match[2]!);
  if (match === null || type === undefined) return undefined;
  return { type, byteOrder: match[1] === ">" ? "big" : "little" };
}
