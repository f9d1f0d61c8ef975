/** TensorProto (onnx.proto3): its fields gathered, then placed in the file or beside it. */
import { forwardReader } from "../archives/forward-reader.ts";
import { fromUtf8 } from "../core.ts";
import { inert, nameCharactersMax } from "../inert.ts";
import { bytesOf, type ElementType } from "../tensor.ts";
import { type Siblings, safeSiblingName } from "./context.ts";
import { addPart, addTensor, countOf, type Draft, dimensionsMax, warn } from "./draft.ts";
import { type ElementCoding, elementStream, type Run } from "./element-stream.ts";
import type { Field, FieldReader } from "./protobuf.ts";
import { varint } from "./protobuf.ts";
import { must, stop } from "./stop.ts";

/** TensorProto.DataType. 8 is STRING. */
export const onnxTypes: ReadonlyMap<number, ElementType> = new Map([
  [1, "F32"],
  [2, "U8"],
  [3, "I8"],
  [4, "U16"],
  [5, "I16"],
  [6, "I32"],
  [7, "I64"],
  [9, "BOOL"],
  [10, "F16"],
  [11, "F64"],
  [12, "U32"],
  [13, "U64"],
  [14, "C64"],
  [15, "C128"],
  [16, "BF16"],
  [17, "F8_E4M3"],
  [18, "F8_E4M3FNUZ"],
  [19, "F8_E5M2"],
  [20, "F8_E5M2FNUZ"],
  [21, "U4"],
  [22, "I4"],
  [23, "F4"],
  [24, "F8_E8M0"],
  [25, "U2"],
  [26, "I2"],
] as const);

/** Names and locations are short; what is longer is no name. */
const stringBytesMax = 4_096;

/** Repeated unpacked fields of one kind make one run; writers do not interleave them. */
const runsMax = 1_024;

export type OnnxTensor = {
  name: string;
  readonly shape: number[];
  type: number;
  /** Field number of the values: 9 raw, 4 float, 5 int32, 7 int64, 10 double, 11 uint64. */
  valueField: number;
  readonly runs: Run[];
  external: boolean;
  readonly place: Map<string, string>;
};

export type OnnxFile = {
  readonly draft: Draft;
  readonly fields: FieldReader;
  readonly siblings: Siblings | undefined;
  /** Parts of external files by location; −1 for one that is not there. */
  readonly externals: Map<string, number>;
};

/** A TensorProto of which nothing is known yet. */
export function newTensor(): OnnxTensor {
  const place = new Map<string, string>();
  return { name: "", shape: [], type: 0, valueField: 0, runs: [], external: false, place };
}

/** Text of a length-delimited field, not inert. */
export async function textOf(fields: FieldReader, field: Field): Promise<string> {
  must(field.wire === 2 && field.length <= stringBytesMax, "a text that is none or too long");
  const text = fromUtf8(await fields.bytes(field.offset, field.length));
  must(text !== undefined, "a text that is not UTF-8");
  return text;
}

/** Takes one field of a TensorProto. `at`: where its tag starts. */
export async function gather(
  file: OnnxFile,
  tensor: OnnxTensor,
  field: Field,
  at: number,
): Promise<void> {
  const { fields } = file;
  switch (field.number) {
    case 1:
      await gatherShape(fields, tensor.shape, field);
      return;
    case 2:
      tensor.type = field.value;
      return;
    case 4:
    case 5:
    case 7:
    case 9:
    case 10:
    case 11:
      must(tensor.valueField === 0 || tensor.valueField === field.number, "values of two kinds");
      tensor.valueField = field.number;
      addRun(tensor.runs, field, at);
      return;
    case 8:
      tensor.name = await textOf(fields, field);
      return;
    case 13:
      await gatherPlace(fields, tensor.place, field);
      return;
    case 14:
      tensor.external = field.value === 1;
      return;
    default:
      return;
  }
}

/** Adds a field of values to its runs, joining unpacked ones that touch. */
export function addRun(runs: Run[], field: Field, at: number): void {
  const end = field.offset + field.length;
  if (field.wire === 2) {
    runs.push({ offset: field.offset, length: field.length, packed: true });
  } else {
    const before = runs.at(-1);
    const joins = before !== undefined && !before.packed && before.offset + before.length === at;
    if (joins) runs.pop();
    const offset = joins ? before.offset : at;
    runs.push({ offset, length: end - offset, packed: false });
  }
  if (runs.length > runsMax) stop("oversized", "values in too many pieces");
}

async function gatherShape(fields: FieldReader, shape: number[], field: Field): Promise<void> {
  if (field.wire === 0) {
    shape.push(field.value);
  } else {
    must(field.wire === 2 && field.length <= 10 * dimensionsMax, "dimensions that are none");
    const bytes = await fields.bytes(field.offset, field.length);
    for (let at = 0; at < bytes.length; ) {
      const { value, size } = varint(bytes, at);
      shape.push(value);
      at += size;
    }
  }
  must(shape.length <= dimensionsMax, "too many dimensions");
}

