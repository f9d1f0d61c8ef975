/** Passes over a JSON text of any size, a window at a time, and tells a {@link Pruner} of it. */
import { fromUtf8 } from "../../core.ts";
import type { Reader } from "../../reader.ts";
import type { Run } from "../draft.ts";
import { blobBytesMin } from "../draft.ts";
import { must, stop } from "../stop.ts";
import type { Pruner } from "./pruned-json.ts";

const windowBytes = 1_048_576;
/** Longest string: a list of feature names is many short ones. */
const tokenBytesMax = 16_777_216;

/** What a pass over a file found besides the values: long texts, and where it ended. */
export type Scanned = { readonly blobs: readonly Run[]; readonly end: number };

type Scan = {
  readonly pruner: Pruner;
  readonly blobs: Run[];
  window: Uint8Array;
  /** Of the window, in the file. */
  start: number;
  at: number;
  last: boolean;
  /** What may come: a value, a key, a colon; the first of a container; a comma or a bracket. */
  due: "value" | "key" | "colon" | "first" | "after";
};

/**
 * Scans up to the end of the outermost value, or until the pruner is done, or `bytesMax`. Refuses
 * what is no JSON, but for the words for numbers that are none (`NaN`, `Infinity`), which Python
 * and XGBoost write.
 */
export async function scanJson(reader: Reader, pruner: Pruner, bytesMax: number): Promise<Scanned> {
  const size = Math.min(reader.size, bytesMax);
  const blobs: Run[] = [];
  const scan: Scan = {
    ...{ pruner, blobs, window: new Uint8Array(0), start: 0, at: 0 },
    ...{ last: size === 0, due: "value" as const },
  };
  for (let wanted = windowBytes; !pruner.done; ) {
    const from = scan.start + scan.at;
    const length = Math.min(wanted, size - from);
    scan.window = await reader.read(from, length);
    scan.start = from;
    scan.at = 0;
    scan.last = from + length === size;
    scanWindow(scan);
    if (pruner.done) break;
    if (scan.last) {
      if (size < reader.size) break;
      stop("malformed", "JSON that ends within a value");
    }
    // A token longer than the window: look at more of it at once.
    wanted = scan.at === 0 ? wanted * 2 : windowBytes;
    if (wanted > tokenBytesMax) stop("oversized", "a JSON string too long");
  }
  return { blobs, end: scan.start + scan.at };
}

/** Goes through the tokens that lie wholly in the window. */
function scanWindow(scan: Scan): void {
  while (!scan.pruner.done) {
    skipSpace(scan);
    const token = tokenEnd(scan);
    if (token === undefined) return;
    takeToken(scan, token);
  }
}

function skipSpace(scan: Scan): void {
  const { window } = scan;
  for (; scan.at < window.length; scan.at += 1) {
    const byte = window[scan.at]!;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
  }
}

/** Where the next token ends; `undefined` if more bytes are needed to tell. */
function tokenEnd({ window, at, last }: Scan): number | undefined {
  const byte = window[at];
  if (byte === undefined) return undefined;
  if (byte === 0x22) {
    for (let end = at + 1; end < window.length; end += 1) {
      if (window[end] === 0x5c) end += 1;
      else if (window[end] === 0x22) return end + 1;
    }
    return undefined;
  }
  if (!isWordByte(byte)) return at + 1;
  let end = at + 1;
  while (end < window.length && isWordByte(window[end]!)) end += 1;
  must(end - at <= 64, "a JSON word too long");
  return end < window.length || last ? end : undefined;
}

function isWordByte(byte: number): boolean {
  const letter = byte | 0x20;
  const plain = (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
  return plain || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

function takeToken(scan: Scan, end: number): void {
  const { pruner, window, at, due } = scan;
  const byte = window[at]!;
  scan.at = end;
  if (byte === 0x7d || byte === 0x5d) {
    must(due === "after" || due === "first", "JSON that closes where a value is due");
    pruner.close(byte === 0x7d ? "object" : "array");
    scan.due = "after";
  } else if (due === "after") {
    must(byte === 0x2c, "JSON without a comma");
    scan.due = pruner.kind === "object" ? "key" : "value";
  } else if (due === "key" || (due === "first" && pruner.kind === "object")) {
    must(byte === 0x22, "a JSON key that is no string");
    pruner.key(stringOf(window.subarray(at + 1, end - 1)));
    scan.due = "colon";
  } else if (due === "colon") {
    must(byte === 0x3a, "a JSON key without a colon");
    scan.due = "value";
  } else {
    takeValue(scan, byte, { at, end });
  }
}

function takeValue(
  scan: Scan,
  byte: number,
  { at, end }: { readonly at: number; readonly end: number },
): void {
  const { pruner, window } = scan;
  if (byte === 0x7b || byte === 0x5b) {
    pruner.open(byte === 0x7b ? "object" : "array");
    scan.due = "first";
    return;
  }
  scan.due = "after";
  if (byte === 0x22) {
    const length = end - at;
    if (length >= blobBytesMin) scan.blobs.push({ offset: scan.start + at, length });
    pruner.scalar(pruner.makes ? stringOf(window.subarray(at + 1, end - 1)) : "");
  } else {
    must(isWordByte(byte), "JSON has something that is no value");
    pruner.scalar(pruner.makes ? wordOf(window, at, end) : 0);
  }
}

const words = new Map<string, number | boolean | null>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["nan", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

function wordOf(window: Uint8Array, at: number, end: number): number | boolean | null {
  const word = String.fromCharCode(...window.subarray(at, end));
  const known = words.get(word);
  return known === undefined ? decimalOf(word) : known;
}

/** A decimal number; refuses anything else. */
export function decimalOf(word: string): number {
  must(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(word), "a number that is none");
  return Number(word);
}

/** A string without its quotes. Escapes are looked into only where there are any. */
function stringOf(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  must(text !== undefined, "a JSON string that is not UTF-8");
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gs, (_, letter: string) => {
    if (letter.length > 1) return String.fromCharCode(Number.parseInt(letter.slice(1), 16));
    return { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[letter] ?? letter;
  });
}
