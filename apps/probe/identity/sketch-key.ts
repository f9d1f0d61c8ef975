/**
 * The probe's sketch key: where its sketches of models look. Made here and kept here, so that
 * nobody can prepare a copy for those places. An estate may give all its probes one key, so that
 * what one host enrolled is known on the others.
 */
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { isRefused, type Refused, refused } from "@writ/core";
import { readIfThere, writeDurably } from "../voice/durable-file.ts";

const keyBytes = 32;

/** Opens the key file, or makes a key. Refuses one that others can read. */
export function openSketchKey(path: string): Uint8Array | Refused {
  const text = readIfThere(path);
  if (text === undefined) {
    const key = randomBytes(keyBytes);
    writeDurably(path, `${key.toString("hex")}\n`);
    return new Uint8Array(key);
  }
  if ((statSync(path).mode & 0o077) !== 0) {
    return refused("exposed-key", "others can read the sketch key: chmod 600 it");
  }
  const digits = text.toString("latin1").trim();
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    return refused("malformed", "a sketch key is 64 hex digits");
  }
  return new Uint8Array(Buffer.from(digits, "hex"));
}

/** Opens the key file, after giving it another file's key where one is named. */
export function givenSketchKey(path: string, from: string | undefined): Uint8Array | Refused {
  if (from === undefined) return openSketchKey(path);
  if (readIfThere(from) === undefined) return refused("malformed", "there is no such sketch key");
  const given = openSketchKey(from);
  if (isRefused(given)) return given;
  const text = `${Buffer.from(given).toString("hex")}\n`;
  const own = readIfThere(path)?.toString("latin1");
  if (own !== undefined && own !== text) {
    return refused("malformed", "this probe has another sketch key already");
  }
  if (own === undefined) writeDurably(path, text);
  return given;
}
