/** NumPy's .npy (numpy/lib/format.py, versions 1 to 3) and .npz, a zip of them. */
import { readZip, type Zip } from "../archives/zip.ts";
import { lenientText } from "../inert.ts";
import type { Reader } from "../reader.ts";
import type { Model } from "../tensor.ts";
import type { OpenOptions } from "./context.ts";
import { u16Of, u32Of } from "./cursor.ts";
import { addPart, addTensor, type Draft, explain, finish, newDraft, warn } from "./draft.ts";
import { type Container, memberReader, placeMember } from "./members.ts";
import { numpyType } from "./numpy-type.ts";
import { columnMajor } from "./pickled-array.ts";
import { must } from "./stop.ts";

/** numpy refuses headers past 10,000 characters unless told to trust the file. */
const headerBytesMax = 10_000;

/** True for `\x93NUMPY`. */
export function looksLikeNpy(head: Uint8Array): boolean {
  return lenientText(head.subarray(1, 6)) === "NUMPY" && head[0] === 0x93;
}

/** True if the zip has a member that ends in `.npy`. */
export function isNpz(zip: Zip): boolean {
  return zip.members.some(({ name }) => name.endsWith(".npy"));
}

/** Reads a single array. */
export async function readNpy(reader: Reader): Promise<Model> {
  const draft = newDraft("npy", "told");
  const part = addPart(draft, "", reader);
  await addArray(draft, { name: "", reader, part, offset: 0 });
  return finish(draft);
}

/** Reads a zip of arrays; other members are told. */
export async function readNpz(reader: Reader, options: OpenOptions): Promise<Model> {
  const zip = await readZip(reader);
  const draft = newDraft("npz", "told");
  const part = addPart(draft, "", reader);
  explain(draft, part, zip.directory.offset, zip.directory.length);
  const container: Container = { draft, reader, zip, part, options };
  for (const member of zip.members) {
    const placed = member.name.endsWith(".npy") ? await placeMember(container, member) : undefined;
    if (placed === undefined) continue;
    const name = member.name.slice(0, -".npy".length);
    const bytes = memberReader(container, placed);
    await addArray(draft, { name, reader: bytes, part: placed.part, offset: placed.offset });
  }
  return finish(draft);
}

type Array = {
  readonly name: string;
  /** Over the array file alone. */
  readonly reader: Reader;
  readonly part: number;
  /** Where the array file starts in the part. */
  readonly offset: number;
};

async function addArray(draft: Draft, array: Array): Promise<void> {
  const { reader } = array;
  const head = (await reader.read(0, Math.min(12, reader.size))).slice();
  must(looksLikeNpy(head) && head.length >= 10, "an array without the magic of NumPy");
  const wide = head[6]! >= 2;
  must(head[6]! >= 1 && head[6]! <= 3 && head.length === 12, "an unknown version of npy");
  const length = wide ? u32Of(head, 8, true) : u16Of(head, 8, true);
  must(length <= headerBytesMax, `an array header of ${length} bytes`);
  const start = wide ? 12 : 10;
  const header = headerOf(lenientText(await reader.read(start, length)));
  must(header !== undefined, "an array header that is none");
  explain(draft, array.part, array.offset, start + length);
  const type = numpyType(header.descr);
  const data = start + length;
  if (type === undefined) {
    // Objects ("|O") are pickles: not even looked at.
    warn(draft, "unknown-type", `an array of NumPy type ${JSON.stringify(header.descr)}`);
  }
  addTensor(draft, {
    name: array.name,
    shape: header.shape,
    type: type?.type ?? "OPAQUE",
    part: array.part,
    offset: array.offset + data,
    length: reader.size - data,
    byteOrder: type?.byteOrder ?? "little",
    ...(header.fortran && header.shape.length > 1 ? { strides: columnMajor(header.shape) } : {}),
  });
}

type Header = {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
};

/**
 * The header is a Python literal that numpy evaluates (safely); here only the one form that it
 * writes is read: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
 */
function headerOf(text: string): Header | undefined {
  const descr = /'descr': ?(?:'([^']{1,32})'|(\[[^\n]*?\]), ?'fortran)/.exec(text);
  const order = /'fortran_order': ?(True|False)/.exec(text);
  const shape = /'shape': ?\(([\d, L]{0,1300})\)/.exec(text);
  if (descr === null || order === null || shape === null) return undefined;
  const sizes = shape[1]!.split(",").map((size) => size.replaceAll(/[ L]/g, ""));
  if (sizes.at(-1) === "") sizes.pop();
  if (!sizes.every((size) => /^\d{1,16}$/.test(size))) return undefined;
  const fortran = order[1] === "True";
  return { descr: descr[1] ?? "structured", fortran, shape: sizes.map(Number) };
}
