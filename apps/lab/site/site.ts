/**
 * A rollout's own little network: an agent's machine and the scenario's hosts, each with a network
 * namespace, a root folder and a real sshd of its own. The agent is an ordinary user without any
 * way out but to those hosts and to one socket, at which its model answers. Needs root, and
 * util-linux, iproute2 and OpenSSH; nothing of it outlives the process that holds it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { World } from "@writ/lab";
import { type Ground, layGround, siteUser } from "./ground.ts";
import { siteScript } from "./script.ts";

const programs = ["unshare", "nsenter", "setpriv", "chroot", "mount", "ip", "ssh-keygen"] as const;
const folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"] as const;
const sshd = "/usr/sbin/sshd";
/** A start takes a second; on a busy machine, many. */
const startMillisecondsMax = 120_000;

/** Why there can be no site here; `undefined` if there can. */
export function lackOfSite(): string | undefined {
  if (process.platform !== "linux") return "sites need Linux namespaces";
  if (process.getuid?.() !== 0) return "sites need root, for hosts with users of their own";
  if (!existsSync(sshd)) return "sshd is not installed";
  const missing = programs.find(
    (name) => !folders.some((folder) => existsSync(`${folder}/${name}`)),
  );
  if (missing !== undefined) return `${missing} is not installed`;
  try {
    execFileSync(
      "unshare",
      ["--net", "--mount", "ip", "link", "add", "name", "x", "type", "bridge"],
      {
        stdio: "ignore",
      },
    );
    return undefined;
  } catch {
    return "the kernel gives no network namespaces with bridges";
  }
}

export type Ran = { readonly code: number | null; readonly out: string };

export type SiteParts = {
  /** Where the site's folder is made. */
  readonly parent: string;
  readonly world: World;
  readonly seed: string;
  /** A folder shown to the agent read-only as `/opt/harness`. */
  readonly harness?: string;
  /** A Unix socket that the agent reaches as 127.0.0.1:7070. */
  readonly socket?: string;
};

/** Where the agent finds its model. */
export const gatewayPort = 7070;
const outputBytesMax = 4 * 1024 * 1024;

export class Site {
  readonly ground: Ground;
  readonly #folder: string;
  readonly #keeper: ChildProcess;
  readonly #inner: number;

  private constructor(ground: Ground, folder: string, keeper: ChildProcess, inner: number) {
    this.ground = ground;
    this.#folder = folder;
    this.#keeper = keeper;
    this.#inner = inner;
  }

  /** Lays the ground and starts the hosts. Rejects if one of them does not come up. */
  static async open({ parent, world, seed, harness, socket }: SiteParts): Promise<Site> {
    const folder = mkdtempSync(join(parent, "site-"));
    const ground = layGround(folder, world, seed);
    const script = siteScript({ ground, ...(harness === undefined ? {} : { harness }) });
    const namespaces = ["--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
    const words = [...namespaces, "--mount-proc", "sh", "-c", script];
    const keeper = spawn("unshare", words, { stdio: ["pipe", "pipe", "pipe"] });
    try {
      await saidReady(keeper);
      const children = `/proc/${keeper.pid}/task/${keeper.pid}/children`;
      const site = new Site(ground, folder, keeper, Number(readFileSync(children, "utf8")));
      if (socket !== undefined) await site.#relay(socket);
      return site;
    } catch (error) {
      await ended(keeper);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Passes what the agent sends to its port on to the socket, and is ended with the site. */
  async #relay(socket: string): Promise<void> {
    const relay = join(import.meta.dirname, "relay.ts");
    const words = ["-t", String(this.#inner), "-n", process.execPath, relay, socket];
    const child = spawn("nsenter", [...words, String(gatewayPort)], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#keeper.once("exit", () => child.kill("SIGKILL"));
    await saidReady(child);
  }

  /** Runs words as the agent, in its working folder; ends them at the time limit or the signal. */
  run(
    words: readonly string[],
    of: {
      readonly env: { readonly [name: string]: string };
      readonly millisecondsMax: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Ran> {
    const { name, id, home } = siteUser;
    const settings = Object.entries({
      HOME: home,
      USER: name,
      PATH: "/opt/node/bin:/opt/company:/usr/bin:/bin",
      LANG: "C.UTF-8",
      TERM: "dumb",
      ...of.env,
    }).map(([key, value]) => `${key}=${value}`);
    const enter = ["-t", String(this.#inner), "-n", "-m", "-p", "-i", "-u"];
    const confine = [`--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--no-new-privs"];
    const place = ["chroot", this.ground.agent, "setpriv", ...confine, "--inh-caps=-all"];
    const inside = ["env", "-i", ...settings, "sh", "-c", 'cd "$HOME/work" && exec "$@"', "sh"];
    const child = spawn("nsenter", [...enter, ...place, ...inside, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    return outputOf(child, of);
  }

  /** Ends every process of the site and takes its folder away. */
  async close(): Promise<void> {
    await ended(this.#keeper);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function saidReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const limit = setTimeout(() => {
      reject(new Error(`the site did not start in time: ${said}`));
    }, startMillisecondsMax);
    const settle = (act: () => void) => {
      clearTimeout(limit);
      act();
    };
    child.stderr?.on("data", (part) => {
      said = `${said}${part}`.slice(-2000);
    });
    child.stdout?.on("data", (part) => {
      if (String(part).includes("ready")) settle(resolve);
    });
    child.once("error", (error) => settle(() => reject(error)));
    child.once("exit", () => settle(() => reject(new Error(`the site ended: ${said}`))));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function outputOf(
  child: ChildProcess,
  of: { readonly millisecondsMax: number; readonly signal: AbortSignal },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const take = (part: Buffer) => {
      size += part.length;
      if (size <= outputBytesMax) parts.push(part);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    const kill = () => {
      try {
        process.kill(-child.pid!, "SIGKILL");
      } catch {
        // It has just ended by itself.
      }
    };
    const limit = setTimeout(kill, of.millisecondsMax);
    of.signal.addEventListener("abort", kill, { once: true });
    const settle = () => {
      clearTimeout(limit);
      of.signal.removeEventListener("abort", kill);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code) => {
      settle();
      if (of.signal.aborted) reject(of.signal.reason);
      else resolve({ code, out: Buffer.concat(parts).toString("utf8") });
    });
  });
}
