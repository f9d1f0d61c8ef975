/**
 * JSON from untrusted bytes: bounded in depth and in values, without recursion, and with duplicate
 * keys told, since two readers that choose differently see two different models.
 */
import { fromUtf8 } from "../core.ts";
import { must, stop } from "./stop.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

/** Headers nest 3 deep, TensorFlow.js topologies about 12. */
const depthMax = 64;

/** About eight values, three of them containers, for each of the most tensors a model may have. */
const valuesMax = 4_000_000;
const containersMax = 800_000;

type Frame =
  | { readonly kind: "array"; readonly items: Json[] }
  | {
      readonly kind: "object";
      readonly members: Map<string, Json>;
      key: string;
      take?: TakeMember;
    };

/** Takes a member of the outermost object, instead of that object keeping it. */
export type TakeMember = (key: string, value: Json) => void;

type State = {
  readonly bytes: Uint8Array;
  at: number;
  values: number;
  containers: number;
  readonly twice: string[];
  readonly take: TakeMember | undefined;
};

/** The value, and the keys that some object held twice (at most 16; the first one counts). */
export type ReadJson = { readonly value: Json; readonly duplicates: readonly string[] };

/** Parses the whole of `bytes` (RFC 8259, UTF-8); refuses anything else, but for spaces. */
export function readJson(bytes: Uint8Array): ReadJson {
  return parse(bytes, undefined);
}

/**
 * Parses an object and hands over its members one by one, so that a header of 100 MB is never in
 * memory as values. Refuses what is no object. Members that come again are handed over too.
 */
export function readJsonMembers(bytes: Uint8Array, take: TakeMember): ReadJson {
  const read = parse(bytes, take);
  must(read.value instanceof Map, "JSON is not an object");
  return read;
}

function parse(bytes: Uint8Array, take: TakeMember | undefined): ReadJson {
  const state: State = { bytes, at: 0, values: 0, containers: 0, twice: [], take };
  const frames: Frame[] = [];
  for (;;) {
    let value = startOf(state, frames);
    // A value is complete: put it where it belongs, and close what closes after it.
    while (value !== undefined) {
      const frame = frames.at(-1);
      if (frame === undefined) {
        skipSpace(state);
        must(state.at === bytes.length, "JSON goes on after its value");
        return { value, duplicates: state.twice };
      }
      put(state, frame, value);
      value = undefined;
      if (closes(state, frame)) {
        frames.pop();
        value = frame.kind === "array" ? frame.items : frame.members;
      }
    }
  }
}

/** Reads a scalar, or opens a container; an empty container is a value at once. */
function startOf(state: State, frames: Frame[]): Json | undefined {
  skipSpace(state);
  state.values += 1;
  if (state.values > valuesMax) stop("oversized", `JSON of more than ${valuesMax} values`);
  const byte = state.bytes[state.at];
  if (byte !== 0x7b && byte !== 0x5b) return scalar(state, byte);
  state.at += 1;
  state.containers += 1;
  if (state.containers > containersMax) stop("oversized", `JSON of ${containersMax} containers`);
  if (frames.length >= depthMax) stop("oversized", `JSON nested more than ${depthMax} deep`);
  skipSpace(state);
  if (byte === 0x5b) {
    if (taken(state, 0x5d)) return [];
    frames.push({ kind: "array", items: [] });
    return undefined;
  }
  if (taken(state, 0x7d)) return new Map<string, Json>();
  const outermost = frames.length === 0 && state.take !== undefined;
  const frame = { kind: "object", members: new Map<string, Json>(), key: keyOf(state) } as const;
  frames.push(outermost ? { ...frame, take: state.take! } : { ...frame });
  return undefined;
}

function put(state: State, frame: Frame, value: Json): void {
  if (frame.kind === "array") {
    frame.items.push(value);
  } else if (frame.take !== undefined) {
    frame.take(frame.key, value);
  } else if (!frame.members.has(frame.key)) {
    frame.members.set(frame.key, value);
  } else if (state.twice.length < 16) {
    state.twice.push(frame.key);
  }
}

