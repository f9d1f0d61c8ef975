/**
 * Bytes and their textual forms. Decoders are strict: one text for one value (nothing malleable),
 * and they answer `undefined` for anything else, since all they read comes from outside.
 */

const hexDigits = "0123456789abcdef";
const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** By character code; 255: no digit. */
const base64Values = new Uint8Array(128).fill(255);
for (const [value, digit] of [...base64Digits].entries()) {
  base64Values[digit.charCodeAt(0)] = value;
}

/** True if both hold the same bytes. Not constant time: nothing compared here is secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** One array holding all parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexDigits[byte >> 4]! + hexDigits[byte & 15]!;
  return text;
}

/** Bytes of lower-case hex; `undefined` for odd length, upper case or any other character. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    parts.push(
      base64Digits[word >> 18]! +
        base64Digits[(word >> 12) & 63]! +
        (left > 1 ? base64Digits[(word >> 6) & 63]! : "=") +
        (left > 2 ? base64Digits[word & 63]! : "="),
    );
  }
  return parts.join("");
}

/**
 * Bytes of standard padded base64; `undefined` if not exactly what {@link toBase64} would write.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4, at += 3) {
    const digits = i + 4 === text.length ? 4 - padding : 4;
    let word = 0;
    for (let d = 0; d < 4; d += 1) {
      // A code past the table is undefined, and no digit either.
      const value = d < digits ? (base64Values[text.charCodeAt(i + d)] ?? 255) : 0;
      if (value === 255) return undefined;
      word = (word << 6) | value;
    }
    // Bits that padding leaves over must be zero, or two texts would mean the same bytes.
    if ((digits === 3 && (word & 0xff) !== 0) || (digits === 2 && (word & 0xffff) !== 0)) {
      return undefined;
    }
    bytes[at] = word >> 16;
    if (digits > 2) bytes[at + 1] = word >> 8;
    if (digits > 3) bytes[at + 2] = word;
  }
  return bytes;
}

/** UTF-8 of a well-formed string. Lone surrogates become U+FFFD, as TextEncoder does. */
export function toUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    let point = text.codePointAt(i)!;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 63);
    } else if (point < 0x1_0000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    } else {
      i += 1;
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 63);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    }
  }
  return bytes.slice(0, at);
}

/** Applied, not spread: a spread walks the bytes through an iterator, five times as slowly. */
function textOfAscii(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes as unknown as number[]);
}

/** String of strict UTF-8; `undefined` for overlong forms, surrogates, or broken sequences. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; ) {
    // Runs of ASCII are most of what is read here: take them whole.
    const start = i;
    while (i < bytes.length && i - start < 4096 && bytes[i]! < 0x80) i += 1;
    if (i > start) {
      parts.push(textOfAscii(bytes.subarray(start, i)));
      continue;
    }
    const lead = bytes[i]!;
    const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + size > bytes.length) return undefined;
    let point = lead & (0x7f >> size);
    for (let k = 1; k < size; k += 1) {
      const next = bytes[i + k]!;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 63);
    }
    const least = size === 4 ? 0x1_0000 : size === 3 ? 0x800 : 0x80;
    if (point < least || point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return undefined;
    }
    parts.push(String.fromCodePoint(point));
    i += size;
  }
  return parts.join("");
}
