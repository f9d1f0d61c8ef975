/** SSH wire encoding (RFC 4251 §5), as far as keys and signatures need it. */
import { concatBytes, fromUtf8, toUtf8 } from "../encoding/bytes.ts";

/** No field of a key or a signature is longer; the length of each comes from outside. */
export const sshFieldBytesMax = 64 * 1024;

/** Reads fields in order. Each answers `undefined`, and keeps doing so, once bytes are missing. */
export type SshReader = {
  readonly take: (length: number) => Uint8Array | undefined;
  readonly uint32: () => number | undefined;
  /** A `string`: bytes behind a 32-bit length. */
  readonly bytes: () => Uint8Array | undefined;
  /** A `string` that holds UTF-8. */
  readonly text: () => string | undefined;
  /** True if every byte was read, and none was missing. */
  readonly done: () => boolean;
};

/** A reader over one blob. */
export function sshReader(blob: Uint8Array): SshReader {
  let at = 0;
  let broken = false;
  const take = (length: number): Uint8Array | undefined => {
    if (broken || length > sshFieldBytesMax || at + length > blob.length) {
      broken = true;
      return undefined;
    }
    at += length;
    return blob.subarray(at - length, at);
  };
  const uint32 = (): number | undefined => {
    const word = take(4);
    if (word === undefined) return undefined;
    return new DataView(word.buffer, word.byteOffset, 4).getUint32(0);
  };
  const bytes = (): Uint8Array | undefined => {
    const length = uint32();
    return length === undefined ? undefined : take(length);
  };
  const text = (): string | undefined => {
    const field = bytes();
    return field === undefined ? undefined : fromUtf8(field);
  };
  return { take, uint32, bytes, text, done: () => !broken && at === blob.length };
}

/** A `string` field. */
export function sshBytes(field: Uint8Array): Uint8Array {
  return concatBytes(sshUint32(field.length), field);
}

/** A `string` field of text. */
export function sshText(field: string): Uint8Array {
  return sshBytes(toUtf8(field));
}

/** A `uint32` field. */
export function sshUint32(value: number): Uint8Array {
  const word = new Uint8Array(4);
  new DataView(word.buffer).setUint32(0, value);
  return word;
}

/**
 * A positive `mpint` as a big-endian number of exactly `length` bytes; `undefined` if it is none.
 */
export function fixedOfMpint(mpint: Uint8Array, length: number): Uint8Array | undefined {
  const first = mpint[0];
  // Negative, zero, or with a leading zero that its next byte does not ask for: not the one form.
  if (first === undefined || first >= 0x80 || (first === 0 && (mpint[1] ?? 0) < 0x80)) {
    return undefined;
  }
  const digits = first === 0 ? mpint.subarray(1) : mpint;
  if (digits.length > length) return undefined;
  const fixed = new Uint8Array(length);
  fixed.set(digits, length - digits.length);
  return fixed;
}
