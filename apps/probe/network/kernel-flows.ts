/** Flows as the kernel lists them: `net/tcp`, `net/tcp6`, `net/udp` and `net/udp6` of a process. */
import { addressOf } from "../processes/proc.ts";

export type KernelFlow = {
  readonly protocol: "tcp" | "udp";
  /** `10.0.0.2:22`, `[2001:db8::1]:22`. */
  readonly local: string;
  readonly remote: string;
  /** Inode of its socket: what a descriptor's link names. */
  readonly inode: string;
};

export type FlowTable = {
  readonly flows: readonly KernelFlow[];
  /** Local ports that are listened on. */
  readonly listening: ReadonlySet<string>;
};

/** Flows of one namespace read in one go: a host with more has no attention to spare for them. */
const flowsMax = 262_144;

/** States in which bytes may have gone (tcp_states.h); of UDP, a socket with another side. */
const flowing: ReadonlySet<string> = new Set(["01", "04", "05", "08", "09", "0B"]);
const listens = "0A";

/** The flows of one table, and what it listens on. */
export function parseFlows(text: string, protocol: "tcp" | "udp"): FlowTable {
  const flows: KernelFlow[] = [];
  const listening = new Set<string>();
  for (const line of text.split("\n").slice(1, flowsMax)) {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
    if (local === undefined || remote === undefined || state === undefined) continue;
    const own = endOf(local);
    const other = endOf(remote);
    if (own === undefined || other === undefined || inode === undefined) continue;
    if (state === listens && protocol === "tcp") listening.add(portOf(own));
    // Inode 0: its process closed it, and the kernel still has bytes of it to send.
    if (!flowing.has(state) || inode === "0") continue;
    flows.push({ protocol, local: own, remote: other, inode });
  }
  return { flows, listening };
}

function endOf(field: string): string | undefined {
  const match = /^((?:[0-9A-F]{8}){1}|(?:[0-9A-F]{8}){4}):([0-9A-F]{4})$/.exec(field);
  if (match === null) return undefined;
  return `${addressOf(match[1]!)}:${Number.parseInt(match[2]!, 16)}`;
}

/** The port of one end. */
export function portOf(end: string): string {
  return end.slice(end.lastIndexOf(":") + 1);
}

/** The address of one end, without brackets. */
export function hostOf(end: string): string {
  return end.slice(0, end.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

/** True of an address that no other host can have. */
export function isLoopback(end: string): boolean {
  const host = hostOf(end);
  return host.startsWith("127.") || host === "::1" || host === "0.0.0.0" || host === "::";
}
