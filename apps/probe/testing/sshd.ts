/** Debian's own sshd on a loopback port, with its own keys, serving only SFTP; or why there is none. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Cleaning, freePort } from "./oci-registry.ts";

const program = "/usr/sbin/sshd";
const sftpServer = "/usr/lib/openssh/sftp-server";

/** Why sshd cannot run here; `undefined` if it can. */
export function lackOfSshd(): string | undefined {
  return existsSync(program) && existsSync(sftpServer) ? undefined : "sshd is not installed";
}

export type Sshd = {
  readonly url: (path: string) => string;
  readonly hostKey: string;
  readonly privateKey: string;
  readonly folder: string;
};

/** An address to listen on, and words that bring a program to where it is had. */
export type Where = { readonly address: string; readonly words: readonly string[] };

/** Starts it as the test's user, who alone may come in, with the key in `privateKey`. */
export async function openSshd(
  context: Cleaning,
  { address, words }: Where = { address: "127.0.0.1", words: [] },
): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "writ-sshd-"));
  const keygen = (name: string) => {
    const path = join(folder, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
    return path;
  };
  const hostKey = keygen("host");
  const privateKey = keygen("user");
  writeFileSync(join(folder, "authorized"), execFileSync("ssh-keygen", ["-y", "-f", privateKey]));
  chmodSync(join(folder, "authorized"), 0o600);
  // sshd wants this folder when root starts it, whoever logs in.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const port = await freePort();
  const config = [
    `ListenAddress ${address}:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, "authorized")}`,
    `PidFile ${join(folder, "pid")}`,
    `Subsystem sftp ${sftpServer} -R`,
    ...["StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes"],
  ];
  writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
  const [first, ...rest] = [...words, program, "-D", "-e", "-f", join(folder, "config")];
  const child = spawn(first!, rest, { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  context.after(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const end = Date.now() + 60_000;
  while (!(await isOpen(port, address))) {
    if (Date.now() > end || child.exitCode !== null) throw new Error("sshd does not listen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const shown = execFileSync("ssh-keygen", ["-l", "-f", hostKey], { encoding: "utf8" });
  const url = (path: string) => `ssh://${userInfo().username}@${address}:${port}${path}`;
  return { url, hostKey: shown.split(" ")[1]!, privateKey, folder };
}

function isOpen(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => done(true)).on("error", () => done(false));
  });
}
