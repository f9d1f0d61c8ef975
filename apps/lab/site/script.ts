/** The shell script that is a site's first process: it mounts, links, starts sshd, and waits. */
import { dirname } from "node:path";
import type { Ground } from "./ground.ts";

/** Folders of this machine that every root folder of the site shows, read-only. */
const shown = ["/usr", "/etc/alternatives", "/etc/ssl"] as const;
const devices = ["null", "zero", "random", "urandom", "tty"] as const;

export function siteScript({
  ground,
  harness,
}: {
  readonly ground: Ground;
  readonly harness?: string;
}): string {
  const lines = ["set -eu", "mount --make-rprivate /", "ip link set lo up"];
  // The node that runs this lab also runs harnesses that are written for it.
  const own: [string, string][] = [[dirname(dirname(process.execPath)), "/opt/node"]];
  if (harness !== undefined) own.push([harness, "/opt/harness"]);
  for (const root of [ground.agent, ...ground.hosts.map((host) => host.root)]) {
    for (const folder of shown) lines.push(...showing(folder, `${root}${folder}`));
    lines.push(`mount -t proc proc ${root}/proc`);
    for (const name of devices) lines.push(`mount --bind /dev/${name} ${root}/dev/${name}`);
  }
  for (const [from, to] of own) lines.push(...showing(from, `${ground.agent}${to}`));
  lines.push(
    "ip link add name lan type bridge",
    "ip addr add 10.0.12.9/24 dev lan",
    "ip link set lan up",
  );
  for (const [at, { address, root }] of ground.hosts.entries()) {
    const [near, far] = [`near${at}`, `far${at}`];
    const up = `ip addr add ${address}/24 dev ${far} && ip link set ${far} up && ip link set lo up`;
    const patience = `until ip link show ${far} >/dev/null 2>&1; do sleep 0.02; done`;
    const serve = `exec chroot ${root} /usr/sbin/sshd -D -e`;
    lines.push(
      `unshare --net sh -c '${patience}; ${up} && ${serve}' >/dev/null 2>&1 &`,
      "host=$!",
      `ip link add name ${near} type veth peer name ${far}`,
      `ip link set ${near} master lan up`,
      // The child has its own namespace only once unshare has made it.
      "own=$(readlink /proc/self/ns/net)",
      'while [ "$(readlink /proc/$host/ns/net)" = "$own" ]; do sleep 0.02; done',
      `ip link set ${far} netns $host`,
      `until bash -c 'exec 3<>/dev/tcp/${address}/22' 2>/dev/null; do sleep 0.05; done`,
    );
  }
  // It ends when the pipe does: a lab that was killed leaves nothing behind.
  lines.push("echo ready", "exec cat >/dev/null");
  return lines.join("\n");
}

function showing(from: string, to: string): readonly string[] {
  return [`[ -d '${from}' ] && mount --bind '${from}' '${to}' && mount -o remount,bind,ro '${to}'`];
}
