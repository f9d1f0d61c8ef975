/** The state of a pickle machine, and the instructions that push a value standing in the stream. */
import { lenientText } from "../inert.ts";
import { u16Of, u32Of, u64Of } from "./cursor.ts";
import { blobBytesMin } from "./draft.ts";
import type { PickleBytes, PickleValue } from "./pickle-value.ts";
import { must, stop } from "./stop.ts";

/** Some thirty values for each tensor of a checkpoint: enough for 60,000; keeps memory bounded. */
const valuesMax = 2_000_000;

/** Decimal numbers and names on a line of protocol 0. */
const lineBytesMax = 1_024;

export type Machine = {
  readonly bytes: Uint8Array;
  at: number;
  stack: PickleValue[];
  readonly marks: PickleValue[][];
  readonly memo: Map<number, PickleValue>;
  /** Long texts and bytes of the stream. */
  readonly blobs: { readonly offset: number; readonly length: number }[];
  values: number;
};

export function u8(machine: Machine): number {
  return take(machine, 1)[0]!;
}

export function take(machine: Machine, length: number): Uint8Array {
  const start = machine.at;
  must(length <= machine.bytes.length - start, "a pickle goes on past its end");
  machine.at += length;
  if (length >= blobBytesMin) machine.blobs.push({ offset: start, length });
  return machine.bytes.subarray(start, start + length);
}

export function line(machine: Machine): string {
  const start = machine.at;
  let end = start;
  while (machine.bytes[end] !== 0x0a) {
    must(end < machine.bytes.length && end - start < lineBytesMax, "a pickle line without an end");
    end += 1;
  }
  machine.at = end + 1;
  return lenientText(machine.bytes.subarray(start, end));
}

/** Counts something that takes memory: a value, a mark, a memo entry. */
export function count(machine: Machine): void {
  machine.values += 1;
  if (machine.values > valuesMax) stop("oversized", `a pickle of more than ${valuesMax} values`);
}

/** A machine at the start of a pickle. */
export function newMachine(bytes: Uint8Array, at: number): Machine {
  return { bytes, at, stack: [], marks: [], memo: new Map(), blobs: [], values: 0 };
}

export function push(machine: Machine, value: PickleValue): true {
  count(machine);
  machine.stack.push(value);
  return true;
}

export function pop(machine: Machine): PickleValue {
  const value = machine.stack.pop();
  must(value !== undefined, "a pickle takes from an empty stack");
  return value;
}

/** Values since the last MARK. */
export function popMark(machine: Machine): PickleValue[] {
  const above = machine.stack;
  const below = machine.marks.pop();
  must(below !== undefined, "a pickle without the mark it needs");
  machine.stack = below;
  return above;
}

export function length4(machine: Machine): number {
  return u32Of(take(machine, 4), 0, true);
}

function length8(machine: Machine): number {
  return u64Of(take(machine, 8), 0, true);
}

function text(machine: Machine, length: number): PickleValue {
  return lenientText(take(machine, length));
}

function bytesValue(machine: Machine, length: number): PickleBytes {
  const offset = machine.at;
  take(machine, length);
  return { kind: "bytes", offset, length };
}

/** Little-endian two's complement, as LONG1 and LONG4 hold it. */
function long(bytes: Uint8Array): number | bigint {
  must(bytes.length <= lineBytesMax, `a number of ${bytes.length} bytes`);
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at -= 1) value = (value << 8n) | BigInt(bytes[at]!);
  if (bytes.length > 0 && bytes.at(-1)! >= 0x80) value -= 1n << BigInt(8 * bytes.length);
  return narrowed(value);
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function decimal(word: string): number | bigint | boolean {
  if (word === "00") return false;
  if (word === "01") return true;
  const digits = word.endsWith("L") ? word.slice(0, -1) : word;
  must(/^[+-]?\d+$/.test(digits), "a pickle number that is none");
  return narrowed(BigInt(digits.startsWith("+") ? digits.slice(1) : digits));
}

function float8(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, false);
}

/** Instructions that push a value which stands in the stream. */
export function literal(machine: Machine, code: number): boolean {
  const value = literalValue(machine, code);
  return value === undefined ? false : push(machine, value);
}

function literalValue(machine: Machine, code: number): PickleValue | undefined {
  switch (code) {
    case 0x4e:
      return null;
    case 0x88:
      return true;
    case 0x89:
      return false;
    case 0x49: // INT
    case 0x4c: // LONG
      return decimal(line(machine));
    case 0x4a: // BININT
      return length4(machine) | 0;
    case 0x4b: // BININT1
      return u8(machine);
    case 0x4d: // BININT2
      return u16Of(take(machine, 2), 0, true);
    case 0x8a: // LONG1
      return long(take(machine, u8(machine)));
    case 0x8b: // LONG4
      return long(take(machine, length4(machine)));
    case 0x46: // FLOAT
      return Number.parseFloat(line(machine));
    case 0x47: // BINFLOAT
      return float8(take(machine, 8));
    default:
      return stringValue(machine, code);
  }
}

function stringValue(machine: Machine, code: number): PickleValue | undefined {
  switch (code) {
    case 0x53: // STRING, quoted
      return line(machine).slice(1, -1);
    case 0x56: // UNICODE
      return line(machine);
    case 0x54: // BINSTRING
    case 0x58: // BINUNICODE
      return text(machine, length4(machine));
    case 0x55: // SHORT_BINSTRING
    case 0x8c: // SHORT_BINUNICODE
      return text(machine, u8(machine));
    case 0x8d: // BINUNICODE8
      return text(machine, length8(machine));
    case 0x42: // BINBYTES
      return bytesValue(machine, length4(machine));
    case 0x43: // SHORT_BINBYTES
      return bytesValue(machine, u8(machine));
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return bytesValue(machine, length8(machine));
    default:
      return undefined;
  }
}
