/**
 * Where members of compressed archives are kept while they are looked at: one file without a name,
 * gone with the process whatever ends it.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Reader } from "@writ/weights";
import { readAt } from "./open-files.ts";

/** Bytes taken from a member at a time. */
const stepBytes = 1 << 20;

export class Spool {
  #file: number | undefined;
  #size = 0;
  #room = 0;

  /** Keeps a copy of the bytes; `undefined` if they would take more than half of the free disk. */
  async keep(reader: Reader): Promise<Reader | undefined> {
    this.#file ??= this.#make();
    const start = this.#size;
    const { size } = reader;
    if (start + size > this.#room) return undefined;
    this.#size += size;
    for (let at = 0; at < size; ) {
      const bytes = await reader.read(at, Math.min(stepBytes, size - at));
      writeSync(this.#file, bytes, 0, bytes.length, start + at);
      at += bytes.length;
    }
    const file = this.#file;
    return {
      size,
      read: (offset, length) => {
        // Range first: neighbours' bytes lie in the same file.
        if (offset > size || length > size - offset) return readAt(file, size, offset, length);
        return readAt(file, start + size, start + offset, length);
      },
    };
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #make(): number {
    const folder = mkdtempSync(join(tmpdir(), "writ-identify-"));
    const path = join(folder, "members");
    const file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    rmdirSync(folder);
    const { bavail, bsize } = statfsSync(tmpdir());
    this.#room = (bavail * bsize) / 2;
    return file;
  }
}
