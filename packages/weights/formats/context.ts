/** What a format reader may ask for besides the bytes it was given. */
import type { Decompress } from "../archives/decompress.ts";
import { inert, nameCharactersMax } from "../inert.ts";
import type { Reader } from "../reader.ts";

/** Finds the bytes of a file that lies beside the one that is read, or says that there is none. */
export type Siblings = (name: string) => Promise<Reader | undefined> | Reader | undefined;

export type OpenOptions = {
  /** File name, only to name sibling shards (`…-00001-of-00003.gguf`). Never decides a format. */
  readonly name?: string;
  readonly siblings?: Siblings;
  /** Faster or further decompressors than the built-in ones. */
  readonly decompress?: Decompress;
};

/** Longest accepted name of a sibling. */
const siblingNameMax = 255;

/**
 * A name that a model file gives for another file, if it is one that may be followed: relative,
 * downward only, no control characters. The agent chose this name: with `..`, a drive letter or
 * an absolute path it would show us some other file of the host as part of this model.
 */
export function safeSiblingName(name: string): string | undefined {
  const short = name.length > 0 && name.length <= siblingNameMax;
  if (!short || inert(name, nameCharactersMax) !== name || /[:\\]/.test(name)) return undefined;
  const steps = name.split("/");
  const inside = steps.every((step) => step !== "" && step !== "." && step !== "..");
  return inside ? name : undefined;
}

/** Names of all shards by the name of one (`stem-00002-of-00005.ext`), or `undefined`. */
export function shardNames(name: string, shardsMax: number): readonly string[] | undefined {
  const match = /^(.*)-(\d{5})-of-(\d{5})(\.[A-Za-z0-9]+)?$/.exec(name);
  if (match === null) return undefined;
  const [, stem, own, total, extension = ""] = match;
  const count = Number(total);
  if (count < 1 || count > shardsMax || Number(own) < 1 || Number(own) > count) return undefined;
  return Array.from({ length: count }, (_, index) => {
    return `${stem}-${String(index + 1).padStart(5, "0")}-of-${total}${extension}`;
  });
}
