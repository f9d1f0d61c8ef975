/**
 * Canonical JSON: RFC 8785 (JCS), narrowed so that there is one text for one value in any language.
 * Numbers are integers of at most 53 bits; anything with a fraction travels as a decimal string.
 */
import { fromUtf8, toUtf8 } from "./bytes.ts";
import { isRefused, type Refused, refused } from "./refusal.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Deeper than any document of ours (a census nests 6), far from any parser's stack limit. */
export const jsonDepthMax = 24;

/** The canonical bytes of a value: keys sorted by UTF-16 code units, no white space. */
export function encodeCanonical(value: Json): Uint8Array {
  return toUtf8(canonicalText(value, 0));
}

/**
 * Parses bytes that must already be canonical; refuses anything that would re-encode differently.
 */
export function parseCanonical(bytes: Uint8Array): Json | Refused {
  const text = fromUtf8(bytes);
  if (text === undefined) return refused("malformed", "not UTF-8");
  if (nestsTooDeep(text)) return refused("malformed", `nested deeper than ${jsonDepthMax}`);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refused("malformed", "not JSON");
  }
  const problem = notPortable(value);
  if (problem !== undefined) return refused("not-canonical", problem);
  // Duplicate keys, white space, escapes and key order all show as a difference here.
  // Strict UTF-8 has one text for these bytes, so that comparing texts compares bytes.
  // The engine's own text is several times as fast; it is canonical if the keys are in order.
  const isCanonical = keysAreSorted(value) && JSON.stringify(value) === text;
  if (!isCanonical && canonicalText(value, 0) !== text) {
    return refused("not-canonical", "not the canonical form of the value (RFC 8785)");
  }
  return value;
}

/** Like {@link parseCanonical}, for documents whose top is an object. */
export function parseCanonicalObject(bytes: Uint8Array): JsonObject | Refused {
  const value = parseCanonical(bytes);
  if (isRefused(value)) return value;
  return isJsonObject(value) ? value : refused("malformed", "not a JSON object");
}

/** True for an object, not an array and not null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function canonicalText(value: Json, depth: number): string {
  if (depth > jsonDepthMax) throw new Error("assertion failed: JSON nested too deep to encode");
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => canonicalText(item, depth + 1));
    return `[${items.join(",")}]`;
  }
  if (isJsonObject(value)) {
    const members = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalText(value[key]!, depth + 1)}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new Error(`assertion failed: ${value} is not an integer of 53 bits`);
  }
  return JSON.stringify(value);
}

/** True if every object lists its keys by UTF-16 code units, as canonical JSON has them. */
function keysAreSorted(value: Json): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return (value as readonly Json[]).every(keysAreSorted);
  let last: string | undefined;
  for (const [key, member] of Object.entries(value)) {
    if (last !== undefined && last >= key) return false;
    if (!keysAreSorted(member as Json)) return false;
    last = key;
  }
  return true;
}

/** Counts brackets outside strings, so that a hostile depth never reaches a recursive parser. */
function nestsTooDeep(text: string): boolean {
  if (!opensOften(text)) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i += 1;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x5b || c === 0x7b) {
      depth += 1;
      if (depth > jsonDepthMax) return true;
    } else if (c === 0x5d || c === 0x7d) depth -= 1;
  }
  return false;
}

/** False if a text has too few opening brackets in all to nest too deep: most entries. */
function opensOften(text: string): boolean {
  let opened = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      opened += 1;
      if (opened > jsonDepthMax) return true;
    }
  }
  return false;
}

function notPortable(value: Json): string | undefined {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) return "a number that is not an integer of 53 bits";
    if (Object.is(value, -0)) return "negative zero";
  }
  if (typeof value === "string" && !value.isWellFormed()) return "a lone surrogate";
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) return "a lone surrogate in a key";
    const problem = notPortable(member as Json);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
