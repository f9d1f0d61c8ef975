/**
 * The sketch key: it says at which places a sketch looks. Whoever has it can prepare a model for
 * them, so it is kept like any other key.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fromHex, toHex } from "@writ/core/encoding";
import { type Problem, problem } from "../outcome.ts";

/** Bytes of a key; its file has them as hex digits. */
const keyBytes = 32;

/** Where the key of a data folder is. */
export function sketchKeyPath(home: string): string {
  return join(home, "sketch.key");
}

/** A key that nobody has: for comparisons whose two sides are both at hand. */
export function freshSketchKey(): Uint8Array {
  return new Uint8Array(randomBytes(keyBytes));
}

/** Reads a key file; `undefined` if there is none. */
export function readSketchKey(path: string): Uint8Array | Problem | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if ((stats.mode & 0o077) !== 0) {
    const detail = `others can read the sketch key ${path}, and prepare models for it`;
    return problem("exposed-key", detail, `chmod 600 ${path}`);
  }
  const key = fromHex(readFileSync(path, "utf8").trim());
  if (key?.length === keyBytes) return key;
  return problem("malformed", `${path} is no sketch key`, "it has 64 hex digits; see --help");
}

/** Makes a new key file. */
export function makeSketchKey(path: string): Uint8Array {
  const key = freshSketchKey();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${toHex(key)}\n`, { mode: 0o600, flag: "wx" });
  return key;
}
