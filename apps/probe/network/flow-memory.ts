/**
 * Flows as they come and go. A transfer takes seconds and a look comes every minute: a glance each
 * second notices what sends much, who sends it, and which files these processes hold meanwhile.
 */
import { networkInterfaces } from "node:os";
import { readProc, readProcLink } from "../processes/proc.ts";
import { type Descriptors, namesIn, readDescriptors, startedOf } from "./descriptors.ts";
import { type HeldFile, heldFiles } from "./held-files.ts";
import { hostOf, isLoopback, type KernelFlow, parseFlows, portOf } from "./kernel-flows.ts";
import type { Netlink } from "./netlink.ts";
import { type Ends, endsOf, partiesOf, type SeenParty } from "./parties.ts";
import type { SocketBytes } from "./socket-diagnosis.ts";

/** What sent less carried no model. */
const interestBytes = 256 * 1024;
/** Flows remembered: of a busier host those that sent the most. */
const flowsMax = 16_384;
/** Ended flows kept until a census tells them. */
const endedMax = 1024;
/** A glance is followed by so many times its own time of rest: a twentieth of a core at most. */
const restTimes = 20;
/**
 * Network namespaces read in one glance; the others keep what they had, and have their turn. The
 * kernel goes through the sockets of all to tell those of one: some hundredths of a second.
 */
const namespacesPerGlance = 4;

export type SeenFlow = KernelFlow & {
  readonly accepted: boolean;
  readonly seen: number;
  open: boolean;
  bytes: SocketBytes | undefined;
  /** What it had sent when its processes were last looked at. */
  glanced: number;
  readonly parties: Map<string, SeenParty>;
  /** What its parties held, by pid, way and inode. */
  readonly held: Map<string, HeldFile & { readonly pid: number }>;
};

export type FlowMemory = {
  /** A glance; `whole` looks at the processes of every flow, not only of those that send much. */
  glance(whole?: boolean): void;
  /** Flows now, and those that ended since they were last asked for. */
  take(): { readonly flows: readonly SeenFlow[]; readonly unseen: readonly string[] };
};

type Memory = {
  readonly proc: string;
  readonly netlink: Netlink | undefined;
  readonly now: () => number;
  flows: Map<string, SeenFlow>;
  /** What each network namespace had when it was last read, the one read longest ago first. */
  tables: Map<string, Table>;
  rested: number;
};

/** A memory of flows. `netlink` is absent where the kernel's counters cannot be had. */
export function openFlowMemory(parts: {
  readonly proc: string;
  readonly netlink: Netlink | undefined;
  readonly now: () => number;
}): FlowMemory {
  const memory: Memory = { ...parts, flows: new Map(), tables: new Map(), rested: 0 };
  return {
    glance: (whole = false) => glance(memory, whole),
    take() {
      const flows = [...memory.flows.values()];
      const stay = [...memory.flows].filter(([, { open }]) => open);
      memory.flows = new Map(stay);
      const unseen = [...memory.tables.values()].filter(({ bytes }) => bytes === undefined);
      return { flows, unseen: unseen.map(({ folder }) => `${folder}/net`) };
    },
  };
}

function glance(memory: Memory, whole: boolean): void {
  const began = memory.now();
  if (!whole && began < memory.rested) return;
  const pids = pidsIn(memory.proc);
  readTables(memory, pids, whole);
  const tables = [...memory.tables.values()];
  note(memory, tables);
  const due = [...memory.flows.values()].filter(
    (flow) => flow.open && (whole || sentOf(flow) - flow.glanced >= interestBytes),
  );
  if (due.length > 0) {
    const descriptors = readDescriptors(memory.proc, pids);
    const ends = endsOf(tables.flatMap((table) => table.flows));
    for (const flow of due) lookAtParties(memory, { flow, descriptors, ends });
  }
  const ended = memory.now();
  memory.rested = ended + (ended - began) * restTimes;
}

function pidsIn(proc: string): number[] {
  return namesIn(proc)
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number);
}

type Table = {
  readonly namespace: string;
  /** Of the process that it was read by. */
  readonly folder: string;
  readonly flows: readonly KernelFlow[];
  readonly listening: ReadonlySet<string>;
  /** Absent if the kernel would not tell. */
  readonly bytes: ReadonlyMap<string, SocketBytes> | undefined;
};

