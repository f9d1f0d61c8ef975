/**
 * What is wanted of a large JSON-like file, without holding the rest: a scanner (of JSON or of
 * UBJSON) tells what it passes, and only the values at wanted paths are made. Nothing recurses, so
 * trees may nest as deep as they do.
 */
import type { Json } from "../json.ts";
import { must, stop } from "../stop.ts";

/** Keys of objects and `*` for the items of an array, joined by dots. */
export type Path = string;

export type Wanted = {
  /** Paths of values to be made. */
  readonly paths: ReadonlySet<Path>;
  readonly take: (path: Path, value: Json) => void;
  /** Told of every key of the outermost object; true ends the scan. */
  readonly onKey?: (key: string) => boolean;
};

/** A tree of a thousand leaves nests a few hundred deep in LightGBM's dump. */
const depthMax = 20_000;
/** Values of one wanted value: a tree of the largest size. */
const valuesMax = 8_000_000;
/** Keys remembered of an object that is walked through, to tell those that come twice. */
const keysMax = 4_096;

type Level = {
  readonly kind: "array" | "object";
  readonly path: Path;
  readonly keys: Set<string>;
  key: string;
  /** Set where values are made. */
  readonly made: Json[] | Map<string, Json> | undefined;
};

/** Takes what a scanner passes. */
export class Pruner {
  readonly #wanted: Wanted;
  readonly #levels: Level[] = [];
  #values = 0;
  /** Keys that an object held twice; the first one counts where values are made. */
  readonly twice: string[] = [];
  /** True once the outermost value is complete, or `onKey` has ended it. */
  done = false;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  get depth(): number {
    return this.#levels.length;
  }

  /** Kind of the container that is open. */
  get kind(): "array" | "object" | undefined {
    return this.#levels.at(-1)?.kind;
  }

  /** True if what is passed now is kept: numbers need not be worked out otherwise. */
  get makes(): boolean {
    return this.#levels.at(-1)?.made !== undefined || this.#wanted.paths.has(this.#path());
  }

  key(key: string): void {
    const level = this.#levels.at(-1);
    must(level?.kind === "object", "a key outside an object");
    level.key = key;
    if (level.made !== undefined) return;
    if (level.keys.has(key) && this.twice.length < 16) this.twice.push(key);
    if (level.keys.size < keysMax) level.keys.add(key);
    if (this.#levels.length === 1 && this.#wanted.onKey?.(key) === true) this.done = true;
  }

  open(kind: "array" | "object"): void {
    if (this.#levels.length >= depthMax) stop("oversized", `nested more than ${depthMax} deep`);
    const path = this.#path();
    const makes = this.makes;
    if (makes) this.#count(1);
    const made = kind === "array" ? [] : new Map<string, Json>();
    this.#levels.push({ kind, path, keys: new Set(), key: "", made: makes ? made : undefined });
  }

  close(kind: "array" | "object"): void {
    const level = this.#levels.pop();
    must(level?.kind === kind, "a bracket that closes another");
    if (level.made === undefined) {
      this.done ||= this.#levels.length === 0;
      return;
    }
    this.#put(level.made, level.path);
  }

  scalar(value: Json): void {
    if (!this.makes) {
      this.done ||= this.#levels.length === 0;
      return;
    }
    this.#count(1);
    this.#put(value, this.#path());
  }

  /** Many numbers of one array at once. */
  numbers(values: readonly number[]): void {
    this.#count(values.length);
    const level = this.#levels.at(-1)!;
    if (level.made === undefined) for (const value of values) this.#put(value, this.#path());
    else for (const value of values) (level.made as Json[]).push(value);
  }

  #put(value: Json, path: Path): void {
    const above = this.#levels.at(-1);
    if (above?.made === undefined) {
      this.#values = 0;
      this.#wanted.take(path, value);
      this.done ||= above === undefined;
    } else if (Array.isArray(above.made)) {
      above.made.push(value);
    } else {
      const made = above.made as Map<string, Json>;
      if (!made.has(above.key)) made.set(above.key, value);
      else if (this.twice.length < 16) this.twice.push(above.key);
    }
  }

  #count(count: number): void {
    this.#values += count;
    if (this.#values > valuesMax) stop("oversized", `one value of more than ${valuesMax} values`);
  }

  /** The path of the value that comes next. Inside what is made it no longer matters. */
  #path(): Path {
    const level = this.#levels.at(-1);
    if (level === undefined) return "";
    if (level.made !== undefined) return level.path;
    const step = level.kind === "array" ? "*" : level.key;
    return level.path === "" ? step : `${level.path}.${step}`;
  }
}
