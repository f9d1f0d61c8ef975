/**
 * ONNX: a protobuf ModelProto (onnx.proto3), walked without decoding it: initializers, tensors in
 * the attributes of nodes (Constant), subgraphs and functions, and the number lists of tree
 * ensembles. No magic number: the walk over the outermost fields tells.
 */

import { forwardReader } from "../archives/forward-reader.ts";
import type { Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import {
  addPart,
  addTensor,
  blobBytesMin,
  explainAround,
  finish,
  newDraft,
  note,
  type Run as Stretch,
  warn,
} from "./draft.ts";
import { type ElementCoding, elementStream, type Run } from "./element-stream.ts";
import { type Dequantize, packDequantized } from "./onnx-quantised.ts";
import {
  addRun,
  gather,
  newTensor,
  type OnnxFile,
  type OnnxTensor,
  placeTensor,
  textOf,
} from "./onnx-tensor.ts";
import { type Field, openFields } from "./protobuf.ts";
import { must, stop } from "./stop.ts";

/** Subgraphs inside If and Loop nest a few deep; each level is four messages. */
const depthMax = 128;

/** Fields walked in all: a 2 GB file of two-byte fields must not take minutes. */
const fieldsMax = 20_000_000;

/** Outermost fields looked at before the graph must have come. */
const sniffFieldsMax = 256;

/** Shorter number lists of attributes are axes and sizes, not weights. */
const listCountMin = 16;

/** Wire types of ModelProto's fields: 2 for messages and texts, 0 for numbers. */
const modelWires: ReadonlyMap<number, number> = new Map([
  [1, 0],
  [2, 2],
  [3, 2],
  [4, 2],
  [5, 0],
  [6, 2],
  [7, 2],
  [8, 2],
  [14, 2],
  [20, 2],
  [25, 2],
  [26, 2],
]);

/** True if the bytes are a message of ModelProto's fields that has a graph and an IR version. */
export async function looksLikeOnnx(reader: Reader): Promise<boolean> {
  const fields = openFields(reader);
  const seen = new Set<number>();
  let at = 0;
  for (let count = 0; at < reader.size && count < sniffFieldsMax; count += 1) {
    const field = await fields.field(at, reader.size);
    // A field nobody knows does not make a model unreadable to those who run it, nor to us.
    const wire = modelWires.get(field.number);
    if (wire !== undefined && wire !== field.wire) return false;
    if (field.number === 1 && (field.value < 1 || field.value > 1_000)) return false;
    seen.add(field.number);
    at = field.offset + field.length;
  }
  return seen.has(7) && (seen.has(1) || seen.has(8));
}

/** Messages of ModelProto that are walked into. */
const modelMessages: ReadonlyMap<number, Message> = new Map([
  [7, "graph"],
  [14, "prop"],
  [20, "training"],
  [25, "function"],
] as const);

type Message =
  | "model"
  | "function"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "sparse"
  | "training"
  | "prop";

type Frame = {
  readonly message: Message;
  at: number;
  readonly end: number;
  /** Name for tensors that have none: of the node they belong to. */
  name: string;
  readonly tensor?: OnnxTensor;
  /** Of a node: what it computes from what. */
  operator: string;
  readonly inputs: string[];
  readonly floats: Run[];
  readonly integers: Run[];
  counts: { floats: number; integers: number };
  key: string;
};

type Walk = OnnxFile & {
  readonly frames: Frame[];
  readonly dequantised: Dequantize[];
  /** Long fields that are no values: texts, or attributes that hold something else whole. */
  readonly blobs: Stretch[];
};

/** Reads one ONNX file and the external data it names. */
export async function readOnnx(reader: Reader, options: OpenOptions): Promise<Model> {
  const draft = newDraft("onnx", "told");
  addPart(draft, "", reader);
  const walk: Walk = {
    draft,
    fields: openFields(reader),
    siblings: options.siblings,
    externals: new Map(),
    frames: [newFrame("model", 0, reader.size, "")],
    dequantised: [],
    blobs: [],
  };
  let walked = 0;
  for (let frame = walk.frames.at(-1); frame !== undefined; frame = walk.frames.at(-1)) {
    if (frame.at >= frame.end) {
      walk.frames.pop();
      await close(walk, frame);
      continue;
    }
    walked += 1;
    if (walked > fieldsMax) stop("oversized", `a model of more than ${fieldsMax} fields`);
    const at = frame.at;
    const got = walk.fields.field(at, frame.end);
    const field = got instanceof Promise ? await got : got;
    frame.at = field.offset + field.length;
    const inner = innerMessage(frame.message, field);
    if (inner === undefined) {
      if (field.length >= blobBytesMin && !isValues(frame, field)) walk.blobs.push(field);
      await takeField(walk, frame, field, at);
    } else open(walk, frame, inner, field);
  }
  packDequantized(draft, walk.dequantised);
  const values = draft.tensors.filter(({ data }) => data.part === 0).map(({ data }) => data);
  const whole = { part: 0, offset: 0, length: reader.size };
  explainAround(draft, whole, [...values, ...walk.blobs]);
  return finish(draft);
}

/** Fields of values: of a tensor, and the number lists of an attribute. */
function isValues({ message }: Frame, { number }: Field): boolean {
  if (message === "tensor") return [4, 5, 7, 9, 10, 11].includes(number);
  return message === "attribute" && (number === 7 || number === 8);
}

function newFrame(message: Message, at: number, end: number, name: string): Frame {
  const counts = { floats: 0, integers: 0 };
  const lists = { inputs: [], floats: [], integers: [], counts };
  const frame = { message, at, end, name, operator: "", key: "", ...lists };
  return message === "tensor" ? { ...frame, tensor: newTensor() } : frame;
}

function open(walk: Walk, frame: Frame, message: Message, field: Field): void {
  must(field.wire === 2, "a message that is none");
  if (walk.frames.length >= depthMax) {
    warn(walk.draft, "limit-reached", `messages nested more than ${depthMax} deep`);
    return;
  }
  const inAttribute = frame.message === "attribute" && frame.key !== "value";
  const name = inAttribute ? `${frame.name}.${frame.key}` : frame.name;
  const end = field.offset + field.length;
  // A node of a subgraph is named by its own output, not by the node that holds the subgraph.
  walk.frames.push(newFrame(message, field.offset, end, message === "node" ? "" : name));
}

/** Which message a field of a message is, if it is one that can lead to tensors. */
function innerMessage(message: Message, { number }: Field): Message | undefined {
  switch (message) {
    case "model":
      return modelMessages.get(number);
    case "function":
      return number === 7 ? "node" : undefined;
    case "training":
      return number === 1 || number === 2 ? "graph" : undefined;
    case "graph":
      return number === 1 ? "node" : number === 5 ? "tensor" : number === 15 ? "sparse" : undefined;
    case "sparse":
      return number === 1 || number === 2 ? "tensor" : undefined;
    case "node":
      return number === 5 ? "attribute" : undefined;
    case "attribute":
      if (number === 5 || number === 10) return "tensor";
      if (number === 6 || number === 11) return "graph";
      return number === 22 || number === 23 ? "sparse" : undefined;
    case "tensor":
    case "prop":
      return undefined;
    default:
      return message satisfies never;
  }
}

async function takeField(walk: Walk, frame: Frame, field: Field, at: number): Promise<void> {
  const { fields, draft } = walk;
  if (frame.message === "tensor") return gather(walk, frame.tensor!, field, at);
  if (frame.message === "model" && (field.number === 2 || field.number === 3)) {
    note(draft, field.number === 2 ? "producer" : "producer_version", await textOf(fields, field));
  } else if (frame.message === "graph" && field.number === 2) {
    note(draft, "graph", await textOf(fields, field));
  } else if (frame.message === "node") {
    await takeNodeField(walk, frame, field);
  } else if (frame.message === "attribute") {
    if (field.number === 1) frame.key = await textOf(fields, field);
    if (field.number === 7) count(frame, "floats", field, at);
    if (field.number === 8) count(frame, "integers", field, at);
  } else if (frame.message === "prop" && field.length <= 4_096) {
    if (field.number === 1) frame.key = await textOf(fields, field);
    if (field.number === 2) note(draft, frame.key, await textOf(fields, field));
  }
}

async function takeNodeField(walk: Walk, frame: Frame, field: Field): Promise<void> {
  if (field.number === 1 && frame.inputs.length < 64) {
    frame.inputs.push(await textOf(walk.fields, field));
  }
  // Outputs are unique in a graph; node names need not be there at all.
  if (field.number === 2 && frame.name === "") frame.name = await textOf(walk.fields, field);
  if (field.number === 4) frame.operator = await textOf(walk.fields, field);
}

function count(frame: Frame, list: "floats" | "integers", field: Field, at: number): void {
  addRun(frame[list], field, at);
  if (field.wire !== 2) frame.counts[list] += 1;
  else frame.counts[list] += list === "floats" ? Math.floor(field.length / 4) : Number.NaN;
}

async function close(walk: Walk, frame: Frame): Promise<void> {
  if (frame.tensor !== undefined) {
    await placeTensor(walk, frame.tensor, frame.name);
  } else if (frame.message === "node" && frame.operator === "DequantizeLinear") {
    walk.dequantised.push({ inputs: frame.inputs });
  } else if (frame.message === "attribute") {
    const name = `${frame.name}.${frame.key}`;
    const { floats, integers } = frame.counts;
    addList(walk, { name, runs: frame.floats, count: floats, type: "F32" });
    addList(walk, { name, runs: frame.integers, count: integers, type: "I64" });
  }
}

/** A number list of an attribute: the thresholds and leaves of a tree ensemble are nothing else. */
function addList(
  { draft }: Walk,
  list: {
    readonly name: string;
    readonly runs: readonly Run[];
    readonly count: number;
    readonly type: "F32" | "I64";
  },
): void {
  // A packed integer list does not say how many it holds, and no known exporter writes one.
  if (!(list.count >= listCountMin)) return;
  const width = list.type === "F32" ? 4 : 8;
  const coding: ElementCoding = { coding: list.type === "F32" ? "fixed" : "varint", width };
  const stream = elementStream(draft.parts[0]!.reader, list.runs, coding);
  const part = addPart(draft, list.name, forwardReader(stream, list.count * width), true);
  addTensor(draft, { name: list.name, shape: [list.count], type: list.type, part, offset: 0 });
}
