/**
 * What the demo runs in: one process that plays it, with everything that it starts, in a process
 * namespace of its own where the machine lets us. There the kernel ends all of it with its first
 * process, and the demo's host is really only what the demo put there: a probe of an ordinary user
 * sees every process of it, where on the machine itself it may not look into other users'.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const politeMilliseconds = 10_000;
const sweepRounds = 5;

export type Enclosure = {
  /** The words before the program's own. */
  readonly words: readonly string[];
  readonly isolated: boolean;
};

/** Finds out how to enclose: util-linux's unshare(1), as root or with a user namespace. */
export async function findEnclosure(user: number | undefined): Promise<Enclosure> {
  const asRoot = user === 0 ? [] : ["--user", "--map-root-user"];
  const words = ["unshare", ...asRoot, "--pid", "--fork", "--kill-child", "--mount-proc"];
  const works = await new Promise<boolean>((resolve) => {
    const trial = spawn(words[0]!, [...words.slice(1), "true"], { stdio: "ignore" });
    trial.once("error", () => resolve(false));
    trial.once("exit", (code) => resolve(code === 0));
  });
  return works ? { words, isolated: true } : { words: [], isolated: false };
}

/**
 * Starts a script of ours enclosed. Its standard input is a pipe that closes when we end, however
 * that comes about. It is in a session of its own, so that ^C is ours to handle.
 */
export function startEnclosed(enclosure: Enclosure, words: readonly string[]): ChildProcess {
  const [program, ...rest] = [...enclosure.words, process.execPath, ...words];
  return spawn(program!, rest, {
    stdio: ["pipe", "inherit", "inherit"],
    detached: true,
    // The estate's own programs are started as `node`, and mean this one.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}` },
  });
}

/** Waits for its end; when told to stop, asks for it, and after a while makes it. */
export async function endOf(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
  let hard: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGTERM");
    hard = setTimeout(() => child.kill("SIGKILL"), politeMilliseconds);
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await ended;
  } finally {
    clearTimeout(hard);
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Ends every process whose command line names a path in this folder: the folder's name was made by
 * us and by chance, so nothing else can.
 */
export async function sweep(folder: string): Promise<void> {
  for (let round = 0; round < sweepRounds; round += 1) {
    const left = await processesNaming(folder);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It went by itself.
      }
    }
    await sleep(50);
  }
}

async function processesNaming(folder: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[1-9]\d*$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    if (pid === process.pid || pid === process.ppid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(`${folder}/`) || command.includes(`${folder}\0`)) found.push(pid);
  }
  return found;
}
