/**
 * The driver of services that are plain processes. A service's process is one that runs the very
 * command that the register names: named by the pid file, or found by command and folder, since
 * whoever wants it to live may have taken the pid file away. Nothing else is ever sent a signal.
 */
import { spawn } from "node:child_process";
import { closeSync, constants, openSync, realpathSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fromUtf8, pathBytes, type ServiceManager, type ServiceStep } from "@writ/core";
import { type Boundaries, type Driver, type Reading, unreadable } from "./driver.ts";
import { processOf, writePidFile } from "./pid-file.ts";
import {
  allProcesses,
  folderOf,
  isAlive,
  runs,
  type SeenProcess,
  signal,
  startTime,
} from "./process-table.ts";

export type ProcessService = Extract<ServiceManager, { manager: "process" }>;
export type ProcessStep = ServiceStep & { readonly service: ProcessService };

/** How often it is looked whether a process has gone. */
const glanceMilliseconds = 50;
/** A process that the kernel was told to kill goes at once, unless it hangs in a device. */
const killMilliseconds = 5000;
/** A service that dies at once, by a wrong path or a taken port, mostly does within this. */
const settleMilliseconds = 500;
/** How much of another command's line is told. */
const commandShownBytes = 200;
/** What a service is given of the executor's environment: nothing that could be a secret. */
const environmentKept = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

type View = {
  /** Every process of the service. */
  readonly running: readonly SeenProcess[];
  /** The one of them that the pid file means. */
  readonly named: SeenProcess | undefined;
  /** What the pid file means instead: a live process that runs another command. */
  readonly stranger: SeenProcess | undefined;
};

/** Plain processes as services. */
export function processDriver(boundaries: Boundaries): Driver<ProcessStep> {
  return {
    describe: ({ step, placement, service }) =>
      `${step.split("-")[0]} ${placement}: ${service.command.join(" ")}`,
    remember: async ({ service }, since = Number.POSITIVE_INFINITY) =>
      view(service)
        .running.filter((process) => startTime(process) < since)
        .map(nameOf)
        .join(" "),
    readState: async (step, memory) => {
      try {
        return asReading(step, view(step.service), memory);
      } catch (error) {
        return unreadable(error);
      }
    },
    carryOut: async ({ step, service }, memory) => {
      const old = new Set(memory.split(" "));
      const { running } = view(service);
      const leaving = step === "stop-service" ? running : running.filter((p) => old.has(nameOf(p)));
      if (step !== "start-service") {
        const stuck = await stop(leaving, service.stopSeconds);
        if (stuck !== undefined || step === "stop-service") return stuck;
        await boundaries.reached("effect-half-done");
      }
      return start(service, boundaries);
    },
  };
}

function nameOf({ pid, started }: SeenProcess): string {
  return `${pid}:${started}`;
}

function view(service: ProcessService): View {
  const named = processOf(plain(service.pidFile));
  const folder = realFolder(plain(service.directory));
  const running = allProcesses().filter(
    (process) =>
      process.pid !== globalThis.process.pid &&
      runs(process.commandLine, service.command) &&
      (isSame(process, named) || folderOf(process)?.equals(folder) === true),
  );
  const own = running.find((process) => isSame(process, named));
  return { running, named: own, stranger: own === undefined ? named : undefined };
}

function isSame(a: SeenProcess, b: SeenProcess | undefined): boolean {
  return a.pid === b?.pid && a.started === b.started;
}

function asReading(of: ProcessStep, seen: View, memory: string | undefined): Reading {
  const { step } = of;
  const { running, named, stranger } = seen;
  const pids = running.map(({ pid }) => pid).join(", ");
  const detail = running.length === 0 ? "it does not run" : `it runs as process ${pids}`;
  if (step === "stop-service") return { state: running.length === 0 ? "after" : "before", detail };
  // The service seems to run by another command than humans registered: a second one beside it
  // would be no order's effect. Where the registered command runs, a pid file stops nothing.
  if (memory === undefined && stranger !== undefined && running.length === 0) {
    return { state: "neither", detail: strangerText(of.service, stranger) };
  }
  if (step === "start-service") return { state: named === undefined ? "before" : "after", detail };
  if (memory === undefined) return { state: "before", detail };
  const old = new Set(memory.split(" "));
  const remaining = running.filter((process) => old.has(nameOf(process)));
  if (remaining.length > 0) return { state: "before", detail };
  if (named === undefined) return { state: "before", detail: `${detail}; the old one is gone` };
  return { state: "after", detail: `${detail}, started anew` };
}

