/**
 * From an unpickled checkpoint to tensors: reads the notes of calls that torch would have made
 * (torch/_utils.py, torch/serialization.py) and takes from them names, shapes and places. Any
 * global that is not on the list is told, and stays a note.
 */
import { inert, nameCharactersMax } from "../inert.ts";
import type { Affine, ElementType } from "../tensor.ts";
import { bytesOf } from "../tensor.ts";
import { addTensor, type Draft, warn } from "./draft.ts";
import { isKind, type PickleObject, type PickleValue } from "./pickle-value.ts";
import { addArray } from "./pickled-array.ts";
import { dtypes, isKnownGlobal, storageTypes } from "./pytorch-names.ts";

/** A storage as a persistent id names it. */
export type StorageId = {
  readonly key: string;
  readonly type: ElementType;
  /** In elements of the type, as written. The bytes there are decide. */
  readonly elements: number;
  /** Legacy views start further on in the storage of their root; in elements. */
  readonly viewOffset: number;
};

/** A storage in a part. */
export type Storage = { readonly part: number; readonly offset: number; readonly length: number };

export type Checkpoint = {
  readonly draft: Draft;
  readonly byteOrder: "little" | "big";
  /** Where the pickle itself lies: NumPy arrays have their values in it. */
  readonly pickle: Storage;
  readonly storages: ReadonlyMap<string, Storage>;
};

/** `('storage', torch.FloatStorage, '0', 'cpu', 6)` and, in legacy files, a view. */
export function storageIdOf(id: PickleValue): StorageId | undefined {
  if (!isKind(id, "tuple")) return undefined;
  const [kind, type, key, , elements, view] = id.items;
  if (kind !== "storage" || !isKind(type, "global")) return undefined;
  const name = type.name.slice(type.name.lastIndexOf(".") + 1);
  const element = type.name.startsWith("torch.") ? storageTypes.get(name) : undefined;
  if (element === undefined || typeof elements !== "number") return undefined;
  if (typeof key !== "string" && typeof key !== "number") return undefined;
  const start = isKind(view, "tuple") ? view.items[1] : 0;
  if (typeof start !== "number") return undefined;
  return { key: String(key), type: element, elements, viewOffset: start };
}

/** Objects of a value and everything in it, each once, without recursion; names are paths. */
export function* walk(root: PickleValue): Generator<{ path: string; value: PickleValue }> {
  const seen = new Set<PickleValue>();
  const todo: { path: string; value: PickleValue }[] = [{ path: "", value: root }];
  for (let item = todo.pop(); item !== undefined; item = todo.pop()) {
    const { path, value } = item;
    if (typeof value !== "object" || value === null) continue;
    yield item;
    if (seen.has(value)) continue;
    seen.add(value);
    // The last pushed is walked first: push in reverse to keep the order of the file.
    for (const inner of innerOf(value).reverse()) {
      todo.push({ path: joined(path, inner.step), value: inner.value });
    }
  }
}

const moduleSteps = new Set(["_modules", "_parameters", "_buffers"]);

function joined(path: string, step: string): string {
  // The attributes in which a pickled torch.nn.Module keeps what a state dict names plainly.
  if (step === "" || moduleSteps.has(step)) return path;
  // Long paths come only from nesting made to be long: cut here, so that they cost nothing.
  const whole = path === "" ? step : `${path}.${step}`;
  return whole.length > nameCharactersMax ? whole.slice(0, nameCharactersMax) : whole;
}

type Inner = { readonly step: string; readonly value: PickleValue };

function innerOf(value: Exclude<PickleValue, null | boolean | number | bigint | string>): Inner[] {
  const inner: Inner[] = [];
  const add = (step: string, found: PickleValue | undefined): void => {
    if (typeof found === "object" && found !== null) inner.push({ step, value: found });
  };
  if (value.kind === "persistent") add("", value.id);
  if (value.kind === "list" || value.kind === "tuple" || value.kind === "set") {
    for (const [index, item] of value.items.entries()) add(String(index), item);
  }
  if (value.kind === "object") {
    add("", value.callable);
    add("", value.args);
    add("", value.state);
    for (const [index, item] of value.items.entries()) add(String(index), item);
  }
  if (value.kind === "object" || value.kind === "dict") {
    for (const [key, item] of value.entries) {
      add("", key);
      add(typeof key === "string" || typeof key === "number" ? String(key) : "?", item);
    }
  }
  return inner;
}

/** Adds every tensor found in the value, and tells each global that is not on the list once. */
export function addTensors(checkpoint: Checkpoint, root: PickleValue): void {
  const { draft } = checkpoint;
  const told = new Set<string>();
  const inParameter = new Set<PickleValue>();
  for (const { path, value } of walk(root)) {
    if (isKind(value, "global") && !isKnownGlobal(value.name) && !told.has(value.name)) {
      told.add(value.name);
      warn(draft, "unsafe-global", inert(value.name, nameCharactersMax));
    }
    if (!isKind(value, "object") || inParameter.has(value)) continue;
    const tensor = tensorCall(value, inParameter);
    if (tensor !== undefined) addView(checkpoint, path, tensor);
    else addArray(checkpoint, path, value);
  }
}

