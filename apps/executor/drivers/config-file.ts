/** The driver of release links that are one value in a configuration file, rewritten atomically. */
import { constants, type FileHandle, open, rename, unlink } from "node:fs/promises";
import { fromUtf8, type SwitchLink, toUtf8 } from "@writ/core";
import { type ConfigLine, valueInForce, withValue } from "./config-line.ts";
import { type Boundaries, type Driver, type Reading, unreadable } from "./driver.ts";
import { atPlace, isMissing, isNoFolder, type NoFolder, type Place } from "./folder.ts";
import { asideName } from "./symlink.ts";

/** Files that people write by hand; a larger one is not what the register says it is. */
const configBytesMax = 1024 * 1024;

export type SwitchLine = SwitchLink & { readonly line: ConfigLine };

type Read = {
  readonly text: string;
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
};

/** One value of a config file as a release link. */
export function configFileDriver(boundaries: Boundaries): Driver<SwitchLine> {
  return {
    describe: ({ path, line, before, after }) =>
      `set ${line.key} in ${path} from ${before} to ${after}`,
    remember: async () => "",
    readState: async (step) => {
      try {
        return asReading(step, await atPlace(step.path, "follow", readConfig));
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const done = await atPlace(step.path, "follow", (place) =>
        rewriteAt(step, place, boundaries),
      );
      return isNoFolder(done) ? done.detail : done;
    },
  };
}

async function rewriteAt(
  step: SwitchLine,
  place: Place,
  boundaries: Boundaries,
): Promise<string | undefined> {
  const read = await readConfig(place);
  const { state, detail } = asReading(step, read);
  if (state === "after") return undefined;
  if (state !== "before" || typeof read === "string") return detail;
  const text = withValue(read.text, step.line, step.after);
  if (text === undefined) return "the value cannot be written there so that it is read back";
  const aside = place.beside(asideName(step));
  await unlink(aside).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(aside, flags, 0o600);
  try {
    await file.writeFile(toUtf8(text));
    await keepOwner(file, read);
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
async function keepOwner(file: FileHandle, { mode, owner, group }: Read): Promise<void> {
  const { uid, gid } = await file.stat();
  if (uid !== owner || gid !== group) await file.chown(owner, group);
  await file.chmod(mode);
}

/** The file, or in words why it is none that could be rewritten. */
async function readConfig(place: Place): Promise<Read | string> {
  let file: FileHandle;
  try {
    // Non-blocking: a named pipe in its place would hold us for ever.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    file = await open(place.path, flags);
  } catch (error) {
    if (isMissing(error)) return "there is no such file";
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return "what is there is a symlink";
    throw error;
  }
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return "what is there is not a file";
    if (stat.nlink > 1) return "the file has a second name, which a new file would leave behind";
    if (stat.size > configBytesMax) return `the file is over ${configBytesMax} bytes`;
    const bytes = Buffer.alloc(configBytesMax + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const text = fromUtf8(bytes.subarray(0, bytesRead));
    if (text === undefined) return "the file is not UTF-8";
    return { text, mode: stat.mode & 0o7777, owner: stat.uid, group: stat.gid };
  } finally {
    await file.close();
  }
}

function asReading(step: SwitchLine, read: Read | string | NoFolder): Reading {
  if (typeof read === "string") return { state: "neither", detail: read };
  if (isNoFolder(read)) {
    const state = read.noFolder === "unreadable" ? "unreadable" : "neither";
    return { state, detail: read.detail };
  }
  const standing = valueInForce(read.text, step.line);
  if (standing === undefined) return { state: "neither", detail: "the key is not set" };
  const often = standing.times > 1 ? `, the last of ${standing.times} times that it is set` : "";
  const detail = `it is ${JSON.stringify(standing.value)}${often}`;
  if (standing.value === step.before) return { state: "before", detail };
  return { state: standing.value === step.after ? "after" : "neither", detail };
}
