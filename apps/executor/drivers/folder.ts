/**
 * Folders held open, so that a name is looked up in the very folder that was checked: whoever owns
 * a place on the host could otherwise swap a part of its path between the check and the effect.
 * Node has no `openat`; Linux gives the same through `/proc/self/fd/N/name`.
 */
import { constants, type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { assert, pathBytes } from "@writ/core";

/** Linux's O_PATH (include/uapi/asm-generic/fcntl.h), which Node does not name. */
const openPathOnly = 0o10000000;
const slash = "/".charCodeAt(0);

export type Place = {
  /** A path by which the kernel finds `name` in the folder that is held open. */
  readonly path: Buffer;
  /** The path of another name in the same folder. */
  beside(name: string): Buffer;
  /** Makes changes of names in the folder durable. */
  sync(): Promise<void>;
};

/** Why a place's folder cannot be used. */
export type NoFolder = {
  readonly noFolder: "absent" | "link" | "unreadable";
  readonly detail: string;
};

/**
 * Does `work` at a place given as a path's text. Symlinks among the folders are refused, or
 * resolved once before the folder is opened. The last part is never followed by this.
 */
export async function atPlace<T>(
  text: string,
  links: "refuse" | "follow",
  work: (place: Place) => Promise<T>,
): Promise<T | NoFolder> {
  const bytes = pathBytes(text);
  if (bytes === undefined) return { noFolder: "unreadable", detail: "the path is not a path" };
  const path = Buffer.from(bytes);
  const cut = path.lastIndexOf(slash);
  const folder = await openFolder(path.subarray(0, cut), links);
  if ("noFolder" in folder) return folder;
  try {
    const beside = (name: Buffer | string) =>
      Buffer.concat([Buffer.from(`/proc/self/fd/${folder.fd}/`), Buffer.from(name)]);
    const name = path.subarray(cut + 1);
    return await work({ path: beside(name), beside, sync: () => folder.sync() });
  } finally {
    await folder.close();
  }
}

/** True if `atPlace` could not get there. */
export function isNoFolder<T>(result: T | NoFolder): result is NoFolder {
  return typeof result === "object" && result !== null && "noFolder" in result;
}

async function openFolder(
  path: Buffer,
  links: "refuse" | "follow",
): Promise<FileHandle | NoFolder> {
  let whole = path;
  if (links === "follow" && path.length > 0) {
    try {
      whole = await realpath(path, { encoding: "buffer" });
    } catch (error) {
      return noFolder(error, path);
    }
  }
  const parts = splitPath(whole);
  const last = parts.length - 1;
  let folder = await open("/", last < 0 ? constants.O_RDONLY : openPathOnly);
  for (const [i, part] of parts.entries()) {
    const at = Buffer.concat([Buffer.from(`/proc/self/fd/${folder.fd}/`), part]);
    const how = i === last ? constants.O_RDONLY : openPathOnly;
    try {
      const next = await open(at, how | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      await folder.close();
      folder = next;
    } catch (error) {
      const isLink = await lstat(at).then(
        (seen) => seen.isSymbolicLink(),
        () => false,
      );
      await folder.close();
      if (isLink) return { noFolder: "link", detail: `${shown(part)} in its path is a symlink` };
      return noFolder(error, part);
    }
  }
  return folder;
}

function splitPath(path: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from <= path.length; ) {
    const next = path.indexOf(slash, from);
    const to = next < 0 ? path.length : next;
    if (to > from) parts.push(path.subarray(from, to));
    from = to + 1;
  }
  assert(
    parts.every((part) => !part.equals(Buffer.from("..")) && !part.equals(Buffer.from("."))),
    "a place's path has nothing to resolve in it",
  );
  return parts;
}

function noFolder(error: unknown, path: Buffer): NoFolder {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return { noFolder: "absent", detail: `there is no ${shown(path)}` };
  return { noFolder: "unreadable", detail: `${shown(path)} cannot be opened: ${code}` };
}

function shown(path: Buffer): string {
  return JSON.stringify(path.toString("utf8"));
}

/** True for the error of a name that is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
