/** Another host, as far as its network goes: a network namespace of its own, and a cable to it. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Census, censusShape, isRefused } from "@writ/core";
import type { Cleaning } from "./oci-registry.ts";
import { lackOfSshd, openSshd, type Sshd } from "./sshd.ts";

const looker = fileURLToPath(new URL("look-beside.ts", import.meta.url));

/** Why there can be none here; `undefined` if there can. */
export function lackOfFarHost(): string | undefined {
  if (process.geteuid?.() !== 0) return "only root may lay a cable between namespaces";
  const trial = ["--net", "--pid", "--fork", "--mount-proc", "ip", "link", "show", "lo"];
  const can = spawnSync("unshare", trial, { stdio: "ignore" }).status === 0;
  return can ? lackOfSshd() : "this machine gives no namespaces";
}

export type FarHost = {
  readonly address: string;
  readonly sshd: Sshd;
  /** Words that bring a program there. */
  readonly words: readonly string[];
  /** `ssh` as a command of a shell, up to what is to be run there. */
  readonly ssh: string;
  /** The same for `scp`; the place there is `to`. */
  readonly scp: string;
  readonly to: string;
};

/** Opens it. Its programs are in no process namespace of the near host's, as another's are not. */
export async function openFarHost(context: Cleaning): Promise<FarHost> {
  const far = spawn("unshare", ["--net", "sleep", "3600"], { stdio: "ignore" });
  await once(far, "spawn");
  context.after(() => far.kill("SIGKILL"));
  const words = ["nsenter", "--net", "--target", String(far.pid)];
  await untilApart(far.pid!);
  const number = randomInt(1, 16_000);
  const net = `10.231.${number >> 6}`;
  const low = (number & 63) * 4;
  const name = `writ${number}`;
  const run = (...command: readonly string[]) => execFileSync(command[0]!, command.slice(1));
  run("ip", "link", "add", name, "type", "veth", "peer", "name", "far", "netns", String(far.pid));
  run("ip", "address", "add", `${net}.${low + 1}/30`, "dev", name);
  run("ip", "link", "set", name, "up");
  const address = `${net}.${low + 2}`;
  run(...words, "ip", "address", "add", `${address}/30`, "dev", "far");
  for (const one of ["far", "lo"]) run(...words, "ip", "link", "set", one, "up");
  const sshd = await openSshd(context, { address, words });
  const { privateKey } = sshd;
  const { port, username } = new URL(sshd.url("/"));
  const quiet = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const options = `-i ${privateKey} ${quiet.map((one) => `-o ${one}`).join(" ")}`;
  return {
    ...{ address, sshd, words },
    ssh: `ssh ${options} -p ${port} ${username}@${address}`,
    scp: `scp -O ${options} -P ${port}`,
    to: `${username}@${address}`,
  };
}

async function untilApart(pid: number): Promise<void> {
  const here = execFileSync("readlink", ["/proc/self/ns/net"], { encoding: "utf8" });
  const there = () => execFileSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" });
  const end = Date.now() + 60_000;
  while (there() === here) {
    if (Date.now() > end) throw new Error("no namespace of its own");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * Runs a script on a near host that sees its own processes only, and looks once a flow to the far
 * one has moved so many bytes: the census of that look.
 */
export async function seenWhile(
  { address }: FarHost,
  {
    root,
    script,
    bytes,
  }: { readonly root: string; readonly script: string; readonly bytes: number },
): Promise<Census> {
  const file = join(tmpdir(), `writ-near-${process.pid}-${randomInt(2 ** 40)}.sh`);
  writeFileSync(file, script);
  try {
    const words = ["--pid", "--fork", "--kill-child", "--mount-proc", process.execPath];
    const child = spawn("unshare", [...words, looker, root, file, address, String(bytes)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (more) => {
      text += more;
    });
    await once(child, "close");
    const census = censusShape(JSON.parse(text), "census");
    if (isRefused(census)) throw new Error(census.detail);
    return census;
  } finally {
    rmSync(file, { force: true });
  }
}
