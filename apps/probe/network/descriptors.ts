/** Who has which socket and which pipe, who started whom: what ties a process to a flow. */
import { readdirSync } from "node:fs";
import { parseStarted, readProc, readProcLink } from "../processes/proc.ts";

/** A pipe that more processes share is a log's, not a way from one to the next. */
const pipeSharersMax = 8;

export type Descriptors = {
  /** Processes that have a socket, by its inode. */
  readonly sockets: ReadonlyMap<string, readonly number[]>;
  parentOf(pid: number): number | undefined;
  childrenOf(pid: number): readonly number[];
  /** Processes that write what this one reads, also through filters such as a compressor. */
  feedersOf(pid: number): readonly number[];
  /** Inodes of the sockets that a process has. */
  socketsOf(pid: number): readonly string[];
};

/** Filters between a file and what sends it. */
const filtersMax = 4;

type Ends = {
  readonly sockets: readonly string[];
  /** Inodes of pipes that it writes to, and that it reads from; and the one that is its input. */
  readonly writes: readonly string[];
  readonly reads: readonly string[];
  readonly input: string | undefined;
};

/** Reads the descriptors of all processes once. What is closed to the probe is left out. */
export function readDescriptors(proc: string, pids: readonly number[]): Descriptors {
  const ends = new Map(pids.map((pid) => [pid, endsOf(`${proc}/${pid}`)] as const));
  const sockets = byEnd(ends, "sockets");
  const writers = byEnd(ends, "writes");
  const parents = new Map(
    pids.flatMap((pid) => {
      const parent = parentIn(`${proc}/${pid}/stat`);
      return parent === undefined ? [] : [[pid, parent] as const];
    }),
  );
  const children = new Map<number, number[]>();
  for (const [pid, parent] of parents) {
    const known = children.get(parent);
    if (known === undefined) children.set(parent, [pid]);
    else known.push(pid);
  }
  return {
    sockets,
    parentOf: (pid) => parents.get(pid),
    childrenOf: (pid) => children.get(pid) ?? [],
    feedersOf(pid) {
      const found = new Set<number>();
      let pipes = ends.get(pid)?.reads ?? [];
      for (let step = 0; step <= filtersMax && pipes.length > 0; step += 1) {
        const next = pipes
          .flatMap((pipe) => {
            const all = writers.get(pipe) ?? [];
            return all.length > pipeSharersMax ? [] : all;
          })
          .filter((one) => one !== pid && !found.has(one));
        for (const one of next) found.add(one);
        // A filter reads its input. What else a supervisor reads of its children is another matter.
        pipes = next.flatMap((one) => ends.get(one)?.input ?? []);
      }
      return [...found];
    },
    socketsOf: (pid) => ends.get(pid)?.sockets ?? [],
  };
}

function byEnd(ends: ReadonlyMap<number, Ends>, kind: "sockets" | "writes"): Map<string, number[]> {
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
  const writes: string[] = [];
  const reads: string[] = [];
  let input: string | undefined;
  for (const name of namesIn(`${folder}/fd`)) {
    const said = readProcLink(`${folder}/fd/${name}`);
    if (said?.startsWith("socket:[")) sockets.push(said.slice(8, -1));
    else if (said?.startsWith("pipe:[")) {
      const pipe = said.slice(6, -1);
      (isWritten(`${folder}/fdinfo/${name}`) ? writes : reads).push(pipe);
      if (name === "0") input = pipe;
    }
  }
  return { sockets, writes, reads, input };
}

/** True for the end of a pipe that is written to: the access mode is the last octal digit. */
function isWritten(fdinfo: string): boolean {
  try {
    return /^flags:\s*[0-7]*1$/m.test(readProc(fdinfo));
  } catch {
    return false;
  }
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
