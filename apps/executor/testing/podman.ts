/** A real Podman for tests, with everything of its own in one folder; or why there is none. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ask } from "../drivers/deployments/wire.ts";

/** Starting an engine takes long on a loaded machine, and a test must not be wrong for that. */
const startMilliseconds = 60_000;

export type Podman = {
  readonly socket: string;
  readonly run: (...args: readonly string[]) => string;
  /** Makes an image that runs `sleep` and holds one file of its own; gives its id. */
  readonly image: (name: string, text: string) => string;
  readonly close: () => Promise<void>;
};

/** Why Podman cannot run here; `undefined` if it can. */
export function lackOfPodman(): string | undefined {
  if (process.getuid?.() !== 0) return "podman in a folder of its own takes root";
  const asked = spawnSync("podman", ["--version"], { encoding: "utf8" });
  if (asked.status !== 0) return "podman is not installed";
  return existsSync("/bin/busybox")
    ? undefined
    : "busybox, of which its images are made, is missing";
}

export async function openPodman(): Promise<Podman> {
  const base = mkdtempSync(join(tmpdir(), "writ-executor-engine-"));
  const socket = join(base, "podman.sock");
  const storage = join(base, "storage");
  const own = [
    ...["--root", storage, "--runroot", join(base, "run"), "--cgroup-manager", "cgroupfs"],
    ...["--storage-driver", "vfs"],
  ];
  // Podman asks for more open files than a sandbox may give.
  const configuration = join(base, "containers.conf");
  const limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
  writeFileSync(configuration, limits);
  const env = { ...process.env, CONTAINERS_CONF: configuration };
  const run = (...args: readonly string[]) =>
    execFileSync("podman", [...own, ...args], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  const service = ["system", "service", "--time", "0", `unix://${socket}`];
  const child = spawn("podman", [...own, ...service], { stdio: "ignore", env });
  const end = Date.now() + startMilliseconds;
  for (let up = false; !up; ) {
    if (Date.now() > end || child.exitCode !== null) throw new Error("podman does not answer");
    up = await ask("http://engine/_ping", { socket, method: "GET", milliseconds: 5000 }).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (!up) await delay(50);
  }
  return {
    socket,
    run,
    image: (name, text) => {
      const folder = join(base, `build-${name}`);
      mkdirSync(join(folder, "bin"), { recursive: true });
      execFileSync("cp", ["/bin/busybox", join(folder, "bin", "busybox")]);
      writeFileSync(join(folder, "model"), text);
      execFileSync("tar", ["-cf", `${folder}.tar`, "-C", folder, "."]);
      const changes = [
        "--change",
        `CMD ["/bin/busybox","sleep","1000"]`,
        "--change",
        `ENV OF=${name}`,
      ];
      const imported = run("import", ...changes, `${folder}.tar`, name);
      return `sha256:${imported
        .replace(/^sha256:/, "")
        .split("\n")
        .at(-1)}`;
    },
    close: async () => {
      spawnSync("podman", [...own, "rm", "--all", "--force", "--time", "0"], { stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      rmSync(base, { recursive: true, force: true });
    },
  };
}