/** After a value inside a container: true if it closes, else the next value is due. */
function closes(state: State, frame: Frame): boolean {
  skipSpace(state);
  if (taken(state, frame.kind === "array" ? 0x5d : 0x7d)) return true;
  must(taken(state, 0x2c), "JSON lacks a comma or a closing bracket");
  if (frame.kind === "object") {
    skipSpace(state);
    frame.key = keyOf(state);
  }
  return false;
}

function keyOf(state: State): string {
  must(state.bytes[state.at] === 0x22, "JSON key is not a string");
  const key = text(state);
  skipSpace(state);
  must(taken(state, 0x3a), "JSON key without a colon");
  return key;
}

function skipSpace(state: State): void {
  const { bytes } = state;
  for (;;) {
    const byte = bytes[state.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    state.at += 1;
  }
}

function taken(state: State, byte: number): boolean {
  if (state.bytes[state.at] !== byte) return false;
  state.at += 1;
  return true;
}

function scalar(state: State, byte: number | undefined): Json {
  if (byte === 0x22) return text(state);
  const start = state.at;
  let end = start;
  // Numbers and words: the longest run of their characters, at most 40 bytes.
  while (end - start <= 40 && isWordByte(state.bytes[end])) end += 1;
  const whole = wholeNumber(state.bytes, start, end);
  if (whole !== undefined) {
    state.at = end;
    return whole;
  }
  const word = String.fromCharCode(...state.bytes.subarray(start, end));
  state.at = end;
  if (word === "true") return true;
  if (word === "false") return false;
  if (word === "null") return null;
  const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word) ? Number(word) : NaN;
  must(!Number.isNaN(number), "JSON has something that is no value");
  return number;
}

/** Most numbers of headers are whole and short: no text is made of them. */
function wholeNumber(bytes: Uint8Array, start: number, end: number): number | undefined {
  const leadingZero = bytes[start] === 0x30 && end - start > 1;
  if (end === start || end - start > 15 || leadingZero) return undefined;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}

const escapes = new Map([
  [0x22, '"'],
  [0x5c, "\\"],
  [0x2f, "/"],
  [0x62, "\b"],
  [0x66, "\f"],
  [0x6e, "\n"],
  [0x72, "\r"],
  [0x74, "\t"],
]);

function text(state: State): string {
  const { bytes } = state;
  const parts: string[] = [];
  let start = state.at + 1;
  for (let at = start; ; at += 1) {
    const byte = bytes[at];
    must(byte !== undefined && byte >= 0x20, "JSON string is not closed or holds a control");
    if (byte !== 0x22 && byte !== 0x5c) continue;
    if (at > start) parts.push(decoded(bytes.subarray(start, at)));
    if (byte === 0x22) {
      state.at = at + 1;
      return parts.length === 1 ? parts[0]! : parts.join("");
    }
    const letter = bytes[at + 1] ?? 0;
    const simple = escapes.get(letter);
    must(simple !== undefined || letter === 0x75, "JSON string has an unknown escape");
    parts.push(simple ?? unit(bytes, at + 2));
    at += simple === undefined ? 5 : 1;
    start = at + 1;
  }
}

function decoded(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  must(text !== undefined, "JSON string is not UTF-8");
  return text;
}

function unit(bytes: Uint8Array, at: number): string {
  const digits = String.fromCharCode(...bytes.subarray(at, at + 4));
  must(/^[0-9a-fA-F]{4}$/.test(digits), "JSON string has a broken \\u escape");
  return String.fromCharCode(Number.parseInt(digits, 16));
}

/** The value if it is an object. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  return value instanceof Map ? value : undefined;
}

/** The value if it is an array. */
export function asArray(value: Json | undefined): readonly Json[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The value if it is an array of whole numbers that are not negative. */
export function asSizes(value: Json | undefined): readonly number[] | undefined {
  const items = asArray(value);
  if (items === undefined) return undefined;
  for (const item of items)
    if (!Number.isSafeInteger(item) || (item as number) < 0) return undefined;
  return items as readonly number[];
}
