/** Tar: ustar, GNU and pax, read from one end to the other. */

import { must } from "../formats/stop.ts";
import { lenientText } from "../inert.ts";
import { BeyondEnd, type Reader } from "../reader.ts";

const blockBytes = 512;

/** Long names and pax records. */
const extraBytesMax = 1_048_576;

/** Image layers hold up to some hundred thousand files. */
const entriesMax = 4_000_000;

export type TarEntry = {
  /** As in the archive, not inert. */
  readonly name: string;
  /** `file` has bytes; all else (folders, links, devices) has none; `sparse` is GNU's own form. */
  readonly kind: "file" | "other" | "sparse";
  readonly offset: number;
  readonly size: number;
};

/** True for a block whose checksum is right, which no other format's first block has by chance. */
export function looksLikeTar(head: Uint8Array): boolean {
  if (head.length < blockBytes) return false;
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 1) sum += at >= 148 && at < 156 ? 32 : head[at]!;
  const written = octal(head.subarray(148, 156));
  return written === sum && sum > 256;
}

/** Entries in order. Ends at a zero block or where the bytes end; refuses a broken header. */
export async function* readTar(reader: Reader): AsyncGenerator<TarEntry> {
  let at = 0;
  let longName: string | undefined;
  let pax: ReadonlyMap<string, string> = new Map();
  for (let count = 0; count < entriesMax; count += 1) {
    const header = await blockAt(reader, at);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    must(looksLikeTar(header), "a tar header with a wrong checksum");
    const type = String.fromCharCode(header[156]!);
    const written = numeric(header.subarray(124, 136));
    const size = type === "x" || type === "g" ? written : (sizeIn(pax) ?? written);
    must(Number.isSafeInteger(size) && size >= 0, "a tar entry of absurd size");
    const offset = at + blockBytes;
    at = offset + Math.ceil(size / blockBytes) * blockBytes;
    if (type === "L" || type === "x") {
      must(size <= extraBytesMax, "a tar name or record too long");
      const text = lenientText(await reader.read(offset, size));
      if (type === "L") longName = text.replace(/\0.*$/s, "");
      else pax = paxOf(text);
      continue;
    }
    if (type === "g" || type === "K") continue;
    const name = pax.get("path") ?? longName ?? plainName(header);
    const sparse = type === "S" || pax.has("GNU.sparse.major");
    const isFile = type === "0" || type === "\0" || type === "7";
    yield { name, kind: sparse ? "sparse" : isFile ? "file" : "other", offset, size };
    longName = undefined;
    pax = new Map();
  }
}

async function blockAt(reader: Reader, at: number): Promise<Uint8Array | undefined> {
  if (at + blockBytes > reader.size) return undefined;
  try {
    return (await reader.read(at, blockBytes)).slice();
  } catch (error) {
    // A stream of unknown size ends here; a truncated archive does too.
    if (error instanceof BeyondEnd) return undefined;
    throw error;
  }
}

function plainName(header: Uint8Array): string {
  const name = text(header.subarray(0, 100));
  const ustar = text(header.subarray(257, 262)) === "ustar";
  const prefix = ustar && header[263] === 0x30 ? text(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return lenientText(end < 0 ? bytes : bytes.subarray(0, end));
}

function octal(bytes: Uint8Array): number {
  const digits = /^[ ]*([0-7]{1,12})[ \0]*$/.exec(String.fromCharCode(...bytes));
  return digits === null ? -1 : Number.parseInt(digits[1]!, 8);
}

/** Octal digits, or base 256 behind a first byte of 0x80 (GNU, for 8 GB and more). */
function numeric(bytes: Uint8Array): number {
  if (bytes[0] !== 0x80) return octal(bytes);
  let value = 0;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return value;
}

function sizeIn(pax: ReadonlyMap<string, string>): number | undefined {
  const size = pax.get("size");
  return size !== undefined && /^\d{1,16}$/.test(size) ? Number(size) : undefined;
}

/** Records `LENGTH KEY=VALUE\n`; lengths are of UTF-8 bytes, so lines are split instead. */
function paxOf(records: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of records.split("\n")) {
    const match = /^\d{1,10} ([^=]{1,256})=/.exec(line);
    if (match !== null) values.set(match[1]!, line.slice(match[0].length));
  }
  return values;
}