function strangerText(service: ProcessService, { pid, commandLine }: SeenProcess): string {
  // Its length is the stranger's choice, and what to do must not be cut off after it.
  const seen = commandLine.toString("utf8", 0, commandShownBytes).replaceAll("\0", " ").trim();
  const file = plain(service.pidFile);
  return (
    `nothing was done: ${file} names process ${pid}, which runs \`${seen}\` and not the ` +
    `registered \`${service.command.join(" ")}\`; register the command that it runs by, or ` +
    `end it and remove ${file}, and order again`
  );
}

/** Asks processes to go, and kills those that do not. In words which of them would not. */
async function stop(
  leaving: readonly SeenProcess[],
  stopSeconds: number,
): Promise<string | undefined> {
  for (const process of leaving) signal(process, "SIGTERM");
  await goneWithin(leaving, stopSeconds * 1000);
  for (const process of leaving) signal(process, "SIGKILL");
  await goneWithin(leaving, killMilliseconds);
  const stuck = leaving.filter(isAlive).map(({ pid }) => pid);
  return stuck.length === 0 ? undefined : `process ${stuck.join(", ")} does not die`;
}

async function goneWithin(leaving: readonly SeenProcess[], milliseconds: number): Promise<void> {
  const glances = Math.ceil(milliseconds / glanceMilliseconds);
  for (let i = 0; i < glances && leaving.some(isAlive); i += 1) await delay(glanceMilliseconds);
}

/** Starts the service if it does not run, and puts its process into the pid file. */
async function start(service: ProcessService, boundaries: Boundaries): Promise<string | undefined> {
  const { running, named } = view(service);
  if (named !== undefined) return undefined;
  // Started before a crash and not yet written down, or by someone else: a second would be one
  // more.
  const [found] = running;
  if (found !== undefined) {
    writePidFile(plain(service.pidFile), found);
    return undefined;
  }
  const pid = await launch(service);
  if (typeof pid === "string") return pid;
  await boundaries.reached("started-unwritten");
  const started = view(service).running.find((process) => process.pid === pid);
  if (started !== undefined) writePidFile(plain(service.pidFile), started);
  await delay(settleMilliseconds);
  if (started !== undefined && isAlive(started)) return undefined;
  return "it was started and ended at once, or runs as another command than its own";
}

/** Runs the command without a shell, in a session of its own so that it outlives the executor. */
async function launch({ command, directory, logFile }: ProcessService): Promise<number | string> {
  const [program, ...rest] = command;
  if (program === undefined) return "the register names no command";
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const log = openSync(plain(logFile), flags, 0o640);
  try {
    const kept = environmentKept.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const child = spawn(program, rest, {
      cwd: plain(directory),
      detached: true,
      stdio: ["ignore", log, log],
      env: Object.fromEntries(kept),
      shell: false,
    });
    const failure = await new Promise<Error | undefined>((resolve) => {
      child.once("error", resolve);
      child.once("spawn", () => resolve(undefined));
    });
    child.unref();
    return failure === undefined ? child.pid! : `it cannot be started: ${failure.message}`;
  } finally {
    closeSync(log);
  }
}

/** A path of the register as the path that it names. */
function plain(text: string): string {
  const bytes = pathBytes(text);
  const path = bytes === undefined ? undefined : fromUtf8(bytes);
  // Node starts processes in folders whose names are text; nobody names a service's otherwise.
  if (path === undefined) throw new Error("a path of the service is not UTF-8");
  return path;
}

/** The folder as /proc tells it: with symlinks resolved; as written if it is not there. */
function realFolder(path: string): Buffer {
  try {
    return realpathSync(path, { encoding: "buffer" });
  } catch {
    return Buffer.from(path);
  }
}
