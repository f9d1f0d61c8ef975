/** The processes whose bytes a flow may carry: its own, and those next to it. */
import { type Flow, partiesMax } from "@writ/core";
import { parseStatus, readProc } from "../processes/proc.ts";
import { commandOf } from "../processes/processes.ts";
import type { Descriptors } from "./descriptors.ts";
import { startedOf } from "./descriptors.ts";
import type { KernelFlow } from "./kernel-flows.ts";

const commandLengthMax = 1024;
const commandBytesMax = 64 * 1024;
/** The first process of a host is everybody's parent in the end, and says nothing. */
const firstPid = 1;

export type SeenParty = Flow["parties"][number];

/** Who has the socket, what is piped to it, who started it, whom it started, what it talks to. */
export function partiesOf(
  proc: string,
  parts: {
    readonly flow: KernelFlow;
    readonly descriptors: Descriptors;
    readonly ends: Ends;
  },
): readonly SeenParty[] {
  const { flow, descriptors, ends } = parts;
  const ways = new Map<number, SeenParty["how"]>();
  const add = (pids: readonly (number | undefined)[], how: SeenParty["how"]): void => {
    for (const pid of pids) {
      if (pid !== undefined && pid > firstPid && !ways.has(pid)) ways.set(pid, how);
    }
  };
  const owners = descriptors.sockets.get(flow.inode) ?? [];
  add(owners, "itself");
  // A relay in a container may have no parent here: its own namespace begins with it.
  if (owners.includes(firstPid)) ways.set(firstPid, "itself");
  for (const pid of owners) add(descriptors.feedersOf(pid), "pipe");
  for (const pid of owners) add(descriptors.childrenOf(pid), "child");
  for (const pid of owners) add([descriptors.parentOf(pid)], "parent");
  for (const pid of owners) add(loopbackPeers(pid, { descriptors, ends }), "loopback");
  return [...ways].slice(0, partiesMax).flatMap(([pid, how]) => {
    const party = partyOf(`${proc}/${pid}`, { pid, how });
    return party === undefined ? [] : [party];
  });
}

/** Both ends of each flow by its socket, and the sockets by both ends. */
export type Ends = {
  readonly bySocket: ReadonlyMap<string, KernelFlow>;
  readonly byEnds: ReadonlyMap<string, string>;
};

/** What is needed to find who is at the other end, once for all flows of a glance. */
export function endsOf(flows: readonly KernelFlow[]): Ends {
  return {
    bySocket: new Map(flows.map((flow) => [flow.inode, flow])),
    byEnds: new Map(flows.map(({ inode, local, remote }) => [`${local} ${remote}`, inode])),
  };
}

/** Processes at the other end of connections that a process has within this host. */
function loopbackPeers(
  pid: number,
  { descriptors, ends }: { readonly descriptors: Descriptors; readonly ends: Ends },
): readonly number[] {
  return descriptors.socketsOf(pid).flatMap((socket) => {
    const own = ends.bySocket.get(socket);
    const other = own === undefined ? undefined : ends.byEnds.get(`${own.remote} ${own.local}`);
    return other === undefined ? [] : (descriptors.sockets.get(other) ?? []);
  });
}

function partyOf(
  folder: string,
  { pid, how }: { readonly pid: number; readonly how: SeenParty["how"] },
): SeenParty | undefined {
  const started = startedOf(folder);
  if (started === undefined) return undefined;
  try {
    const { user } = parseStatus(readProc(`${folder}/status`));
    const command = commandOf(readProc(`${folder}/cmdline`, commandBytesMax)).join(" ");
    return { pid, started, how, user, command: command.slice(0, commandLengthMax).toWellFormed() };
  } catch {
    return undefined;
  }
}