async function gatherPlace(
  fields: FieldReader,
  place: Map<string, string>,
  field: Field,
): Promise<void> {
  must(field.wire === 2 && place.size < 16, "external data that is none");
  const end = field.offset + field.length;
  let key = "";
  let value = "";
  for (let at = field.offset; at < end; ) {
    const inner = await fields.field(at, end);
    if (inner.number === 1) key = await textOf(fields, inner);
    if (inner.number === 2) value = await textOf(fields, inner);
    at = inner.offset + inner.length;
  }
  place.set(key, value);
}

/** Places a gathered tensor; tells its index. */
export async function placeTensor(
  file: OnnxFile,
  tensor: OnnxTensor,
  fallbackName: string,
): Promise<number | undefined> {
  const { draft } = file;
  const name = tensor.name === "" ? fallbackName : tensor.name;
  const shown = inert(name, nameCharactersMax);
  const type = onnxTypes.get(tensor.type);
  if (type === undefined) {
    // Strings (8) are vocabularies and labels.
    if (tensor.type !== 8) warn(draft, "unknown-type", `${shown}: ONNX type ${tensor.type}`);
    return undefined;
  }
  if (tensor.external) return placeExternal(file, tensor, { name, type });
  const facts = { name, shape: tensor.shape, type };
  const [run] = tensor.runs;
  const count = countOf(tensor.shape);
  if (run === undefined || count === undefined) {
    const empty = count === 0 && run === undefined;
    return empty
      ? addTensor(draft, { ...facts, part: 0, offset: 0, length: 0 })
      : leftOut(draft, shown);
  }
  const coding = codingOf(tensor.valueField, type);
  const isPlain = coding?.coding === "fixed" && run.packed && tensor.runs.length === 1;
  if (tensor.valueField === 9 || isPlain) {
    return addTensor(draft, { ...facts, part: 0, offset: run.offset, length: run.length });
  }
  const length = bytesOf(type, count);
  if (coding === undefined || length === undefined) return leftOut(draft, shown);
  const stream = elementStream(draft.parts[0]!.reader, tensor.runs, coding);
  for (const { offset, length } of tensor.runs) draft.structure.push({ part: 0, offset, length });
  const part = addPart(draft, name, forwardReader(stream, length), true);
  return addTensor(draft, { ...facts, part, offset: 0, length });
}

function leftOut(draft: Draft, shown: string): undefined {
  warn(draft, "wrong-length", `${shown}: no values, or of a kind that does not fit its type`);
}

/** How the values of a typed field are written (onnx.proto3, the comments of TensorProto). */
function codingOf(valueField: number, type: ElementType): ElementCoding | undefined {
  const bytes = bytesOf(type, 1);
  if (valueField === 4) return type === "F32" || type === "C64" ? fixed(4) : undefined;
  if (valueField === 10) return type === "F64" || type === "C128" ? fixed(8) : undefined;
  if (valueField === 7) return type === "I64" ? { coding: "varint", width: 8 } : undefined;
  if (valueField === 11) {
    return type === "U64" || type === "U32"
      ? { coding: "varint", width: bytes as 4 | 8 }
      : undefined;
  }
  // int32_data: also bytes, halves by their bits, and two 4-bit values to a byte.
  if (valueField !== 5 || bytes === undefined || bytes > 4) return undefined;
  return { coding: "varint", width: bytes as 1 | 2 | 4 };
}

function fixed(width: 4 | 8): ElementCoding {
  return { coding: "fixed", width };
}

async function placeExternal(
  file: OnnxFile,
  tensor: OnnxTensor,
  { name, type }: { name: string; type: ElementType },
): Promise<number | undefined> {
  const { draft } = file;
  const shown = inert(name, nameCharactersMax);
  const part = await externalPart(file, tensor.place.get("location") ?? "");
  if (part < 0) return undefined;
  const offset = decimalOf(tensor.place.get("offset") ?? "0");
  const length = decimalOf(tensor.place.get("length"));
  if (offset === undefined) return leftOut(draft, shown);
  const facts = { name, shape: tensor.shape, type, part, offset };
  return addTensor(draft, length === undefined ? facts : { ...facts, length });
}

function decimalOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

async function externalPart(file: OnnxFile, location: string): Promise<number> {
  const known = file.externals.get(location);
  if (known !== undefined) return known;
  const shown = inert(location, nameCharactersMax);
  // ONNX itself had to learn this: locations with ".." were CVE-2022-25882 and CVE-2024-27318.
  const safe = safeSiblingName(location.startsWith("./") ? location.slice(2) : location);
  const reader = safe === undefined ? undefined : await file.siblings?.(safe);
  let part = -1;
  if (safe === undefined) warn(file.draft, "path-refused", shown);
  else if (reader === undefined) warn(file.draft, "missing-part", shown);
  else part = addPart(file.draft, location, reader);
  file.externals.set(location, part);
  return part;
}
