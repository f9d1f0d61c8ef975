/** What `writ up` keeps where, and how it was told to run. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Problem, problem } from "../outcome.ts";

/** The apps' folder; an app is known to this one by its command line alone. */
const appsFolder = fileURLToPath(new URL("../..", import.meta.url));

export type AppKind = "server" | "witness" | "probe" | "executor";

/** The script that an app is started by. */
export function scriptOf(kind: AppKind): string {
  return join(appsFolder, kind, "main.ts");
}

/** What every process of ours is started with. */
export const nodeFlags: readonly string[] = [
  "--disable-warning=ExperimentalWarning",
  `--import=${new URL("../compile-cache.ts", import.meta.url)}`,
];

export type Layout = ReturnType<typeof layoutOf>;

/** Paths in a data folder. */
export function layoutOf(folder: string) {
  return {
    folder,
    estateFile: join(folder, "estate.json"),
    trustRootFile: join(folder, "trust-root.json"),
    /** The first entry's bytes, kept before they are sent: a second try must send the same. */
    rootEntryFile: join(folder, "trust-root.entry"),
    setupFile: join(folder, "up.json"),
    humans: join(folder, "humans"),
    agents: join(folder, "agents"),
    logs: join(folder, "logs"),
    run: join(folder, "run"),
    app: (name: string) => join(folder, name),
    log: (name: string) => join(folder, "logs", `${name}.log`),
    running: (name: string) => join(folder, "run", `${name}.json`),
  };
}

/** How an estate is run, told once and kept for the next `up`. */
export type Setup = {
  readonly host: string;
  readonly port: number;
  readonly witnesses: number;
  /** Looked under besides the usual places, absolute, as documents write paths. */
  readonly roots: readonly string[];
  /** Whether the usual places of models are looked under. */
  readonly usual: boolean;
  /** Seconds from one look to the next; absent for the probe's own. */
  readonly interval?: number;
  /** A PostgreSQL URL; absent for SQLite in the data folder. */
  readonly store?: string;
};

/** Reads the setup; `undefined` if this folder has none. */
export async function readSetup(layout: Layout): Promise<Setup | Problem | undefined> {
  const text = await readFile(layout.setupFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (text === undefined) return undefined;
  try {
    const setup = JSON.parse(text) as Setup | null;
    if (typeof setup?.host === "string" && Array.isArray(setup.roots)) return setup;
  } catch {
    // Told below.
  }
  const hint = "restore it from a backup; with no estate.json beside it, it may be removed";
  return problem("malformed", `${layout.setupFile} does not say how this estate is run`, hint);
}

/** Writes a file whole and durably, or not at all. */
export async function writeWhole(
  path: string,
  bytes: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  const file = await open(aside, "w", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes the folders, for their owner alone. */
export async function makeFolders(layout: Layout): Promise<void> {
  for (const folder of [layout.folder, layout.humans, layout.agents, layout.logs, layout.run]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
}
