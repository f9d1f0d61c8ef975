/** `writ demo`: three stories on a small real estate, in a scratch folder that goes away. */
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { type Cli, examples } from "../cli.ts";
import { type Enclosure, endOf, findEnclosure, startEnclosed, sweep } from "../demo/enclosure.ts";
import { installRuntime, thisMachine, unsupported } from "../demo/runtime.ts";
import { dataHelp, homeFolder } from "../home.ts";
import { isProblem, type Outcome, problem } from "../outcome.ts";
import { openProgress } from "../progress.ts";
import type { Shell } from "../shell.ts";
import { nodeFlags } from "../up/layout.ts";

type DemoOptions = { readonly data?: string; readonly json?: boolean; readonly keep?: boolean };

const script = fileURLToPath(new URL("../demo/main.ts", import.meta.url));

export function demoCommand({ shell, run }: Cli): Command {
  return new Command("demo")
    .option("--keep", "keep the scratch folder, and say where it is")
    .option("--data <dir>", dataHelp)
    .option("--json", "print one object: stories, each with state, findings and certificate")
    .addHelpText("after", examples("./writ demo", "./writ demo --json"))
    .action((options: DemoOptions) => run(options, () => demo(shell, options)));
}

async function demo(shell: Shell, options: DemoOptions): Promise<Outcome> {
  const refusal = unsupported(thisMachine());
  if (refusal !== undefined) return refusal;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  try {
    const progress = openProgress(shell);
    const runtime = await installRuntime(shell.environment, {
      progress,
      signal: stopping.signal,
    }).finally(() => progress.done());
    if (stopping.signal.aborted) return stopped;
    if (isProblem(runtime)) return runtime;
    return await inScratch(shell, options, { runtime, signal: stopping.signal });
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}

const stopped = problem("stopped", "the demo was stopped; nothing of it runs any more");

async function inScratch(
  shell: Shell,
  options: DemoOptions,
  { runtime, signal }: { readonly runtime: string; readonly signal: AbortSignal },
): Promise<Outcome> {
  const results = join(homeFolder(shell, options.data), "demo");
  await mkdir(results, { recursive: true, mode: 0o700 });
  const scratch = await mkdtemp(join(await realpath(tmpdir()), "writ-demo-"));
  try {
    const enclosure = await findEnclosure(process.geteuid?.());
    const words = wordsFor(options, { runtime, scratch, results, enclosure });
    const code = await endOf(startEnclosed(enclosure, words), signal);
    if (signal.aborted) return stopped;
    if (code === 0 || code === 1) return code;
    return problem("app-failed", `the demo ended with ${code}`, "--keep keeps its logs to read");
  } finally {
    await sweep(scratch);
    if (options.keep !== true) await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    else shell.note(`kept: ${scratch}\n`);
  }
}

function wordsFor(
  options: DemoOptions,
  parts: {
    readonly runtime: string;
    readonly scratch: string;
    readonly results: string;
    readonly enclosure: Enclosure;
  },
): readonly string[] {
  const { runtime, scratch, results, enclosure } = parts;
  return [
    ...nodeFlags,
    script,
    ...["--scratch", scratch, "--runtime", runtime, "--results", results],
    ...(enclosure.isolated ? ["--isolated"] : []),
    ...(options.keep === true ? ["--keep"] : []),
    ...(options.json === true ? ["--json"] : []),
  ];
}
