/**
 * The driver of scripts: a program of the operators' own, pinned by its bytes. It is never run from
 * its path, which may be swapped between the check and the run: its bytes are read once, held
 * against the digest that humans signed, and run from a copy that has no name any more.
 *
 * It is called as `PROGRAM read|carry-out STEP PLACEMENT BEFORE AFTER`. `read` prints `before`,
 * `after` or `neither` in its first line; after `carry-out` it is read again, and only that counts.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeploymentStep, ScriptSystem } from "@writ/core/deployment";
import { type Driver, type Reading, unreadable } from "../driver.ts";
import { atPlace, isNoFolder } from "../folder.ts";

export type ScriptStep = DeploymentStep & { readonly deployment: ScriptSystem };

/** Scripts are texts or small programs; a larger one is not what humans can have looked into. */
const scriptBytesMax = 16 * 1024 * 1024;
const outputBytesMax = 64 * 1024;
/** What a script is given of the executor's environment: nothing that could be a secret. */
const environmentKept = ["PATH", "HOME", "LANG", "LC_ALL", "TZ"];

/** Scripts as deployments. */
export function scriptDriver(): Driver<ScriptStep> {
  return {
    describe: (step) => {
      const [before, after] = targets(step);
      const { path, digest } = step.deployment;
      return `run ${path} (${digest}): ${step.step} from ${before} to ${after || "nothing"}`;
    },
    remember: async () => "",
    readState: async (step) => {
      try {
        return await read(step);
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async (step) => {
      const { state, detail } = await read(step);
      if (state === "after") return undefined;
      if (state !== "before") return detail;
      const { code, text } = await run(step, "carry-out");
      return code === 0 ? undefined : `the script ended with ${code}: ${text.slice(0, 200)}`;
    },
  };
}

function targets(step: ScriptStep): readonly [string, string] {
  return step.step === "switch-deployment" ? [step.before, step.after] : [step.target, ""];
}

async function read(step: ScriptStep): Promise<Reading> {
  const { code, text } = await run(step, "read");
  const [word, ...rest] = text.trim().split("\n");
  const more = rest.length === 0 ? "" : `: ${rest.join(" ").slice(0, 200)}`;
  const detail = `the script says ${word || "nothing"}${more}`;
  const known = word === "before" || word === "after" || word === "neither";
  return code === 0 && known
    ? { state: word, detail }
    : { state: "unreadable", detail: `${detail}, and ended with ${code}` };
}

/** The script's bytes, if they are those that humans signed. */
async function bytesOf({ path, digest }: ScriptSystem): Promise<Buffer> {
  const read = await atPlace(path, "refuse", async (place) => {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(place.path, flags);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > scriptBytesMax) return "it is no file of a script's size";
      const bytes = Buffer.alloc(stat.size);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  });
  if (isNoFolder(read)) throw new Error(`the script: ${read.detail}`);
  if (typeof read === "string") throw new Error(`the script: ${read}`);
  const own = `sha256:${createHash("sha256").update(read).digest("hex")}`;
  if (own !== digest) throw new Error(`the script is not as signed: its digest is ${own}`);
  return read;
}

/** A file without a name that holds these bytes, open for reading. */
function nameless(bytes: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), "writ-script-"));
  try {
    const path = join(folder, "run");
    // Only its owner may read it, nobody may write it, and its name goes before it is run.
    writeFileSync(path, bytes, { mode: 0o500, flag: "wx" });
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(
  step: ScriptStep,
  verb: "read" | "carry-out",
): Promise<{ readonly code: number | string; readonly text: string }> {
  const descriptor = nameless(await bytesOf(step.deployment));
  const kept = environmentKept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  // In the child the file is descriptor 3: the kernel runs that, and so does an interpreter.
  const child = spawn("/proc/self/fd/3", [verb, step.step, step.placement, ...targets(step)], {
    stdio: ["ignore", "pipe", "ignore", descriptor],
    env: Object.fromEntries(kept),
    cwd: "/",
    detached: true,
    shell: false,
  });
  closeSync(descriptor);
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended already.
    }
  };
  const timer = setTimeout(end, step.deployment.seconds * 1000);
  let text = "";
  child.stdout?.on("data", (part: Buffer) => {
    text += part.toString("utf8");
    if (text.length > outputBytesMax) end();
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "nothing", text }));
    });
  } finally {
    clearTimeout(timer);
  }
}
