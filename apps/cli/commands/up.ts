/** `writ up`: an estate on this machine, from nothing, or again. */
import { access, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { pathText } from "@writ/core";
import { Command, InvalidArgumentError } from "commander";
import { type Cli, examples } from "../cli.ts";
import { dataHelp, homeFolder } from "../home.ts";
import { isProblem, type Outcome, type Problem, problem } from "../outcome.ts";
import { openProgress } from "../progress.ts";
import { printJson, type Shell } from "../shell.ts";
import { type EstateRun, freePort, startEstate } from "../up/estate-run.ts";
import { type Founders, type Human, trialHumans, trialNames } from "../up/founding.ts";
import {
  type Layout,
  layoutOf,
  makeFolders,
  readSetup,
  type Setup,
  writeWhole,
} from "../up/layout.ts";
import { type Survey, survey } from "../up/survey.ts";
import { runningApps, stopRunning } from "../up/survivors.ts";
import { welcomeJson, welcomeText } from "../up/welcome.ts";

export type UpOptions = {
  readonly data?: string;
  readonly root: readonly string[];
  readonly usual: boolean;
  readonly human: readonly Human[];
  readonly agent: readonly string[];
  readonly witnesses: number;
  readonly port: number;
  readonly host?: string;
  readonly name: string;
  readonly store?: string;
  readonly interval?: number;
  readonly watch: number;
  readonly silence: number;
  readonly once?: boolean;
  readonly json?: boolean;
};

/** Names of hosts, people and estates: as the trust root takes them. */
const plainName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export function upCommand({ shell, run }: Cli): Command {
  return new Command("up")
    .option("--root <path>", "a folder to look under, besides the usual places; repeat", listed, [])
    .option("--no-usual", "do not look under the usual places of models")
    .option("--human <name=keyfile>", "a person and their OpenSSH public key; repeat", humans, [])
    .option("--agent <name>", "an agent, who may propose and claim; repeat", names, [])
    .option("--witnesses <n>", "how many witnesses run here", countOf, 1)
    .option("--port <n>", "the server's port (default: a free one)", portOf, 0)
    .option("--host <name>", "this host's name (default: the machine's)", nameOf)
    .option("--name <name>", "the estate's name", nameOf, "estate")
    .option("--store <url>", "keep the journal in PostgreSQL: postgres://… (default: SQLite)")
    .option("--interval <seconds>", "from one look to the next", countOf)
    .option("--watch <seconds>", "how long a fulfilled writ stays watched", countOf, 3600)
    .option("--silence <seconds>", "after how long an unheard probe is a finding", countOf, 300)
    .option("--once", "stop everything after the count")
    .option("--data <dir>", dataHelp)
    .option("--json", "print one JSON object when all runs")
    .addHelpText(
      "after",
      examples(
        "./writ up",
        "./writ up --root /srv/models --witnesses 3",
        "./writ up --human ada=ada.pub --human ben=ben.pub --human cleo=cleo.pub",
      ),
    )
    .action((options: UpOptions) => run(options, () => up(shell, options)));
}

async function up(shell: Shell, options: UpOptions): Promise<Outcome> {
  const layout = layoutOf(homeFolder(shell, options.data));
  await makeFolders(layout);
  const taken = await takeOver(layout);
  if (taken !== undefined) return taken;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, stop);
  const progress = openProgress(shell, options.json);
  const tell = (text: string) => shell.note(`${shell.tone("warning", "note:")} ${text}\n`);
  try {
    const prepared = await prepare(layout, options);
    if (isProblem(prepared)) return prepared;
    const { setup, founders } = prepared;
    const estate = await startEstate({ layout, setup, founders, progress, tell });
    if (isProblem(estate)) return estate;
    try {
      const seen = await survey(estate, { layout, setup, progress, signal: stopping.signal });
      progress.done();
      if (isProblem(seen)) return seen;
      if (seen !== undefined) welcome(shell, { layout, setup, estate, seen, founders, options });
      if (options.once !== true) await untilAborted(stopping.signal);
    } finally {
      progress.done();
      if (options.json !== true && options.once !== true) shell.note("stopping…\n");
      await estate.stop();
    }
    return 0;
  } finally {
    progress.done();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, stop);
    await rm(layout.running("up"), { force: true });
  }
}

