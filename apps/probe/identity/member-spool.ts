/**
 * Where members of compressed archives are kept while they are compared: one file without a name in
 * the probe's own folder, gone with the process whatever ends it.
 */
import { closeSync, ftruncateSync, openSync, statfsSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Reader } from "@writ/weights";
import { fileReader } from "../files/file-reader.ts";

const stepBytes = 1024 * 1024;
/** A probe must not be what fills a disk. */
const spoolBytesMax = 64 * 1024 * 1024 * 1024;

export type MemberSpool = {
  /** The bytes, readable at random until the next member; `undefined` if there is no room. */
  keep(member: Reader): Promise<Reader | undefined>;
  close(): void;
};

/** A spool in the folder; nothing is made before it is needed. */
export function openMemberSpool(folder: string): MemberSpool {
  let file: number | undefined;
  return {
    async keep(member) {
      file ??= nameless(join(folder, "members"));
      ftruncateSync(file);
      const { bavail, bsize } = statfsSync(folder);
      if (member.size > Math.min(spoolBytesMax, (bavail * bsize) / 2)) return undefined;
      for (let at = 0; at < member.size; ) {
        const bytes = await member.read(at, Math.min(stepBytes, member.size - at));
        writeSync(file, bytes, 0, bytes.length, at);
        at += bytes.length;
      }
      return fileReader(file, member.size);
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function nameless(path: string): number {
  const file = openSync(path, "w+", 0o600);
  unlinkSync(path);
  return file;
}
