/**
 * The `network` vantage: flows to and from other hosts, by process, with what the kernel counted of
 * their bytes; and which masses were in the hands of whoever sent much.
 */
import { type Census, carriedMax, type Digest, type Flow, flowsMax } from "@writ/core";
import type { Ledger } from "../coverage.ts";
import { type FlowMemory, openFlowMemory, type SeenFlow } from "./flow-memory.ts";
import { openNetlink } from "./netlink.ts";

/** A mass as a flow may have carried it, by device and inode. */
export type KnownInodes = Map<string, { readonly digest: Digest; readonly size: number }>;

/** Inodes remembered from one look to the next: a file may be deleted before the look tells. */
const inodesMax = 100_000;

export type NetworkMemory = { readonly flows: FlowMemory; readonly inodes: KnownInodes };

/** A memory of the network, for a probe that looks again and again or for one look. */
export function openNetworkMemory(proc: string, now: () => number): NetworkMemory {
  // The kernel answers for its own host alone: a folder of a test's is none.
  const netlink = proc === "/proc" ? openNetlink() : undefined;
  return { flows: openFlowMemory({ proc, netlink, now }), inodes: new Map() };
}

/** Adds what a look found to what is known; the oldest makes way. */
export function learnInodes(
  known: KnownInodes,
  { masses, processes }: Pick<Census, "masses" | "processes">,
): void {
  const holds = processes.flatMap((process) => process.holds);
  for (const { inode, digest, size } of [...masses, ...holds]) {
    if (digest === undefined) continue;
    const key = `${inode.device}:${inode.inode}`;
    known.delete(key);
    known.set(key, { digest, size });
  }
  for (const key of known.keys()) {
    if (known.size <= inodesMax) break;
    known.delete(key);
  }
}

/** Flows now and since the last look, those that sent the most first. */
export function lookAtNetwork(parts: {
  readonly memory: FlowMemory;
  readonly known: KnownInodes;
  readonly ledger: Ledger;
}): readonly Flow[] {
  const { memory, known, ledger } = parts;
  memory.glance(true);
  const { flows, unseen } = memory.take();
  for (const place of unseen) ledger.gap(place, "not-supported");
  ledger.entries += flows.length;
  const told = flows
    .map((flow) => flowOf(flow, known))
    .filter(({ open, carried }) => open || carried.length > 0)
    .sort((a, b) => b.carried.length - a.carried.length || (b.sent ?? 0) - (a.sent ?? 0));
  // No gap of sight, and nothing that hides a model: what sends the most is told.
  if (told.length > flowsMax) ledger.gap("flows", "excluded");
  return told.slice(0, flowsMax);
}

function flowOf(flow: SeenFlow, known: KnownInodes): Flow {
  const { protocol, local, remote, accepted, open, bytes, seen, parties, held } = flow;
  const carried = [...held.values()].flatMap(({ inode, pid, how, path, position }) => {
    const mass = known.get(inode);
    if (mass === undefined) return [];
    return [{ pid, how, path, ...mass, ...(position === undefined ? {} : { position }) }];
  });
  return {
    ...{ protocol, local, remote, accepted, open },
    ...(bytes === undefined ? {} : bytes),
    seen: new Date(seen).toISOString(),
    parties: [...parties.values()],
    carried: largest(carried),
  };
}

function largest(carried: Flow["carried"]): Flow["carried"] {
  return carried.toSorted((a, b) => b.size - a.size).slice(0, carriedMax);
}
