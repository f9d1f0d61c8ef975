/**
 * Protobuf models have no magic. These are known by plausibility: fields that a ModelProto or a
 * SavedModel begins with, whose lengths fit the file.
 */
import type { Edges } from "./container.ts";

/**
 * Fields of onnx.ModelProto that are length-delimited: all but ir_version (1), model_version
 * (5).
 */
const onnxFields = new Set([2, 3, 4, 6, 7, 8, 14, 20, 25, 26]);
/** Highest ir_version believed: 13 in 2025, one or two a year. */
const onnxVersionMax = 64;

/** True if the head reads as an ONNX ModelProto (onnx/onnx.proto). */
export function isOnnx({ head, size }: Edges): boolean {
  let at = 0;
  let versioned = false;
  let known = 0;
  while (at < head.length) {
    const tag = varint(head, at);
    if (tag === undefined) return versioned && known > 0;
    const field = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    const number = varint(head, tag.next);
    if (number === undefined) return false;
    if (wire === 0) {
      if (field === 1) versioned = number.value > 0 && number.value <= onnxVersionMax;
      else if (field !== 5) return false;
      at = number.next;
      continue;
    }
    if (wire !== 2 || !onnxFields.has(field) || number.value > size - number.next) return false;
    const nested = head.subarray(number.next, number.next + number.value);
    if (field <= 4 && !isPrintable(nested)) return false;
    // The graph is the point of it: its first byte must be the tag of a GraphProto field.
    if (field === 7) return versioned && isGraphTag(head[number.next]);
    known += 1;
    at = number.next + number.value;
  }
  return versioned && known > 1;
}

/** True for a TensorFlow SavedModel: schema version 1, then one meta graph that fills the file. */
export function isTensorflowModel({ head, size }: Edges): boolean {
  if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return false;
  const length = varint(head, 3);
  if (length === undefined || length.value < 128) return false;
  return head[length.next] === 0x0a && length.next + length.value <= size;
}

function isGraphTag(byte: number | undefined): boolean {
  // node, name, initializer, doc_string, input, output, value_info (all length-delimited).
  return byte !== undefined && [0x0a, 0x12, 0x2a, 0x52, 0x5a, 0x62, 0x6a].includes(byte);
}

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte !== 0x7f);
}

function varint(bytes: Uint8Array, start: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  return undefined;
}
