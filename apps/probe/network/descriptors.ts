/** Who has which socket and which pipe, who started whom: what ties a process to a flow. */
import { readdirSync } from "node:fs";
import { parseStarted, readProc, readProcLink } from "../processes/proc.ts";

/** A pipe that more processes share is a log's, not a way from one to the next. */
const pipeSharersMax = 8;

export type Descriptors = {
  readonly pids: readonly number[];
  /** Processes that have a socket, by its inode. */
  readonly sockets: ReadonlyMap<string, readonly number[]>;
  parentOf(pid: number): number | undefined;
  childrenOf(pid: number): readonly number[];
  /** Processes at another end of a pipe that this one has. */
  pipedTo(pid: number): readonly number[];
  /** Inodes of the sockets that a process has. */
  socketsOf(pid: number): readonly string[];
};

type Ends = { readonly sockets: readonly string[]; readonly pipes: readonly string[] };

/** Reads the descriptors of all processes once. What is closed to the probe is left out. */
export function readDescriptors(proc: string, pids: readonly number[]): Descriptors {
  const ends = new Map(pids.map((pid) => [pid, endsOf(`${proc}/${pid}`)] as const));
  const sockets = byEnd(ends, "sockets");
  const pipes = byEnd(ends, "pipes");
  const parents = new Map(
    pids.flatMap((pid) => {
      const parent = parentIn(`${proc}/${pid}/stat`);
      return parent === undefined ? [] : [[pid, parent] as const];
    }),
  );
  return {
    ...{ pids, sockets },
    parentOf: (pid) => parents.get(pid),
    childrenOf: (pid) => pids.filter((one) => parents.get(one) === pid),
    pipedTo(pid) {
      const others = new Set<number>();
      for (const pipe of ends.get(pid)?.pipes ?? []) {
        const sharers = pipes.get(pipe) ?? [];
        if (sharers.length > pipeSharersMax) continue;
        for (const other of sharers) if (other !== pid) others.add(other);
      }
      return [...others];
    },
    socketsOf: (pid) => ends.get(pid)?.sockets ?? [],
  };
}

function byEnd(ends: ReadonlyMap<number, Ends>, kind: keyof Ends): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const [pid, own] of ends) {
    for (const inode of own[kind]) {
      const known = holders.get(inode);
      if (known === undefined) holders.set(inode, [pid]);
      else if (known.at(-1) !== pid) known.push(pid);
    }
  }
  return holders;
}

function endsOf(folder: string): Ends {
  const sockets: string[] = [];
  const pipes: string[] = [];
  for (const name of namesIn(`${folder}/fd`)) {
    const said = readProcLink(`${folder}/fd/${name}`);
    if (said?.startsWith("socket:[")) sockets.push(said.slice(8, -1));
    else if (said?.startsWith("pipe:[")) pipes.push(said.slice(6, -1));
  }
  return { sockets, pipes };
}

/** Names in a folder; none if it is gone or closed: the `processes` vantage tells that. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function parentIn(path: string): number | undefined {
  const fields = statOf(path);
  const parent = Number(fields?.[1]);
  return Number.isSafeInteger(parent) && parent > 0 ? parent : undefined;
}

/** When a process started, in ticks since boot; `undefined` if it is gone. */
export function startedOf(folder: string): number | undefined {
  try {
    return parseStarted(readProc(`${folder}/stat`));
  } catch {
    return undefined;
  }
}

/** Fields of `stat` behind the name, which may hold anything: state, parent, … */
function statOf(path: string): string[] | undefined {
  try {
    const text = readProc(path);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
