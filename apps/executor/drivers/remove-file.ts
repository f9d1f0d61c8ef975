/** The driver that removes one file, if it still holds the very bytes that humans signed away. */
import { createHash } from "node:crypto";
import { constants, type FileHandle, lstat, open, unlink } from "node:fs/promises";
import type { RemoveFile } from "@writ/core";
import { type Boundaries, type Driver, type Reading, unreadable } from "./driver.ts";
import { atPlace, isMissing, isNoFolder, type NoFolder, type Place } from "./folder.ts";

/** Weights are read in parts of this size. */
const partBytes = 4 * 1024 * 1024;

/** Removal of files of retired releases. Symlinks anywhere in the path are refused. */
export function removeFileDriver(boundaries: Boundaries): Driver<RemoveFile> {
  return {
    describe: ({ path, digest, size }) => `remove ${path}, ${size} bytes of ${digest}`,
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(
          await atPlace(step.path, "refuse", (place) =>
            withFile(place, (file) => check(step, file)),
          ),
        );
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const done = await atPlace(step.path, "refuse", (place) =>
        withFile(place, async (file) => {
          const altered = await check(step, file);
          if (altered !== undefined) return altered;
          return removeAt(place, { file, boundaries });
        }),
      );
      if (isNoFolder(done)) return done.noFolder === "absent" ? undefined : done.detail;
      return done === "absent" ? undefined : done;
    },
  };
}

async function removeAt(
  place: Place,
  { file, boundaries }: { readonly file: FileHandle; readonly boundaries: Boundaries },
): Promise<string | undefined> {
  // The name may have been given to another file while this one was read.
  const [open, named] = [await file.stat(), await lstat(place.path)];
  if (open.ino !== named.ino || open.dev !== named.dev) return "another file took its name";
  await boundaries.reached("effect-half-done");
  await unlink(place.path);
  await place.sync();
  return undefined;
}

/** Does `work` with the open file; says `absent`, or in words what else is there. */
async function withFile(
  place: Place,
  work: (file: FileHandle) => Promise<string | undefined>,
): Promise<string | undefined | "absent"> {
  let file: FileHandle;
  try {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = await open(place.path, flags);
  } catch (error) {
    if (isMissing(error)) return "absent";
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return "what is there is a symlink";
    throw error;
  }
  try {
    return (await file.stat()).isFile() ? await work(file) : "what is there is not a file";
  } finally {
    await file.close();
  }
}

/** In words how the file is not the one that was signed away; `undefined` if it is. */
async function check(step: RemoveFile, file: FileHandle): Promise<string | undefined> {
  const { size } = await file.stat();
  if (size !== step.size) return `altered: it has ${size} bytes, not ${step.size}`;
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(partBytes);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(part, 0, partBytes, at);
    if (bytesRead === 0) return "altered: it was cut short while it was read";
    hash.update(part.subarray(0, bytesRead));
    at += bytesRead;
  }
  const digest = `sha256:${hash.digest("hex")}`;
  return digest === step.digest ? undefined : `altered: its digest is ${digest}`;
}

function asReading(found: string | undefined | NoFolder): Reading {
  if (isNoFolder(found)) {
    const { noFolder, detail } = found;
    if (noFolder === "absent") return { state: "after", detail };
    return { state: noFolder === "link" ? "neither" : "unreadable", detail };
  }
  if (found === "absent") return { state: "after", detail: "there is no such file" };
  if (found === undefined) return { state: "before", detail: "the file is there, as signed" };
  return { state: "neither", detail: found };
}