/** Reads the tables of network namespaces that processes of this host are in: all, or some. */
function readTables(memory: Memory, pids: readonly number[], whole: boolean): void {
  const { proc, tables } = memory;
  const first = new Map<string, number>();
  for (const pid of pids) {
    const namespace = readProcLink(`${proc}/${pid}/ns/net`);
    if (namespace !== undefined && !first.has(namespace)) first.set(namespace, pid);
  }
  for (const namespace of tables.keys()) if (!first.has(namespace)) tables.delete(namespace);
  const isNew = [...first.keys()].filter((namespace) => !tables.has(namespace));
  const turn = [...isNew, ...tables.keys()].slice(0, whole ? first.size : namespacesPerGlance);
  for (const namespace of turn) {
    const table = tableOf(memory, namespace, `${proc}/${first.get(namespace)}`);
    tables.delete(namespace);
    tables.set(namespace, table);
  }
}

function tableOf({ proc, netlink }: Memory, namespace: string, folder: string): Table {
  const parts = (["tcp", "tcp6", "udp", "udp6"] as const).map((name) =>
    parseFlows(textOf(`${folder}/net/${name}`), name.startsWith("tcp") ? "tcp" : "udp"),
  );
  const own = readProcLink(`${proc}/self/ns/net`);
  const bytes = netlink?.socketsIn(namespace === own ? undefined : `${folder}/ns/net`);
  return {
    ...{ namespace, folder, bytes },
    flows: parts.flatMap(({ flows }) => flows),
    listening: new Set(parts.flatMap(({ listening }) => [...listening])),
  };
}

function textOf(path: string): string {
  try {
    return readProc(path);
  } catch {
    // A host without IPv6 has no such table; a process that is gone has none either.
    return "";
  }
}

/** Brings the memory up to what the kernel lists now. */
function note(memory: Memory, tables: readonly Table[]): void {
  const within = innerEnds(tables);
  const now = memory.now();
  const met = new Set<string>();
  for (const { namespace, flows, listening, bytes } of tables) {
    for (const flow of flows) {
      const { protocol, local, remote, inode } = flow;
      if (isLoopback(remote) || within(flow)) continue;
      const key = `${namespace} ${protocol} ${local} ${remote} ${inode}`;
      met.add(key);
      const known = memory.flows.get(key);
      const told = protocol === "tcp" ? bytes?.get(inode) : undefined;
      if (known !== undefined) known.bytes = told ?? known.bytes;
      else if (memory.flows.size < flowsMax) {
        const accepted = listening.has(portOf(local));
        const empty = { glanced: 0, parties: new Map(), held: new Map() };
        memory.flows.set(key, { ...flow, accepted, seen: now, open: true, bytes: told, ...empty });
      }
    }
  }
  let ended = 0;
  for (const [key, flow] of memory.flows) {
    if (met.has(key)) continue;
    flow.open = false;
    ended += 1;
    // What carried nothing is over; so is what nobody asked for, if there is too much of it.
    if (flow.held.size === 0 || ended > endedMax) memory.flows.delete(key);
  }
}

/** True of a flow whose other end is a process of this host too. */
function innerEnds(tables: readonly Table[]): (flow: KernelFlow) => boolean {
  const ends = new Set(
    tables.flatMap(({ flows }) =>
      flows.map(({ protocol, local, remote }) => `${protocol} ${local} ${remote}`),
    ),
  );
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((one) => one?.map(({ address }) => address) ?? []),
  );
  return ({ protocol, local, remote }) =>
    ends.has(`${protocol} ${remote} ${local}`) || own.has(hostOf(remote));
}

type Glance = {
  readonly flow: SeenFlow;
  readonly descriptors: Descriptors;
  readonly ends: Ends;
};

function lookAtParties(memory: Memory, { flow, descriptors, ends }: Glance): void {
  flow.glanced = sentOf(flow);
  for (const party of partiesOf(memory.proc, { flow, descriptors, ends })) {
    const key = `${party.pid} ${party.started}`;
    if (!flow.parties.has(key)) flow.parties.set(key, party);
    if (flow.glanced < interestBytes) continue;
    const folder = `${memory.proc}/${party.pid}`;
    // What feeds another process reads; only the sender itself may send from what it maps.
    const files = heldFiles(folder, party.how === "itself");
    if (startedOf(folder) !== party.started) continue;
    for (const file of files) {
      const place = `${party.pid} ${file.how} ${file.inode}`;
      const before = flow.held.get(place)?.position ?? 0;
      const position = Math.max(before, file.position ?? 0);
      const read = file.position === undefined ? {} : { position };
      flow.held.set(place, { ...file, ...read, pid: party.pid });
    }
  }
}

function sentOf({ bytes }: SeenFlow): number {
  return bytes?.sent ?? 0;
}