/** One `up` a folder. What an earlier one left running is stopped, and started anew. */
async function takeOver(layout: Layout): Promise<Problem | undefined> {
  const running = await runningApps(layout);
  const other = running.find(({ name, pid }) => name === "up" && pid !== process.pid);
  if (other !== undefined) {
    const hint = "see ./writ status, or stop it with ./writ down";
    return problem("already-running", `./writ up runs on this folder (pid ${other.pid})`, hint);
  }
  await stopRunning(layout, running);
  const self = { name: "up", pid: process.pid, since: Date.now() };
  await writeWhole(layout.running("up"), `${JSON.stringify(self)}\n`, 0o600);
  return undefined;
}

type Prepared = { readonly setup: Setup; readonly founders: Founders | undefined };

/** How this estate is run: as it was told the first time, with what is said anew now. */
async function prepare(layout: Layout, options: UpOptions): Promise<Prepared | Problem> {
  const before = await readSetup(layout);
  if (isProblem(before)) return before;
  if (before !== undefined && options.human.length > 0 && (await isFounded(layout))) {
    const hint = "people change by a new trust root, signed by those who are in it";
    return problem("usage", "this estate has its people already", hint);
  }
  const port = await freePort(options.port === 0 ? (before?.port ?? 0) : options.port);
  if (isProblem(port)) return port;
  if (before !== undefined && port !== before.port && (await isFounded(layout))) {
    const hint = `estate.json names port ${before.port}, and clients keep to it`;
    return problem("usage", "an estate keeps its port", hint);
  }
  const host = options.host ?? before?.host ?? machineName();
  const said = options.root.map((path) => pathText(Buffer.from(resolve(path))));
  const store = options.store ?? before?.store;
  const interval = options.interval ?? before?.interval;
  const setup: Setup = {
    host,
    port,
    witnesses: before?.witnesses ?? options.witnesses,
    roots: [...new Set([...(before?.roots ?? []), ...said])],
    usual: before?.usual === false ? false : options.usual,
    ...(store === undefined ? {} : { store }),
    ...(interval === undefined ? {} : { interval }),
  };
  await writeWhole(layout.setupFile, `${JSON.stringify(setup, null, 2)}\n`, 0o600);
  if (await isFounded(layout)) return { setup, founders: undefined };
  const people = options.human.length > 0 ? options.human : await trialHumans(layout);
  const { name, agent: agents, watch: watchSeconds, silence: silenceSeconds } = options;
  return { setup, founders: { name, humans: people, agents, watchSeconds, silenceSeconds } };
}

type Welcome = {
  readonly layout: Layout;
  readonly setup: Setup;
  readonly estate: EstateRun;
  readonly seen: Survey;
  readonly founders: Founders | undefined;
  readonly options: UpOptions;
};

function welcome(shell: Shell, parts: Welcome): void {
  const { options } = parts;
  const { folder } = parts.layout;
  const isFound = folder === homeFolder(shell, undefined);
  const dataOption = isFound
    ? ""
    : ` --data ${/^[\w/.+-]+$/.test(folder) ? folder : `'${folder}'`}`;
  const stays = options.once !== true;
  const told = { ...parts, isTrial: isTrial(parts), stays, dataOption };
  if (options.json === true) printJson(shell, welcomeJson(told));
  else shell.out(welcomeText(shell, told));
}

function isTrial({ founders }: Welcome): boolean {
  return founders?.humans.every(({ name }) => trialNames.includes(name)) === true;
}

async function isFounded(layout: Layout): Promise<boolean> {
  return access(layout.estateFile).then(
    () => true,
    () => false,
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolvePromise) => signal.addEventListener("abort", () => resolvePromise()));
}

/** The machine's name, in the letters that names have. */
function machineName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "");
  return plainName.test(name) ? name : "this-host";
}

function listed(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function names(text: string, before: readonly string[]): readonly string[] {
  return [...before, nameOf(text)];
}

function nameOf(text: string): string {
  if (plainName.test(text)) return text;
  throw new InvalidArgumentError("use a plain lower-case name, such as gpu-1");
}

function humans(text: string, before: readonly Human[]): readonly Human[] {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError(
      "use NAME=KEYFILE, such as ada=/home/ada/.ssh/id_ed25519_sk.pub",
    );
  }
  return [...before, { name: nameOf(text.slice(0, at)), keyFile: resolve(text.slice(at + 1)) }];
}

function countOf(text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("use a whole number above nought");
}

function portOf(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("use a port from 1 to 65535, or 0 for a free one");
}
