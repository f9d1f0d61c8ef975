/** TensorFlow Lite (LiteRT): a flatbuffer, schema.fbs of TensorFlow, identifier TFL3. */
import { inert, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";
import { type Affine, bytesOf, type ElementType, type Model } from "../tensor.ts";
import {
  addPart,
  addTensor,
  countOf,
  type Draft,
  dimensionsMax,
  explain,
  finish,
  newDraft,
  note,
  tensorsMax,
  warn,
} from "./draft.ts";
import {
  type FlatFile,
  type FlatTable,
  type FlatVector,
  flatText,
  inner,
  openFlat,
  scalar,
  tableAt,
  vector,
  vectorBytes,
} from "./flatbuffer.ts";
import { must } from "./stop.ts";

/** `TensorType` of the schema. 5, 13 and 14 are strings and handles. */
const types: ReadonlyMap<number, ElementType> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "I32"],
  [3, "U8"],
  [4, "I64"],
  [6, "BOOL"],
  [7, "I16"],
  [8, "C64"],
  [9, "I8"],
  [10, "F64"],
  [11, "C128"],
  [12, "U64"],
  [15, "U32"],
  [16, "U16"],
  [17, "I4"],
  [18, "BF16"],
  [19, "I2"],
  [20, "U4"],
] as const);

/** Scales of one tensor: one for each output channel. */
const scalesMax = 262_144;

/** True for the identifier at byte 4. */
export function looksLikeTflite(head: Uint8Array): boolean {
  return head[4] === 0x54 && head[5] === 0x46 && head[6] === 0x4c && head[7] === 0x33;
}

/** Reads a TFLite file: all tensors of all subgraphs that have a buffer of data. */
export async function readTflite(reader: Reader): Promise<Model> {
  const draft = newDraft("tflite", "told");
  addPart(draft, "", reader);
  const file = openFlat(reader);
  const model = await tableAt(file, 0);
  note(draft, "description", await flatText(file, model, 3));
  const buffers = await buffersOf(file, model);
  const subgraphs = await vector(file, model, { field: 2, width: 4 });
  must(subgraphs !== undefined && subgraphs.count <= 65_536, "no subgraphs, or too many");
  for (let index = 0; index < subgraphs.count; index += 1) {
    const subgraph = await tableAt(file, subgraphs.at + 4 * index);
    const tensors = await vector(file, subgraph, { field: 0, width: 4 });
    for (let number = 0; number < (tensors?.count ?? 0); number += 1) {
      await addFlatTensor({ draft, file, buffers }, await tableAt(file, tensors!.at + 4 * number));
    }
  }
  explainTables(draft, reader.size);
  return finish(draft);
}

/** Tables lie between the buffers: what is left over is theirs, except for long runs. */
function explainTables(draft: Draft, size: number): void {
  const tablesMax = 262_144;
  let at = 0;
  const placed = draft.tensors.map(({ data }) => data).sort((a, b) => a.offset - b.offset);
  for (const { offset, length } of [...placed, { offset: size, length: 0 }]) {
    const gap = offset - at;
    if (gap > 0 && gap <= tablesMax) explain(draft, 0, at, gap);
    at = Math.max(at, offset + length);
  }
}

async function buffersOf(file: FlatFile, model: FlatTable): Promise<readonly FlatVector[]> {
  const found = await vector(file, model, { field: 4, width: 4 });
  const buffers: FlatVector[] = [];
  must((found?.count ?? 0) <= tensorsMax, "too many buffers");
  for (let index = 0; index < (found?.count ?? 0); index += 1) {
    const table = await tableAt(file, found!.at + 4 * index);
    const data = await vector(file, table, { field: 0, width: 1 });
    // Models past 2 GB keep the bytes after the flatbuffer; an offset of 0 or 1 is none.
    const at = await scalar(file, table, { field: 1, width: 8, otherwise: 0 });
    const count = await scalar(file, table, { field: 2, width: 8, otherwise: 0 });
    buffers.push(at > 1 ? { at, count } : (data ?? { at: 0, count: 0 }));
  }
  return buffers;
}

async function addFlatTensor(
  into: { readonly draft: Draft; readonly file: FlatFile; readonly buffers: readonly FlatVector[] },
  table: FlatTable,
): Promise<void> {
  const { draft, file, buffers } = into;
  const buffer = buffers[await scalar(file, table, { field: 2, width: 4, otherwise: 0 })];
  // Buffer 0 is the empty one of tensors that are computed.
  if (buffer === undefined || buffer.count === 0) return;
  const name = await flatText(file, table, 3);
  const type = types.get(await scalar(file, table, { field: 1, width: 1, otherwise: 0 }));
  const sizes = await vector(file, table, { field: 0, width: 4 });
  const shape: number[] = [];
  if (sizes !== undefined) {
    const bytes = await vectorBytes(file, sizes, { width: 4, most: dimensionsMax });
    const view = new DataView(bytes.buffer);
    for (let axis = 0; axis < sizes.count; axis += 1) shape.push(view.getInt32(4 * axis, true));
  }
  const shown = inert(name, nameCharactersMax);
  if ((await inner(file, table, 6)) !== undefined) {
    // Its values are there, without the zeros between them: as good as any to know them by.
    warn(draft, "unsupported", `${shown}: a sparse tensor, of which the values alone are read`);
    const width = type === undefined ? undefined : bytesOf(type, 1);
    const values = width === undefined ? 0 : Math.floor(buffer.count / width);
    const flat = { name, shape: [values], part: 0, offset: buffer.at };
    if (type !== undefined) addTensor(draft, { ...flat, type });
    return;
  }
  if (type === undefined) return;
  if (countOf(shape) === undefined) warn(draft, "wrong-length", `${shown}: a shape that is none`);
  const affine = await affineOf(file, table);
  const { at: offset, count: length } = buffer;
  addTensor(draft, { name, shape, type, part: 0, offset, length, affine });
}

async function affineOf(file: FlatFile, table: FlatTable): Promise<Affine | undefined> {
  const quantization = await inner(file, table, 4);
  if (quantization === undefined) return undefined;
  const scales = await vector(file, quantization, { field: 2, width: 4 });
  if (scales === undefined || scales.count === 0) return undefined;
  const zeros = await vector(file, quantization, { field: 3, width: 8 });
  const scaleBytes = await vectorBytes(file, scales, { width: 4, most: scalesMax });
  const zeroBytes =
    zeros?.count === scales.count
      ? await vectorBytes(file, zeros, { width: 8, most: scalesMax })
      : new Uint8Array(8 * scales.count);
  const scaleView = new DataView(scaleBytes.buffer);
  const zeroView = new DataView(zeroBytes.buffer);
  const indices = Array.from({ length: scales.count }, (_, index) => index);
  return {
    kind: "zero",
    scales: indices.map((index) => scaleView.getFloat32(4 * index, true)),
    offsets: indices.map((index) => Number(zeroView.getBigInt64(8 * index, true))),
    axis: await scalar(file, quantization, { field: 6, width: 4, otherwise: 0 }),
  };
}
