/** Protocol buffers read field by field, without a schema and without recursion. */
import { bufferedReader, type Reader } from "../reader.ts";
import { u32Of } from "./cursor.ts";
import { must } from "./stop.ts";

/** One field; `offset` and `length` are those of its payload in the reader. */
export type Field = {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. Groups are refused. */
  readonly wire: 0 | 1 | 2 | 5;
  readonly offset: number;
  readonly length: number;
  /** Of a varint; its low 53 bits where it has more. */
  readonly value: number;
};

/** Tag and length are varints of at most ten bytes each. */
const fieldHeadBytes = 20;

/** Reads fields by offset. */
export interface FieldReader {
  /** The field at an offset, within a message that ends at `end`. */
  field(at: number, end: number): Field | Promise<Field>;
  bytes(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
}

/** A field reader over bytes. */
export function openFields(reader: Reader): FieldReader {
  const buffered = bufferedReader(reader);
  return {
    field(at, end) {
      must(at < end, "a field past its message");
      const head = buffered.read(at, Math.min(fieldHeadBytes, end - at));
      if (head instanceof Uint8Array) return fieldOf(head, at, end);
      return head.then((bytes) => fieldOf(bytes, at, end));
    },
    bytes: (offset, length) => buffered.read(offset, length),
  };
}

function fieldOf(head: Uint8Array, at: number, end: number): Field {
  const tag = varint(head, 0);
  must(tag.value <= 0xffff_ffff, "a field number past 2^29");
  const number = Math.floor(tag.value / 8);
  const wire = tag.value % 8;
  must(number > 0 && (wire <= 2 || wire === 5), "a field of no known kind");
  let offset = at + tag.size;
  let length = wire === 1 ? 8 : 4;
  let value = 0;
  if (wire === 0) {
    const read = varint(head, tag.size);
    value = read.value;
    length = read.size;
  } else if (wire === 2) {
    const read = varint(head, tag.size);
    offset += read.size;
    length = read.value;
  }
  must(length <= end - offset, "a field longer than its message");
  return { number, wire: wire as Field["wire"], offset, length, value };
}

/** Unsigned varint as a number. Past 2^53 only its size is right: such are negative int64. */
export function varint(bytes: Uint8Array, at: number): { value: number; size: number } {
  let value = 0;
  let scale = 1;
  for (let size = 1; size <= 10; size += 1) {
    const byte = bytes[at + size - 1];
    must(byte !== undefined, "a number without an end");
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, size };
  }
  return must(false, "a number of more than ten bytes") as never;
}

/** 32 bits of a fixed field. */
export function fixed32(bytes: Uint8Array): number {
  return u32Of(bytes, 0, true);
}
