/** The data folder: where an estate's files are, and what a client needs to reach it. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Digest, isDigest } from "@writ/core/encoding";
import { type Problem, problem } from "./outcome.ts";
import type { Shell } from "./shell.ts";

export type EstateFile = {
  /** Where the server answers. */
  readonly url: string;
  /** Digest of the first trust root: the pin that everything else is checked against. */
  readonly estate: Digest;
  readonly name: string;
};

/** The description of `--data`, the same everywhere. */
export const dataHelp = "the data folder (default: $WRIT_HOME, or ~/.writ)";

/** The data folder that a command line means. */
export function homeFolder(shell: Shell, data: string | undefined): string {
  const { WRIT_HOME: named } = shell.environment;
  if (data !== undefined) return resolve(data);
  return named === undefined || named === "" ? join(homedir(), ".writ") : resolve(named);
}

/** Reads `estate.json`. */
export async function readEstateFile(folder: string): Promise<EstateFile | Problem> {
  const path = join(folder, "estate.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return problem(
      "no-estate",
      `there is no estate in ${folder}`,
      "make one with ./writ up, or name its data folder with --data DIR",
    );
  }
  const file = parsedEstateFile(text);
  const hint = "restore it from a backup: it pins the estate, and is not made twice";
  return file ?? problem("malformed", `${path} does not read {"url", "estate", "name"}`, hint);
}

/** The text of `estate.json`. */
export function estateFileText({ url, estate, name }: EstateFile): string {
  return `${JSON.stringify({ url, estate, name }, null, 2)}\n`;
}

function parsedEstateFile(text: string): EstateFile | undefined {
  try {
    const { url, estate, name } = JSON.parse(text) as { readonly [key: string]: unknown };
    if (typeof url !== "string" || !URL.canParse(url)) return undefined;
    if (!isDigest(estate) || typeof name !== "string") return undefined;
    return { url, estate, name };
  } catch {
    return undefined;
  }
}
