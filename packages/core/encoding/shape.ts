/**
 * Shapes: small strict parsers for documents from outside. A shape answers the typed value or a
 * refusal that says where. Unknown members are refused: an entry means all that it says, or
 * nothing.
 */

import { isJsonObject, type Json, type JsonObject } from "./canonical-json.ts";
import { type Digest, isDigest } from "./digest.ts";
import { isRefused, type Refused, refused } from "./refusal.ts";

/** Reads a value found at `at` (a path such as `plan.steps[3]`, for the refusal's detail). */
export type Shape<T> = (value: Json | undefined, at: string) => T | Refused;

/** The type that a shape yields. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/**
 * A member that may be absent. Absent and `null` are different things; `null` is never accepted.
 */
export type Optional<T> = { readonly optional: Shape<T> };

type Members = { readonly [key: string]: Shape<unknown> | Optional<unknown> };
type Required<M extends Members> = {
  [K in keyof M as M[K] extends Optional<unknown> ? never : K]: M[K] extends Shape<infer T>
    ? T
    : never;
};
type Sometimes<M extends Members> = {
  [K in keyof M as M[K] extends Optional<unknown> ? K : never]?: M[K] extends Optional<infer T>
    ? T
    : never;
};
type Flat<T> = { readonly [K in keyof T]: T[K] };

/** Marks a member as one that may be absent. */
export function optional<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape };
}

/** An object with exactly these members. */
export function object<M extends Members>(members: M): Shape<Flat<Required<M> & Sometimes<M>>> {
  const names = Object.keys(members);
  return (value, at) => {
    if (!isJsonObject(value)) return refused("malformed", `${at} is not an object`);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(members, key)) {
        return refused("malformed", `${at} has an unknown member ${JSON.stringify(key)}`);
      }
    }
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const member = members[name]!;
      const shape = typeof member === "function" ? member : member.optional;
      const present = Object.hasOwn(value, name);
      if (!present && typeof member !== "function") continue;
      const read = shape(present ? value[name] : undefined, `${at}.${name}`);
      if (isRefused(read)) return read;
      result[name] = read;
    }
    return result as Flat<Required<M> & Sometimes<M>>;
  };
}

/** An object whose `key` member says which of several shapes it has. */
export function tagged<T>(key: string, shapes: { readonly [tag: string]: Shape<T> }): Shape<T> {
  return (value, at) => {
    const tag = isJsonObject(value) ? value[key] : undefined;
    const shape = typeof tag === "string" && Object.hasOwn(shapes, tag) ? shapes[tag] : undefined;
    if (shape === undefined) {
      return refused("unknown-kind", `${at}.${key} is none of ${Object.keys(shapes).join(", ")}`);
    }
    return shape(value, at);
  };
}

/** A string of at most `lengthMax` UTF-16 units; empty only if `lengthMin` says so. */
export function text(lengthMax: number, lengthMin = 1): Shape<string> {
  return (value, at) => {
    if (typeof value !== "string") return refused("malformed", `${at} is not a string`);
    if (value.length < lengthMin) return refused("malformed", `${at} is empty`);
    if (value.length > lengthMax) return refused("oversized", `${at} is over ${lengthMax} long`);
    return value;
  };
}

/** A string of the given form. `form` tells a person what is expected. */
export function matching(pattern: RegExp, form: string): Shape<string> {
  return (value, at) =>
    typeof value === "string" && pattern.test(value)
      ? value
      : refused("malformed", `${at} is not ${form}`);
}

/** One of a closed list of strings. */
export function oneOf<const T extends readonly string[]>(...choices: T): Shape<T[number]> {
  return (value, at) =>
    typeof value === "string" && choices.includes(value)
      ? value
      : refused("malformed", `${at} is none of ${choices.join(", ")}`);
}

/** An integer within bounds, both included. */
export function integer(min: number, max: number): Shape<number> {
  return (value, at) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : refused("malformed", `${at} is not an integer from ${min} to ${max}`);
}

/** `true` or `false`. */
export const boolean: Shape<boolean> = (value, at) =>
  typeof value === "boolean" ? value : refused("malformed", `${at} is not true or false`);

/** `sha256:` and 64 hex digits. */
export const digest: Shape<Digest> = (value, at) =>
  isDigest(value) ? value : refused("malformed", `${at} is not a sha256 digest`);

/** A list of at most `lengthMax` items. */
export function list<T>(item: Shape<T>, lengthMax: number): Shape<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return refused("malformed", `${at} is not a list`);
    const items = value as readonly Json[];
    if (items.length > lengthMax) return refused("oversized", `${at} has over ${lengthMax} items`);
    const result: T[] = [];
    for (const [i, member] of items.entries()) {
      const read = item(member, `${at}[${i}]`);
      if (isRefused(read)) return read;
      result.push(read);
    }
    return result;
  };
}

/** An object from names of our choosing to values of one shape. */
export function record<T>(
  item: Shape<T>,
  lengthMax: number,
): Shape<{ readonly [name: string]: T }> {
  return (value, at) => {
    if (!isJsonObject(value)) return refused("malformed", `${at} is not an object`);
    const keys = Object.keys(value);
    if (keys.length > lengthMax) return refused("oversized", `${at} has over ${lengthMax} members`);
    const result: { [name: string]: T } = Object.create(null);
    for (const key of keys) {
      const read = item(value[key], `${at}[${JSON.stringify(key)}]`);
      if (isRefused(read)) return read;
      result[key] = read;
    }
    return result;
  };
}

/** Reads a whole document of the given shape. */
export function read<T>(shape: Shape<T>, value: JsonObject, name: string): T | Refused {
  return shape(value, name);
}
