/**
 * `writ notify`: the notifier, a program of its own that reads the journal itself. The estate is
 * found in the data folder; the rest that it is told is handed on as it is.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { type Cli, examples, jsonHelp } from "../cli.ts";
import { dataHelp, homeFolder, readEstateFile } from "../home.ts";
import { type ExitCode, isProblem, type Outcome } from "../outcome.ts";
import type { Shell } from "../shell.ts";

const script = fileURLToPath(new URL("../../notifier/main.ts", import.meta.url));
const nodeFlags = ["--disable-warning=ExperimentalWarning"];
const configHelp = "the file of channels (default: notify.yaml in the data folder)";

type NotifyOptions = {
  readonly data?: string;
  readonly config?: string;
  readonly channel?: string;
  readonly json?: boolean;
};

export function notifyCommand({ shell, run }: Cli): Command {
  const command = (name: string, describes: string, example: string) =>
    new Command(name)
      .description(describes)
      .option("--data <dir>", dataHelp)
      .addHelpText("after", examples(example));
  return new Command("notify")
    .addCommand(
      command("run", "read the journal and tell people, until stopped", "./writ notify run")
        .option("--config <file>", configHelp)
        .action((options: NotifyOptions) => run(options, () => notify(shell, options))),
    )
    .addCommand(
      command("test", "send a test notice now, over every channel or one", "./writ notify test")
        .option("--config <file>", configHelp)
        .option("--channel <name>", "only this one")
        .option("--json", jsonHelp)
        .action((options: NotifyOptions) => run(options, () => tryOut(shell, options))),
    )
    .addCommand(
      command("list", "list what was told, what waits and what is held", "./writ notify list")
        .option("--json", jsonHelp)
        .action((options: NotifyOptions) => run(options, () => list(shell, options))),
    );
}

async function notify(shell: Shell, options: NotifyOptions): Promise<Outcome> {
  const folder = homeFolder(shell, options.data);
  const estate = await readEstateFile(folder);
  if (isProblem(estate)) return estate;
  const where = ["--server", estate.url, "--estate", estate.estate, "--data", ownFolder(folder)];
  return handOn(["run", ...where, "--config", configOf(folder, options)]);
}

async function tryOut(shell: Shell, options: NotifyOptions): Promise<Outcome> {
  const { channel, json } = options;
  const folder = homeFolder(shell, options.data);
  const only = channel === undefined ? [] : ["--channel", channel];
  const config = ["--config", configOf(folder, options)];
  return handOn(["test", ...config, ...only, ...(json === true ? ["--json"] : [])]);
}

async function list(shell: Shell, options: NotifyOptions): Promise<Outcome> {
  const folder = homeFolder(shell, options.data);
  const estate = await readEstateFile(folder);
  if (isProblem(estate)) return estate;
  const json = options.json === true ? ["--json"] : [];
  return handOn(["list", "--data", ownFolder(folder), ...json]);
}

function ownFolder(folder: string): string {
  return join(folder, "notifier");
}

function configOf(folder: string, { config }: NotifyOptions): string {
  return config ?? join(folder, "notify.yaml");
}

/** ^C goes to the whole group of processes; a TERM of ours alone is handed on. */
async function handOn(words: readonly string[]): Promise<ExitCode> {
  const child = spawn(process.execPath, [...nodeFlags, script, ...words], { stdio: "inherit" });
  const onTerm = () => child.kill("SIGTERM");
  const onInterrupt = () => {};
  process.on("SIGTERM", onTerm).on("SIGINT", onInterrupt);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exit) => resolve(exit ?? 1));
  });
  process.off("SIGTERM", onTerm).off("SIGINT", onInterrupt);
  return code === 0 || code === 2 ? code : 1;
}
