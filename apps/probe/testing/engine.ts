/** Real container engines for tests, with everything of theirs in one folder; or why there are none. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A program run to its end; its output without white space around. */
export type Engine = {
  readonly run: (...args: readonly string[]) => string;
  readonly folder: string;
  readonly socket: string;
};

/** Why an engine cannot run here; `undefined` if it can. */
export function lackOf(program: string): string | undefined {
  if (process.getuid?.() !== 0) return `${program} in a folder of its own takes root`;
  const asked = spawnSync(program, ["--version"], { encoding: "utf8" });
  return asked.status === 0 ? undefined : `${program} is not installed`;
}

/** A folder that is removed when the engine in it has ended, not before. */
function engineFolder(): string {
  return mkdtempSync(join(tmpdir(), "writ-engine-"));
}

/** Podman with its own storage; nothing of the host's is touched. */
export function openPodman(context: TestContext): Engine {
  const base = engineFolder();
  const folder = join(base, "storage");
  const socket = join(base, "podman.sock");
  const own = ["--root", folder, "--runroot", join(base, "run"), "--cgroup-manager", "cgroupfs"];
  const run = (...args: readonly string[]) =>
    execFileSync("podman", [...own, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  context.after(() => {
    spawnSync("podman", [...own, "rm", "--all", "--force", "--time", "0"], { stdio: "ignore" });
    spawnSync("umount", [join(folder, "overlay")], { stdio: "ignore" });
    rmSync(base, { recursive: true, force: true });
  });
  return { run, folder, socket };
}

/** Its Docker-compatible API, until the test ends. */
export async function servePodman(context: TestContext, { folder, socket }: Engine): Promise<void> {
  const own = ["--root", folder, "--runroot", join(folder, "../run")];
  const args = [...own, "system", "service", "--time", "0", `unix://${socket}`];
  const child = spawn("podman", args, { stdio: "ignore" });
  context.after(() => child.kill("SIGKILL"));
  await answers(socket, () => child.exitCode !== null);
}

/** Docker's daemon with its own storage, without a network. */
export async function openDocker(context: TestContext): Promise<Engine> {
  const base = engineFolder();
  const [folder, socket] = [join(base, "root"), join(base, "d.sock")];
  mkdirSync(folder);
  const child = spawn(
    "dockerd",
    [
      ...["--data-root", folder, "--exec-root", join(base, "exec"), "-H", `unix://${socket}`],
      ...["--pidfile", join(base, "pid"), "--iptables=false", "--ip6tables=false"],
      ...["--bridge=none", "--storage-driver=overlay2"],
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.on("exit", resolve));
  context.after(async () => {
    child.kill("SIGTERM");
    const overdue = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(overdue);
    rmSync(base, { recursive: true, force: true });
  });
  await answers(socket, () => child.exitCode !== null);
  const run = (...args: readonly string[]) =>
    execFileSync("docker", ["-H", `unix://${socket}`, ...args], {
      encoding: "utf8",
      env: { ...process.env, DOCKER_BUILDKIT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  return { run, folder, socket };
}

async function answers(socketPath: string, isOver: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end && !isOver()) {
    const isThere =
      existsSync(socketPath) &&
      (await new Promise<boolean>((resolve) => {
        const asked = get({ socketPath, path: "/_ping", agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        });
        asked.on("error", () => resolve(false));
      }));
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no engine answers at ${socketPath}`);
}
