/**
 * The inference runtime that the demo's models run in: node-llama-cpp with its prebuilt binary for
 * the processor, from npm, by a lockfile of its own. Installed once, apart from Writ: whoever only
 * uses Writ never downloads it.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Problem, problem } from "../outcome.ts";
import type { Progress } from "../progress.ts";

const manifestFolder = fileURLToPath(new URL("runtime", import.meta.url));
const manifests = ["package.json", "package-lock.json"];
export const runtimeName = "node-llama-cpp 3.22.1";

export type Machine = {
  readonly platform: string;
  readonly arch: string;
  /** True if programs here are linked against glibc, as the prebuilt binary is. */
  readonly glibc: boolean;
};

/** This machine. */
export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as {
    readonly header: { readonly glibcVersionRuntime?: string };
  };
  const { platform, arch } = process;
  return { platform, arch, glibc: header.glibcVersionRuntime !== undefined };
}

/** Why the demo cannot run on a machine; `undefined` if it can. */
export function unsupported({ platform, arch, glibc }: Machine): Problem | undefined {
  if (platform === "linux" && arch === "x64" && glibc) return undefined;
  const libc = platform === "linux" && !glibc ? " without glibc" : "";
  return problem(
    "unsupported",
    `the demo runs on Linux on x64 with glibc; this is ${platform} on ${arch}${libc}`,
    "its models run in a prebuilt runtime, and its probe reads Linux's /proc; run it in a VM",
  );
}

/** Where the runtime of this lockfile is, or would be, installed. */
export async function runtimeFolder(environment: NodeJS.ProcessEnv): Promise<string> {
  const lock = await readFile(join(manifestFolder, "package-lock.json"));
  const version = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const { XDG_CACHE_HOME: named } = environment;
  const cache = named === undefined || named === "" ? join(homedir(), ".cache") : named;
  return join(cache, "writ", `demo-runtime-${version}`);
}

/** Installs the runtime unless it is there. Answers its folder. */
export async function installRuntime(
  environment: NodeJS.ProcessEnv,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<string | Problem> {
  const folder = await runtimeFolder(environment);
  if (await exists(folder)) return folder;
  progress.stage(`installing ${runtimeName} from the npm registry, once (85 MB)`);
  await mkdir(join(folder, ".."), { recursive: true });
  // Made aside and then named: a folder of that name is always whole.
  const aside = await mkdtemp(`${folder}.`);
  try {
    for (const name of manifests) await copyFile(join(manifestFolder, name), join(aside, name));
    const began = Date.now();
    const ticking = setInterval(() => {
      progress.update(`${Math.round((Date.now() - began) / 1000)} s`);
    }, 200);
    const failure = await npm(aside, signal).finally(() => clearInterval(ticking));
    if (failure !== undefined) return failure;
    await rename(aside, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another demo was faster: its folder is as good.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    return folder;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Exactly what the lockfile names, without the other processors' binaries, running nothing of it.
 */
const npmWords = [
  "install",
  "--omit=optional",
  "--ignore-scripts",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
];

function npm(folder: string, signal: AbortSignal): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const child = spawn("npm", npmWords, {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      signal,
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      if (errors.length < 2000) errors += part;
    });
    const failed = (why: string) =>
      problem(
        "app-failed",
        `${runtimeName} was not installed: ${why}`,
        "the demo needs npm and its registry the first time; see npm config get registry",
      );
    child.once("error", (error) => resolve(failed(error.message)));
    child.once("close", (code) => {
      resolve(code === 0 ? undefined : failed(npmReason(errors) ?? `npm ended with ${code}`));
    });
  });
}

/** What npm says is wrong, without its help. */
function npmReason(errors: string): string | undefined {
  const lines = errors.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim());
  return lines.find((line) => line !== "" && !line.startsWith("code "));
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