/** The innermost call that rebuilds a tensor; wrappers (Parameter) are looked through. */
function tensorCall(
  value: PickleObject,
  wrapped: Set<PickleValue>,
): { readonly name: string; readonly items: readonly PickleValue[] } | undefined {
  let callable = value.callable;
  let args = value.args;
  for (let depth = 0; depth < 4; depth += 1) {
    if (!isKind(callable, "global") || !isKind(args, "tuple")) return undefined;
    const name = callable.name.startsWith("torch.") ? callable.name : "";
    const last = name.slice(name.lastIndexOf(".") + 1);
    if (last === "_rebuild_from_type_v2") {
      callable = args.items[0]!;
      args = args.items[2]!;
      continue;
    }
    if (last === "_rebuild_parameter" || last === "_rebuild_parameter_with_state") {
      const data = args.items[0];
      if (!isKind(data, "object")) return undefined;
      wrapped.add(data);
      callable = data.callable;
      args = data.args;
      continue;
    }
    const rebuilds = /^_rebuild_(?:tensor(?:_v[23])?|qtensor)$/.test(last);
    return rebuilds ? { name: last, items: args.items } : undefined;
  }
  return undefined;
}

function addView(
  checkpoint: Checkpoint,
  path: string,
  call: { readonly name: string; readonly items: readonly PickleValue[] },
): void {
  const { draft } = checkpoint;
  const [source, offset, size, stride, quantizer, , dtype] = call.items;
  const id = isKind(source, "persistent") ? storageIdOf(source.id) : undefined;
  const storage = id === undefined ? undefined : checkpoint.storages.get(id.key);
  const shape = sizes(size);
  const strides = sizes(stride);
  const name = inert(path, nameCharactersMax);
  if (id === undefined || storage === undefined || typeof offset !== "number") {
    warn(draft, "missing-part", `${name}: its storage is not there`);
    return;
  }
  if (shape === undefined || strides === undefined || strides.length !== shape.length) {
    warn(draft, "wrong-length", `${name}: its shape and strides are not sizes`);
    return;
  }
  const named = isKind(dtype, "global") ? dtypes.get(dtype.name.slice("torch.".length)) : undefined;
  const type: ElementType | undefined = call.name === "_rebuild_tensor_v3" ? named : id.type;
  if (type === undefined) {
    warn(draft, "unknown-type", name);
    return;
  }
  const width = bytesOf(type, 1)!;
  const start = storage.offset + (id.viewOffset + offset) * width;
  const length = viewLength(shape, strides, width);
  const room = storage.length - (start - storage.offset);
  if (!Number.isSafeInteger(start) || start < storage.offset || length > room) {
    warn(draft, "wrong-length", `${name}: a view past its storage`);
    return;
  }
  addTensor(draft, {
    name: path,
    shape,
    type,
    part: storage.part,
    offset: start,
    byteOrder: checkpoint.byteOrder,
    ...(isContiguous(shape, strides) ? {} : { strides }),
    affine: call.name === "_rebuild_qtensor" ? quantizerOf(draft, name, quantizer) : undefined,
  });
}

function sizes(value: PickleValue | undefined): readonly number[] | undefined {
  const plain = isKind(value, "object") ? firstOf(value.args) : value;
  if (!isKind(plain, "tuple") && !isKind(plain, "list")) return undefined;
  const numbers: number[] = [];
  for (const item of plain.items) {
    if (typeof item !== "number" || !Number.isSafeInteger(item) || item < 0) return undefined;
    numbers.push(item);
  }
  return numbers;
}

/** `torch.Size((2, 3))` keeps its numbers in the only argument. */
function firstOf(args: PickleValue): PickleValue | undefined {
  return isKind(args, "tuple") ? args.items[0] : undefined;
}

/** Bytes from the first to past the last element, as a float: may be absurd, is then too long. */
function viewLength(shape: readonly number[], strides: readonly number[], bytes: number): number {
  if (shape.includes(0)) return 0;
  let last = 0;
  for (const [axis, size] of shape.entries()) last += (size - 1) * strides[axis]!;
  return (last + 1) * bytes;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** `(torch.per_tensor_affine, scale, zero_point)`, or per channel with lists and an axis. */
function quantizerOf(
  draft: Draft,
  name: string,
  quantizer: PickleValue | undefined,
): Affine | undefined {
  const [, scale, zero, axis] = isKind(quantizer, "tuple") ? quantizer.items : [];
  if (typeof scale === "number" && typeof zero === "number") {
    return { kind: "zero", scales: [scale], offsets: [zero], axis: 0 };
  }
  const scales = isKind(scale, "list") ? scale.items : [];
  const zeros = isKind(zero, "list") ? zero.items : [];
  const areNumbers = [...scales, ...zeros].every((item) => typeof item === "number");
  if (areNumbers && scales.length > 0 && scales.length === zeros.length) {
    const axisNumber = typeof axis === "number" ? axis : 0;
    const [a, b] = [scales as number[], zeros as number[]];
    return { kind: "zero", scales: a, offsets: b, axis: axisNumber };
  }
  warn(draft, "unsupported", `${name}: its quantizer is kept in tensors of its own`);
  return undefined;
}
