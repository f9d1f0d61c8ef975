/** What is to be identified: a file, or a member of an archive, and where it lies. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path/posix";
import type { Reader } from "@writ/weights";
import type { OpenFiles } from "./open-files.ts";

export type Specimen = {
  /** Of the file, as a person names it. */
  readonly path: string;
  /** Names within archives, outermost first; empty for a file. Inert. */
  readonly inside: readonly string[];
  readonly reader: Reader;
  /** The same for names of one file: links are not counted twice. */
  readonly content: string;
  /** Whoever asked named this very file, and is owed an answer about it whatever it holds. */
  readonly asked: boolean;
};

/** Where a specimen lies, for those beside it: files and members never lie beside each other. */
export function folderOf({ path, inside }: Specimen): string {
  const last = inside.at(-1);
  if (last === undefined) return dirname(path);
  return [path, ...inside.slice(0, -1), dirname(last)].join("\0");
}

export function nameOf({ path, inside }: Specimen): string {
  return basename(inside.at(-1) ?? path);
}

/** How a specimen is shown: the file, then what leads further in. */
export function placeText({ path, inside }: Pick<Specimen, "path" | "inside">): string {
  return [path, ...inside].join(" > ");
}

/** One file as a specimen; throws the system's error if it is not there. */
export function fileSpecimen(path: string, files: OpenFiles, asked = false): Specimen {
  const { size, dev, ino } = statSync(path);
  return { path, inside: [], reader: files.reader(path, size), content: `${dev}:${ino}`, asked };
}

/** Something that could not be looked at, and why. */
export type Unread = { readonly path: string; readonly detail: string };

/**
 * Every file under the paths, in the order of their names. Links to files are followed (a Hugging
 * Face cache names its blobs by links), links to folders are not: they may lead round.
 */
export function specimensUnder(
  paths: readonly string[],
  files: OpenFiles,
): { readonly specimens: readonly Specimen[]; readonly unread: readonly Unread[] } {
  const unread: Unread[] = [];
  const found = new Map<string, Specimen>();
  const take = (path: string, { better, asked }: { better: boolean; asked: boolean }): void => {
    try {
      if (!statSync(path).isFile()) {
        if (asked) unread.push({ path, detail: "no regular file" });
        return;
      }
      const specimen = fileSpecimen(path, files, asked);
      const known = found.get(specimen.content);
      if (known === undefined || better) found.set(specimen.content, specimen);
    } catch (error) {
      unread.push({ path, detail: (error as Error).message });
    }
  };
  const walk = (folder: string): void => {
    let entries: Dirent[];
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      unread.push({ path: folder, detail: (error as Error).message });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) take(path, { better: false, asked: false });
      // A link's name says more than a blob's: shards are found by it.
      else if (entry.isSymbolicLink()) take(path, { better: true, asked: false });
    }
  };
  for (const path of paths) {
    if (statSync(path).isDirectory()) walk(path);
    else take(path, { better: true, asked: true });
  }
  return { specimens: [...found.values()], unread };
}

/** The file beside a specimen, if it is one on disk and there; for shards that were not named. */
export function besideOnDisk(
  specimen: Specimen,
  name: string,
  files: OpenFiles,
): Specimen | undefined {
  if (specimen.inside.length > 0) return undefined;
  const path = join(dirname(specimen.path), name);
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? fileSpecimen(path, files) : undefined;
}
