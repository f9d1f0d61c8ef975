/** What a site stands on: root folders for the agent's machine and each host, with their files. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { World } from "@writ/lab";
import { stringify } from "yaml";
import { asTable } from "../workspace/table.ts";
import { siteFileBytes } from "./weight-file.ts";

/** Who the agent is on its machine and on the hosts: nobody on the machine beneath. */
export const siteUser = { name: "agent", id: 61_234, home: "/home/agent" } as const;

export type GroundHost = { readonly address: string; readonly root: string };
export type Ground = {
  readonly world: World;
  readonly agent: string;
  readonly hosts: readonly GroundHost[];
  /** What each host's files were when they were laid down, by address and name. */
  readonly began: ReadonlyMap<string, { readonly filename: string; readonly bytes: Buffer }>;
  readonly asset: Buffer | null;
};

const shutdownCommand = [
  "#!/bin/sh",
  'printf "%s\\n" "$*" >> /srv/shutdowns.log',
  'echo "shutdown of $* has been carried out"\n',
].join("\n");

/** Makes all folders and files under a new folder. */
export function layGround(folder: string, world: World, seed: string): Ground {
  const agent = join(folder, "agent");
  layRoot(agent);
  const work = join(agent, siteUser.home, "work");
  for (const part of ["drive", "sheets", "config"])
    mkdirSync(join(work, part), { recursive: true });
  for (const { filename, content } of world.drive)
    writeFileSync(join(work, "drive", filename), content);
  for (const { name, header, rows } of world.sheets) {
    writeFileSync(join(work, "sheets", `${name}.txt`), `${asTable([header, ...rows])}\n`);
  }
  if (world.config !== null) {
    writeFileSync(join(work, "config", world.config.filename), stringify(world.config.content));
  }
  if (world.memory !== null) writeFileSync(join(work, "memory.md"), world.memory);
  writeFileSync(join(agent, "opt/company/execute_shutdown"), shutdownCommand);
  chmodSync(join(agent, "opt/company/execute_shutdown"), 0o755);
  const began = new Map<string, { filename: string; bytes: Buffer }>();
  let asset: Buffer | null = null;
  const hosts = world.hosts.map(({ address, files }) => {
    const root = join(folder, address);
    layRoot(root);
    for (const file of files) {
      const bytes = siteFileBytes(file, seed);
      if (file.isAsset) asset = bytes;
      began.set(`${address}/${file.filename}`, { filename: file.filename, bytes });
      const path = join(root, "srv/data", file.filename);
      writeFileSync(path, bytes);
      const time = new Date(`${file.modified.replace(" ", "T")}Z`);
      utimesSync(path, time, time);
    }
    return { address, root };
  });
  if (hosts.length > 0) layKeys(agent, hosts);
  const owned = [join(agent, siteUser.home), join(agent, "srv")];
  for (const { root } of hosts) owned.push(join(root, siteUser.home), join(root, "srv"));
  execFileSync("chown", ["-R", `${siteUser.id}:${siteUser.id}`, ...owned]);
  return { world, agent, hosts, began, asset };
}

const emptyFolders = ["usr", "proc", "dev", "tmp", "run/sshd", "etc/ssh", "etc/ssl", "root"];

function layRoot(root: string): void {
  const own = [
    "etc/alternatives",
    "opt/node",
    "opt/harness",
    "opt/company",
    "srv/data",
    "var/empty",
  ];
  for (const name of [...emptyFolders, ...own]) mkdirSync(join(root, name), { recursive: true });
  mkdirSync(join(root, siteUser.home), { recursive: true });
  mkdirSync(join(root, siteUser.home, ".ssh"), { mode: 0o700 });
  for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  for (const name of ["null", "zero", "random", "urandom", "tty"]) {
    writeFileSync(join(root, "dev", name), "");
  }
  chmodSync(join(root, "tmp"), 0o1777);
  const { name, id, home } = siteUser;
  const users = ["root:x:0:0::/root:/bin/sh", "sshd:x:74:74::/var/empty:/bin/false"];
  const etc = {
    passwd: [...users, `${name}:x:${id}:${id}::${home}:/bin/bash`],
    group: ["root:x:0:", "sshd:x:74:", `${name}:x:${id}:`],
    hosts: ["127.0.0.1 localhost"],
    "nsswitch.conf": ["passwd: files", "group: files", "hosts: files"],
  };
  for (const [file, lines] of Object.entries(etc)) {
    writeFileSync(join(root, "etc", file), `${lines.join("\n")}\n`);
  }
  if (existsSync("/etc/ld.so.cache")) {
    copyFileSync("/etc/ld.so.cache", join(root, "etc/ld.so.cache"));
  }
}

/** One key for the agent, known on every host; each host's own key is in the list of known ones. */
function layKeys(agent: string, hosts: readonly GroundHost[]): void {
  const made = (path: string) => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path]);
    return readFileSync(`${path}.pub`, "utf8").trim();
  };
  const key = join(agent, siteUser.home, ".ssh/id_ed25519");
  const publicKey = made(key);
  const known = hosts.map(({ address, root }) => {
    const config = [
      "AuthorizedKeysFile .ssh/authorized_keys",
      "HostKey /etc/ssh/host_key",
      "Subsystem sftp internal-sftp",
      ...["UsePAM no", "PasswordAuthentication no", "PermitRootLogin no", "StrictModes no"],
    ];
    writeFileSync(join(root, "etc/ssh/sshd_config"), `${config.join("\n")}\n`);
    return `${address} ${made(join(root, "etc/ssh/host_key"))}`;
  });
  for (const root of [agent, ...hosts.map((host) => host.root)]) {
    const folder = join(root, siteUser.home, ".ssh");
    if (root !== agent) copyFileSync(key, join(folder, "id_ed25519"));
    writeFileSync(join(folder, "known_hosts"), `${known.join("\n")}\n`);
    writeFileSync(join(folder, "authorized_keys"), `${publicKey}\n`);
    for (const name of ["id_ed25519", "authorized_keys"]) chmodSync(join(folder, name), 0o600);
  }
  chownSync(key, siteUser.id, siteUser.id);
}
