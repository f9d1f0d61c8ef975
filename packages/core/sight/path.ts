/**
 * Paths as text. On Linux a path is bytes; every document of Writ holds text. The text is the
 * path's own UTF-8, with each backslash doubled and each byte that is not part of valid UTF-8 as
 * `\xNN`, so two different paths never read the same, and the bytes can be had back.
 *
 * Control characters, newlines and bidirectional marks are kept exactly: they are part of the name
 * (an adversary chooses it). Whoever shows a path to a person must render them inert.
 */
import { fromHex, fromUtf8, toHex, toUtf8 } from "../encoding/bytes.ts";

const backslash = 0x5c;

/** The text of a path's bytes. */
export function pathText(bytes: Uint8Array): string {
  const whole = fromUtf8(bytes);
  if (whole !== undefined) return whole.replaceAll("\\", "\\\\");
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceSize(bytes[i]!);
    const part = i + size <= bytes.length ? fromUtf8(bytes.subarray(i, i + size)) : undefined;
    if (part === undefined) {
      text += `\\x${toHex(bytes.subarray(i, i + 1))}`;
      i += 1;
    } else {
      text += part === "\\" ? "\\\\" : part;
      i += size;
    }
  }
  return text;
}

/** The bytes of a path's text; `undefined` for text that {@link pathText} would never write. */
export function pathBytes(text: string): Uint8Array | undefined {
  const utf8 = toUtf8(text);
  const bytes: number[] = [];
  for (let i = 0; i < utf8.length; i += 1) {
    const byte = utf8[i]!;
    if (byte === 0) return undefined;
    if (byte !== backslash) {
      bytes.push(byte);
      continue;
    }
    if (utf8[i + 1] === backslash) {
      bytes.push(backslash);
      i += 1;
      continue;
    }
    const odd = utf8[i + 1] === 0x78 ? fromHex(ascii(utf8.subarray(i + 2, i + 4))) : undefined;
    if (odd === undefined || odd.length !== 1) return undefined;
    bytes.push(odd[0]!);
    i += 3;
  }
  const whole = new Uint8Array(bytes);
  return pathText(whole) === text ? whole : undefined;
}

function sequenceSize(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
