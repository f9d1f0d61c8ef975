/**
 * The header of safetensors as its own writers write it: ASCII without spaces or escapes, members
 * in one order. Read by patterns, which a cold process does in half the time; what does not fit is
 * for the JSON parser, which says what is wrong with it.
 */

/** Larger headers are no common ones, and as text they would take twice their memory. */
const headerBytesMax = 4_000_000;
/** Characters made at once: an engine takes so many arguments. */
const stepBytes = 8_192;

export type HeaderEntry = {
  readonly key: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

/** `metadata`: pairs of key and text. */
export type PlainHeader = {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: readonly (readonly [string, string])[];
};

const text = String.raw`"([ !#-[\]-~]*)"`;
const whole = "(?:0|[1-9][0-9]{0,14})";
const list = String.raw`\[((?:${whole}(?:,${whole})*)?)\]`;
const type = `"([A-Z0-9_]{1,16})"`;
const offsets = String.raw`\[(${whole}),(${whole})\]`;
const members = `"dtype":${type},"shape":${list},"data_offsets":${offsets}`;
const entryPattern = new RegExp(String.raw`${text}:\{${members}\}[,}]`, "y");
const metadataPattern = new RegExp(
  String.raw`"__metadata__":\{(${text}:${text}(?:,${text}:${text})*)\}[,}]`,
  "y",
);
const pairPattern = new RegExp(`${text}:${text}`, "g");

/** The members of a header, or `undefined` if it is written in any other way. */
export function readPlainHeader(bytes: Uint8Array): PlainHeader | undefined {
  if (bytes.length > headerBytesMax || bytes[0] !== 0x7b) return undefined;
  const header = textOf(bytes);
  const entries: HeaderEntry[] = [];
  let metadata: readonly (readonly [string, string])[] = [];
  for (let at = 1; ; ) {
    const isMetadata = header.startsWith('"__metadata__"', at);
    const pattern = isMetadata ? metadataPattern : entryPattern;
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found === null || (isMetadata && metadata.length > 0)) return undefined;
    at = pattern.lastIndex;
    if (isMetadata) {
      metadata = Array.from(found[1]!.matchAll(pairPattern), ([, key, value]) => [key!, value!]);
    } else {
      const [, key, type, sizes, begin, end] = found as unknown as string[];
      const shape = sizes === "" ? [] : sizes!.split(",").map(Number);
      entries.push({ key: key!, type: type!, shape, begin: Number(begin), end: Number(end) });
    }
    if (header[at - 1] === ",") continue;
    // Writers fill up with spaces, so that the data are aligned.
    return /^ *$/.test(header.slice(at)) ? { entries, metadata } : undefined;
  }
}

/** One character a byte: what is not ASCII fits no pattern. */
function textOf(bytes: Uint8Array): string {
  let header = "";
  for (let at = 0; at < bytes.length; at += stepBytes) {
    const step = bytes.subarray(at, at + stepBytes) as unknown as number[];
    header += Reflect.apply(String.fromCharCode, undefined, step);
  }
  return header;
}
