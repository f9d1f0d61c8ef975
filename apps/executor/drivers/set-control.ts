/**
 * The driver that brings a control back to what the register expects, whatever it was made to say.
 * The file is replaced by a new one under its name, so a symlink in its place goes as well.
 */
import { constants, type FileHandle, lstat, open, rename, unlink } from "node:fs/promises";
import { fromUtf8, toUtf8 } from "@writ/core";
import type { SetControl } from "@writ/core/deployment";
import { controlValue, withControlValue } from "./control-value.ts";
import { type Boundaries, type Driver, type Reading, unreadable } from "./driver.ts";
import { atPlace, isMissing, isNoFolder, type NoFolder, type Place } from "./folder.ts";

/** Files that people write by hand; a larger one is not what the register says it is. */
const controlBytesMax = 1024 * 1024;

type Read = {
  /** Absent if there is no file of its own. */
  readonly text: string | undefined;
  readonly owner: number | undefined;
  readonly group: number | undefined;
  readonly mode: number | undefined;
  readonly what: string;
};

/** Controls in files. */
export function setControlDriver(boundaries: Boundaries): Driver<SetControl> {
  return {
    describe: ({ placement, reading, after }) =>
      `set control ${placement} in ${reading.path} to ${JSON.stringify(after)}`,
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(step, await atPlace(step.reading.path, "follow", readFile));
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const done = await atPlace(step.reading.path, "follow", (place) =>
        setAt(step, place, boundaries),
      );
      return isNoFolder(done) ? done.detail : done;
    },
  };
}

function asReading(step: SetControl, read: Read | NoFolder): Reading {
  if (isNoFolder(read)) {
    const state = read.noFolder === "unreadable" ? "unreadable" : "neither";
    return { state, detail: read.detail };
  }
  const wrong = differs(step, read);
  if (wrong === undefined) return { state: "after", detail: `it is as registered: ${step.after}` };
  const settable = withControlValue(read.text ?? "", step.reading, step.after) !== undefined;
  if (settable) return { state: "before", detail: wrong };
  return { state: "neither", detail: `${wrong}, and it cannot be set in what stands there` };
}

/** How what stands there is not as registered; `undefined` if it is. */
function differs({ reading, after, owner, mode }: SetControl, read: Read): string | undefined {
  if (read.text === undefined) return read.what;
  const value = controlValue(read.text, reading);
  if (value !== after) return value === undefined ? "it is not set" : `it is ${value}`;
  if (owner !== undefined && read.owner !== owner) return `its owner is ${read.owner}`;
  if (mode !== undefined && read.mode !== Number.parseInt(mode, 8)) {
    return `its mode is ${read.mode?.toString(8)}`;
  }
  return undefined;
}

async function setAt(
  step: SetControl,
  place: Place,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const read = await readFile(place);
  const { state, detail } = asReading(step, read);
  if (state === "after") return undefined;
  const text = withControlValue(read.text ?? "", step.reading, step.after);
  if (state !== "before" || text === undefined) return detail;
  const aside = place.beside(".writ-control");
  await unlink(aside).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(aside, flags, 0o600);
  try {
    await file.writeFile(toUtf8(text));
    await own(file, step, read);
    await file.sync();
  } finally {
    await file.close();
  }
  await boundaries.reached("effect-half-done");
  await rename(aside, place.path);
  await place.sync();
  return undefined;
}

/** Owner first: a change of owner takes set-id bits away. */
async function own(file: FileHandle, { owner, mode }: SetControl, read: Read): Promise<void> {
  const { uid, gid } = await file.stat();
  const [wanted, group] = [owner ?? read.owner ?? uid, read.group ?? gid];
  if (uid !== wanted || gid !== group) await file.chown(wanted, group);
  await file.chmod(mode === undefined ? (read.mode ?? 0o644) : Number.parseInt(mode, 8));
}

/** What stands there. A symlink or nothing has no text; another thing than a file rejects. */
async function readFile(place: Place): Promise<Read> {
  const nothing = { text: undefined, owner: undefined, group: undefined, mode: undefined };
  let file: FileHandle;
  try {
    // Non-blocking: a named pipe in its place would hold us for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = await open(place.path, flags);
  } catch (error) {
    if (isMissing(error)) return { ...nothing, what: "there is no such file" };
    const isLink = await lstat(place.path).then(
      (seen) => seen.isSymbolicLink(),
      () => false,
    );
    if (isLink) return { ...nothing, what: "it was replaced by a symlink" };
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error("what is there is not a file");
    if (stat.size > controlBytesMax) throw new Error(`it is over ${controlBytesMax} bytes`);
    const bytes = Buffer.alloc(controlBytesMax + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const text = fromUtf8(bytes.subarray(0, bytesRead));
    if (text === undefined) throw new Error("it is not UTF-8");
    const { uid: owner, gid: group, mode } = stat;
    return { text, owner, group, mode: mode & 0o7777, what: "a file" };
  } finally {
    await file.close();
  }
}
